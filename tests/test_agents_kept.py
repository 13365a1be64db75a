"""What is kept of the agents: one roster for all replicas, and pushes that are taken once."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.agent.enrolling import EnrolmentFailed, Wishes, enroll
from bot.agents.enrolment import Enrolment
from bot.agents.roster import Agent, Invitation
from bot.incidents.opening import opened
from bot.incidents.retention import Retention
from bot.incidents.schema import CODES, META, PUSHES, QUESTIONS
from bot.wire.greeting import Welcome
from tests.agents import bot_side, enrolled
from tests.test_agent_roster import NOW, made
from tests.test_agent_sessions import answer_to, dialled, greet

PUSH = {
    "type": "record",
    "id": "abcdefgh",
    "seen_at": "2026-01-01T00:00:00Z",
    "entry": {"source": "Despool.log", "line": 1, "text": "x"},
}


async def test_migrated_tables_are_those_of_the_schema(store):
    def differences(connection):
        def ours(thing, name, kind, *_):
            return kind != "table" or name in META.tables

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return compare_metadata(context, META)

    assert await store.database.run(differences) == []


async def test_who_is_enrolled_is_known_after_a_restart_to_the_microsecond(address):
    at = datetime(2026, 3, 4, 10, 0, 0, 123457, tzinfo=UTC)
    agent = Agent(
        **{name: getattr(made(), name) for name in ("id", "name", "public_key", "url", "host")},
        aliases=("dp1", "ÄRGER"),
        version="1",
        enrolled_at=at,
    )
    async with opened(address) as store:
        await store.roster.add(agent)
    async with opened(address) as store:
        assert await store.roster.agents() == (agent,)


async def test_replicas_redeem_a_code_once_and_leave_one_agent_of_a_name(postgres):
    address = postgres.database()
    async with opened(address) as one, opened(address) as other:
        await one.roster.invite(Invitation(code_hash="x", name="N", expires_at=NOW))
        found = await asyncio.gather(*(store.roster.redeem("x", NOW) for store in (one, other) * 8))
        assert sum(each.used_at is None for each in found) == 1
        names = ("NTSITE1", "ntsite1", "NtSite1")
        agents = [made(f"{number:016}", names[number % 3]) for number in range(12)]
        await asyncio.gather(
            *((one, other)[place % 2].roster.add(agent) for place, agent in enumerate(agents))
        )
        assert len(await one.roster.agents()) == 1


@asynccontextmanager
async def bot_on(address, port=0):
    async with opened(address) as store, bot_side(store.roster, port, taken=store.pushes) as bot:
        yield bot


async def test_what_was_pushed_is_taken_once_even_after_a_restart(address, tmp_path):
    async with bot_on(address) as bot:
        config = await enrolled(bot, tmp_path)
        await push(bot, config)
        assert [one.id for _, one in bot.pushes] == [PUSH["id"]]
    async with bot_on(address, int(bot.url.rsplit(":", 1)[1].strip("/"))) as again:
        await push(again, config)
        assert again.pushes == []


async def push(bot, config):
    """Push once, and again, for the acknowledgement may have been lost."""
    for _ in range(2):
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            await socket.send_json(PUSH)
            assert (await socket.receive_json(timeout=20))["type"] == "ack"


async def test_what_is_old_is_forgotten(store):
    now = NOW.timestamp()
    for age, name in ((timedelta(days=3), "old"), (timedelta(0), "new")):
        at = NOW - age
        await store.roster.invite(Invitation(code_hash=name, name="N", expires_at=at))
        question = {
            "id": name,
            "agent": "a",
            "executor": "e",
            "frame": "{}",
            "seconds": 1.0,
            "asked_at": at.timestamp(),
            "taken": True,
        }
        push = {"agent": "a", "id": name, "at": at.timestamp()}
        await store.database.run(
            lambda connection, question=question, push=push: (
                connection.execute(sa.insert(QUESTIONS).values(question)),
                connection.execute(sa.insert(PUSHES).values(push)),
            )
        )
    await Retention(store.database, store.jobs, timedelta(days=2)).sweep(now)
    for column in (CODES.c.hash, QUESTIONS.c.id, PUSHES.c.id):
        left = await store.database.run(
            lambda connection, column=column: connection.scalars(sa.select(column)).all()
        )
        assert left == ["new"]


async def test_without_its_database_the_bot_turns_agents_away_and_says_so_to_who_enrols(
    postgres, tmp_path
):
    async with opened(postgres.database()) as store, bot_side(store.roster) as bot:
        config = await enrolled(bot, tmp_path)
        code = await bot.gateway.enrolment.invite("NTSITE2")
        wishes = Wishes(address=bot.url, code=code, config=tmp_path / "second" / "agent.toml")
        postgres.stop()
        try:
            with pytest.raises(EnrolmentFailed, match="took nothing"):
                await enroll(wishes)
            with pytest.raises(TypeError):  # the socket is closed without a word
                await answer_to(bot, config)
        finally:
            postgres.start()
        assert (await enroll(wishes)).name == "NTSITE2"
        assert isinstance(await answer_to(bot, config), Welcome)


async def test_a_name_that_is_revoked_twice_is_found_once(store):
    enrolment = Enrolment(store.roster)
    await store.roster.add(made())
    assert [agent.name for agent in await enrolment.revoke("ntsite1")] == ["NTSITE1"]
    assert await enrolment.revoke("NTSITE1") == ()
