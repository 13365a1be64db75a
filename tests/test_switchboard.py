"""Replicas on one database: a question finds the socket, and each knows who is connected where."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from bot.agents import AgentRefused, AgentUnknown, AgentUnreachable
from bot.agents.asking import Asking
from bot.incidents.opening import opened
from bot.incidents.questions import Waiting
from bot.incidents.schema import CONNECTIONS, EXECUTORS, QUESTIONS
from bot.incidents.switchboard import Switchboard
from bot.wire.frames import said_by_bot
from bot.wire.talk import Recent
from tests.agents import bot_side, enrolled, until
from tests.test_agent_sessions import answer_to, dialled, greet

LINE = "a \N{GRINNING FACE} line with \0 in it"  # which PostgreSQL keeps in no text


class Replica:
    """One bot's half: its door for agents, and the way to those of all replicas."""

    def __init__(self, store, bot, switchboard):
        self.store, self.bot, self.switchboard = store, bot, switchboard
        self.gateway, self.url = bot.gateway, bot.url
        self.asking = Asking(store.roster, switchboard, audit=bot.asked.append)

    @property
    def names(self):
        return [one.name for one in self.switchboard.statuses()]

    async def count(self, table):
        asked = sa.select(sa.func.count()).select_from(table)
        return await self.store.database.run(lambda connection: connection.scalar(asked))


@asynccontextmanager
async def replica(address):
    async with opened(address) as store, bot_side(store.roster, taken=store.pushes) as bot:
        switchboard = Switchboard(store.database, store.executors, bot.gateway)
        task = asyncio.create_task(switchboard.keep_on())
        try:
            yield Replica(store, bot, switchboard)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def both(postgres):
    address = postgres.database()
    async with replica(address) as one, replica(address) as other:
        yield one, other


@asynccontextmanager
async def socket_at(one, config, seen_by):
    """Open an agent's socket at a replica, and wait until another one knows of it."""
    async with dialled(one) as (socket, challenge):
        await greet(socket, challenge, config)
        await until(lambda: seen_by.names == ["NTSITE1"])
        yield socket


async def heard(socket):
    return said_by_bot(await socket.receive_str(timeout=20))


async def answered(asked, socket, **answer):
    """Answer the next question of a socket, and return what became of the asking."""
    question = await heard(socket)
    await socket.send_json({"id": question.id, **answer})
    return await asked


async def test_the_answer_comes_back_from_where_the_socket_is(both, tmp_path):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        asked = asyncio.create_task(other.asking.check("NTSITE1", None, timedelta(1), "U1"))
        line = {"source": "Despool.log", "line": 1, "text": LINE}
        at = datetime.now(UTC).isoformat()
        answer = await answered(asked, socket, type="recent", at=at, lines=[line])
    assert isinstance(answer, Recent)
    assert [entry.text for entry in answer.lines] == [LINE]
    assert await one.count(QUESTIONS) == 0, "lines of a server's logs are not left behind"
    assert [entry.outcome for entry in other.bot.asked] == ["answered"]


@pytest.mark.parametrize(
    ("code", "error"),
    [("busy", AgentUnreachable), ("slow", AgentUnreachable), ("refused", AgentRefused)],
)
async def test_a_refusal_comes_back_as_the_same_one(both, tmp_path, code, error):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        asked = asyncio.create_task(other.asking.ping("NTSITE1"))
        with pytest.raises(error, match="Not now, said the agent"):
            await answered(asked, socket, type="error", code=code, text="Not now, said the agent.")


async def test_the_deadline_holds_across_replicas_and_leaves_nothing(both, tmp_path):
    one, other = both
    other.asking._look = 0.5
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        with pytest.raises(AgentUnreachable, match=r"did not answer within 0.5 s"):
            await other.asking.ping("NTSITE1")
        assert (await heard(socket)).type == "ping"
    assert await one.count(QUESTIONS) == 0


async def test_a_socket_that_breaks_while_another_replica_asks_is_told(both, tmp_path):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        asked = asyncio.create_task(other.asking.ping("NTSITE1"))
        await heard(socket)
        await socket.close()
        with pytest.raises(AgentUnreachable, match="lost its connection"):
            await asked
    await until(lambda: other.names == [])


async def test_who_is_connected_nowhere_is_told_at_once(both, tmp_path):
    one, other = both
    await enrolled(one, tmp_path)
    for each in both:
        with pytest.raises(AgentUnreachable, match=r"not connected.*never been here"):
            await each.asking.ping("NTSITE1")
    with pytest.raises(AgentUnknown, match="despool agents invite NTSITE9"):
        await other.asking.ping("NTSITE9")


async def test_an_agent_that_moves_is_asked_at_its_new_place_and_let_go_at_the_old_one(
    both, tmp_path
):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as old, dialled(other) as (new, challenge):
        await greet(new, challenge, config)
        assert (await heard(old)).code == "replaced"
        await until(lambda: not one.gateway.statuses())
        await until(lambda: one.names == other.names == ["NTSITE1"])
        asked = asyncio.create_task(one.asking.ping("NTSITE1"))
        assert (await answered(asked, new, type="pong", waiting=7)).waiting == 7


async def test_a_version_that_one_replica_turned_away_is_told_by_all(both, tmp_path):
    one, other = both
    config = await enrolled(one, tmp_path)
    assert (await answer_to(one, config, oldest=7, newest=9)).code == "old-bot"
    # until the others are told it is only not connected
    for _ in range(200):
        with pytest.raises((AgentRefused, AgentUnreachable)) as caught:
            await other.asking.ping("NTSITE1")
        if caught.type is AgentRefused:
            break
        await asyncio.sleep(0.05)
    assert "The bot is too old" in str(caught.value)
    assert one.names == other.names == []
    async with socket_at(other, config, one) as socket:
        asked = asyncio.create_task(one.asking.ping("NTSITE1"))
        assert (await answered(asked, socket, type="pong", waiting=2)).waiting == 2
    await until(lambda: one.names == [])
    with pytest.raises(AgentUnreachable, match="came last at"):
        await one.asking.ping("NTSITE1")


async def test_a_call_that_is_lost_costs_a_second_and_no_answer(both, tmp_path, postgres):
    one, other = both
    config = await enrolled(one, tmp_path)
    ends = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    async with socket_at(one, config, other) as socket:
        for number in range(3):
            await other.store.database.run(lambda connection: connection.scalar(ends))
            asked = asyncio.create_task(other.asking.ping("NTSITE1"))
            answer = await answered(asked, socket, type="pong", waiting=number)
            assert answer.waiting == number


async def test_a_replica_that_has_ended_is_asked_nothing(postgres, tmp_path):
    address = postgres.database()
    async with replica(address) as other:
        async with replica(address) as one:
            config = await enrolled(one, tmp_path)
            async with socket_at(one, config, other):
                pass
        await until(lambda: other.names == [])
        assert await other.count(CONNECTIONS) == 0
        with pytest.raises(AgentUnreachable, match="not connected"):
            await other.asking.ping("NTSITE1")


async def test_a_question_to_a_replica_that_vanishes_meanwhile_is_not_waited_for(both, tmp_path):
    one, other = both
    config = await enrolled(one, tmp_path)
    other.asking._look = 600.0
    async with socket_at(one, config, other) as socket:
        asked = asyncio.create_task(other.asking.ping("NTSITE1"))
        await heard(socket)
        name = one.store.executors.name
        gone = sa.delete(EXECUTORS).where(EXECUTORS.c.id == name)
        await other.store.database.run(lambda connection: connection.execute(gone))
        with pytest.raises(AgentUnreachable, match="lost its connection"):
            await asyncio.wait_for(asked, 20)


async def test_a_question_that_comes_too_late_is_not_asked(both, tmp_path):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        me = one.store.executors.name
        questions = other.switchboard._questions
        frame = '{"type": "ping", "id": "%s"}'
        late = Waiting(id="tooolate", agent="a", frame=frame % "tooolate", left=0.0)
        agent = (await other.store.roster.agents())[0].id
        fresh = Waiting(id="in--time", agent=agent, frame=frame % "in--time", left=60.0)
        await questions.put(late, me)
        await questions.put(fresh, me)
        assert (await heard(socket)).id == "in--time"


async def test_a_database_that_is_away_for_a_while_ends_nothing(both, tmp_path, postgres):
    one, other = both
    config = await enrolled(one, tmp_path)
    async with socket_at(one, config, other) as socket:
        postgres.stop()
        await asyncio.sleep(1.2)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(postgres.url("postgres"), connect_timeout=1)
        postgres.start()
        asked = asyncio.create_task(other.asking.ping("NTSITE1"))
        assert (await answered(asked, socket, type="pong", waiting=1)).waiting == 1
