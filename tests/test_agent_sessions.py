"""The bot's side of the sockets: who is behind each, and what becomes of those who lie."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.agent.config import load
from bot.agent.running import private_key
from bot.agents import AgentRefused, AgentUnknown, AgentUnreachable
from bot.wire import proof
from bot.wire.frames import said_by_bot, written
from bot.wire.greeting import Challenge, Hello, Refusal, Welcome
from tests.agents import agent, bot_side, by_proc, connected, enrolled, until


@asynccontextmanager
async def dialled(bot):
    """Open a socket to the bot, and give it with the bot's challenge."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{bot.url}agents/v1/connect", autoclose=False) as socket,
    ):
        challenge = said_by_bot(await socket.receive_str())
        assert isinstance(challenge, Challenge)
        yield socket, challenge


def hello(config, challenge, **changes):
    held = load(config)
    key = changes.pop("key", None) or private_key(held)
    url = changes.pop("url", held.bot)
    id_ = changes.get("agent", held.agent)
    signature = proof.signed(key, proof.connecting(id_, url, challenge.nonce))
    frame = Hello(oldest=1, newest=1, agent=id_, signature=signature, version="1.0", host="NTSITE1")
    return replace(frame, **changes)


async def answer_to(bot, config, **changes):
    async with dialled(bot) as (socket, challenge):
        await socket.send_str(written(hello(config, challenge, **changes)))
        return said_by_bot(await socket.receive_str(timeout=10))


async def greet(socket, challenge, config):
    await socket.send_str(written(hello(config, challenge)))
    assert isinstance(said_by_bot(await socket.receive_str()), Welcome)


async def test_who_signs_the_challenge_is_welcome(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        assert await answer_to(bot, config) == Welcome(protocol=1, name="NTSITE1")
        assert (await bot.gateway.roster.agents())[0].last_seen is not None


FORGED = {
    "another key": {"key": Ed25519PrivateKey.generate()},
    "no agent of that number": {"agent": "0123456789abcdef"},
    "no signature": {"signature": ""},
    "no base64": {"signature": "%%%"},
    "signed for another bot": {"url": "https://evil.example/"},
}


@pytest.mark.parametrize("case", FORGED)
async def test_a_forged_signature_is_refused_in_one_text(tmp_path, case):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        refusal = await answer_to(bot, config, **FORGED[case])
        assert isinstance(refusal, Refusal)
        assert refusal.code == "unknown"
        assert bot.gateway.statuses() == ()


async def test_a_signature_that_was_overheard_is_worth_nothing_later(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        async with dialled(bot) as (socket, challenge):
            overheard = written(hello(config, challenge))
            await socket.send_str(overheard)
            assert isinstance(said_by_bot(await socket.receive_str()), Welcome)
        for _ in range(2):
            async with dialled(bot) as (socket, _):
                await socket.send_str(overheard)
                assert said_by_bot(await socket.receive_str()).code == "unknown"


async def test_an_agent_with_the_number_of_another_is_refused(tmp_path):
    async with bot_side() as bot:
        victim = await enrolled(bot, tmp_path, "NTSITE1")
        thief = await enrolled(bot, tmp_path, "NTSITE2")
        refusal = await answer_to(bot, thief, agent=load(victim).agent)
        assert refusal.code == "unknown"


async def test_an_agent_that_lies_about_its_name_speaks_for_itself_alone(tmp_path):
    async def liar(target):
        return replace(await by_proc(target), host="NTSITE1")

    (tmp_path / "file").write_text("")
    async with bot_side() as bot:
        await enrolled(bot, tmp_path, "NTSITE1")
        config = await enrolled(bot, tmp_path, "NTSITE2", roots=(tmp_path,))
        config.write_text(config.read_text().replace("'NTSITE2'", "'NTSITE1'"))
        async with agent(config, liar):
            await connected(bot, "NTSITE2")
            answer = await bot.asking.who_holds("NTSITE2", str(tmp_path / "file"), "U1")
            with pytest.raises(AgentUnreachable, match="NTSITE1 is not connected"):
                await bot.asking.who_holds("NTSITE1", str(tmp_path / "file"), "U1")
            async with dialled(bot) as (socket, challenge):
                await greet(socket, challenge, config)
                await socket.send_json(CAPTURE | {"id": "liesabcd"})
                await until(lambda: bot.pushes)
    assert answer.holds.host == "NTSITE2"
    [(who, push)] = bot.pushes
    assert (who.name, push.holds.host) == ("NTSITE2", "NTSITE2")


CAPTURE = {
    "type": "capture",
    "record": "abcdefgh",
    "at": "2026-01-01T00:00:00Z",
    "now": "free",
    "holds": {
        "host": "NTSITE1",
        "path": "E:\\a",
        "resolved": "E:\\a",
        "state": "free",
        "complete": True,
    },
}


async def test_a_revoked_agent_is_closed_at_once_and_never_comes_back(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            await bot.gateway.revoke("ntsite1")
            assert said_by_bot(await socket.receive_str()).code == "revoked"
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert bot.gateway.statuses() == ()
        assert (await answer_to(bot, config)).code == "revoked"
        with pytest.raises(AgentUnknown):
            await bot.asking.who_holds("NTSITE1", "E:\\a", "U1")


async def test_what_another_replica_revoked_is_closed_here(tmp_path):
    async with bot_side() as bot, bot_side(bot.gateway.roster) as other:
        config = await enrolled(bot, tmp_path)
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            await other.gateway.revoke("NTSITE1")
            assert said_by_bot(await socket.receive_str(timeout=10)).code == "revoked"


async def test_of_two_sockets_of_one_agent_the_newest_wins(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        async with dialled(bot) as (old, challenge):
            await greet(old, challenge, config)
            async with dialled(bot) as (new, challenge):
                await greet(new, challenge, config)
                assert said_by_bot(await old.receive_str()).code == "replaced"
                asked = asyncio.create_task(bot.asking.ping("NTSITE1"))
                question = said_by_bot(await new.receive_str())
                await new.send_json({"type": "pong", "id": question.id, "waiting": 3})
                assert (await asked).waiting == 3
                assert len(bot.gateway.statuses()) == 1


@pytest.mark.parametrize(
    ("versions", "old"),
    [
        pytest.param({"oldest": 7, "newest": 9}, "bot", id="the bot is too old"),
        pytest.param({"oldest": 2, "newest": 2}, "bot", id="the bot is a little too old"),
    ],
)
async def test_who_is_too_old_is_told_in_words(tmp_path, versions, old):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        refusal = await answer_to(bot, config, **versions)
        assert refusal.code == f"old-{old}"
        assert f"The {old} is too old" in refusal.text
        with pytest.raises(AgentRefused, match=f"The {old} is too old"):
            await bot.asking.ping("NTSITE1")
        assert isinstance(await answer_to(bot, config), Welcome)
        with pytest.raises(AgentUnreachable):
            await bot.asking.ping("NTSITE1")


async def test_a_later_agent_that_speaks_this_version_too_is_welcome(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        async with dialled(bot) as (socket, challenge):
            frame = json.loads(written(hello(config, challenge, newest=5))) | {"later": [1]}
            await socket.send_json(frame)
            assert said_by_bot(await socket.receive_str()).protocol == 1


RUBBISH = {
    "no JSON": "hello",
    "no object": "[]",
    "a type nobody knows": '{"type": "format-disk"}',
    "a question instead of an answer": '{"type": "who_holds", "id": "abcdefgh", "path": "x"}',
    "a field nobody knows": '{"type": "pong", "id": "abcdefgh", "waiting": 0, "x": 1}',
    "a wrong type": '{"type": "pong", "id": "abcdefgh", "waiting": "0"}',
    "very deep": '{"type": "pong", "id": ' + "[" * 50_000,
    "too much": '{"type": "pong", "id": "' + "a" * 600_000 + '"}',
    "bytes": b"\x00\x01",
}


@pytest.mark.parametrize("when", ["before the hello", "after it"])
@pytest.mark.parametrize("case", RUBBISH)
async def test_an_agent_that_sends_rubbish_is_dropped_and_no_other(tmp_path, case, when):
    async with bot_side() as bot:
        good = await enrolled(bot, tmp_path, "NTSITE1")
        bad = await enrolled(bot, tmp_path, "NTSITE2")
        async with dialled(bot) as (there, challenge):
            await greet(there, challenge, good)
            async with dialled(bot) as (socket, challenge):
                if when == "after it":
                    await greet(socket, challenge, bad)
                rubbish = RUBBISH[case]
                send = socket.send_bytes if isinstance(rubbish, bytes) else socket.send_str
                await send(rubbish)
                while (await socket.receive(timeout=10)).type != aiohttp.WSMsgType.CLOSE:
                    pass
            await until(lambda: [one.name for one in bot.gateway.statuses()] == ["NTSITE1"])


async def test_a_push_that_could_not_be_taken_comes_again_and_is_acknowledged_once(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        line = {"source": "Despool.log", "line": 1, "text": "x"}
        push = {"type": "record", "id": "abcdefgh", "seen_at": "2026-01-01T00:00:00Z"}
        bot.broken = True
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            await socket.send_json(push | {"entry": line})
            assert said_by_bot(await socket.receive_str(timeout=10)).code == "restart"
        bot.broken = False
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            await socket.send_json(push | {"entry": line})
            assert json.loads(await socket.receive_str()) == {"type": "ack", "id": "abcdefgh"}
        async with dialled(bot) as (socket, challenge):  # the acknowledgement was lost
            await greet(socket, challenge, config)
            await socket.send_json(push | {"entry": line})
            assert json.loads(await socket.receive_str())["type"] == "ack"
    assert len(bot.pushes) == 1


async def test_an_answer_does_not_wait_behind_a_push_that_takes_long(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        reached = asyncio.Event()

        async def slow(agent, push):
            reached.set()
            await asyncio.Event().wait()

        bot.gateway._on_push = slow
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            line = {"source": "Despool.log", "line": 1, "text": "x"}
            push = {"type": "record", "id": "abcdefgh", "seen_at": "2026-01-01T00:00:00Z"}
            await socket.send_json(push | {"entry": line})
            await reached.wait()
            asked = asyncio.create_task(bot.asking.ping("NTSITE1"))
            question = said_by_bot(await socket.receive_str())
            await socket.send_json({"type": "pong", "id": question.id, "waiting": 1})
            assert (await asked).waiting == 1


async def test_an_agent_that_is_down_or_unknown_or_silent_says_so(tmp_path):
    async with bot_side() as bot:
        bot.asking._look = 0.2
        with pytest.raises(AgentUnknown, match="No agent reports from NTSITE1"):
            await bot.asking.who_holds("NTSITE1", "E:\\a", "U1")
        config = await enrolled(bot, tmp_path)
        with pytest.raises(AgentUnreachable, match=r"not connected.*never been here"):
            await bot.asking.who_holds("NTSITE1", "E:\\a", "U1")
        async with dialled(bot) as (socket, challenge):
            await greet(socket, challenge, config)
            with pytest.raises(AgentUnreachable, match="did not answer within"):
                await bot.asking.who_holds("NTSITE1", "E:\\a", "U1")
            asked = asyncio.create_task(bot.asking.check("NTSITE1", None, timedelta(1), "U1"))
            question = json.loads([await socket.receive_str(), await socket.receive_str()][-1])
            await socket.send_json({"type": "pong", "id": question["id"], "waiting": 0})
            with pytest.raises(AgentRefused, match="something else"):
                await asked
            asked = asyncio.create_task(bot.asking.check("NTSITE1", None, timedelta(1), "U1"))
            await socket.receive_str()
            await socket.close()
            with pytest.raises(AgentUnreachable, match="lost its connection"):
                await asked
        with pytest.raises(AgentUnreachable, match="came last at"):
            await bot.asking.ping("NTSITE1")
        with pytest.raises(AgentRefused):
            await bot.asking.who_holds("NTSITE1", "", "U1")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("ntsite1", "NTSITE1"),
        ("NTSITE1.corp.example", "NTSITE1"),
        ("DP1", "NTSITE1"),
        ("dp1.corp.example", "NTSITE1"),
        ("site2.a.example", "site2.a.example"),
    ],
)
async def test_a_server_is_found_by_its_names_without_case(tmp_path, asked, name):
    async with bot_side() as bot:
        await enrolled(bot, tmp_path, "NTSITE1", aliases=("dp1.corp.example",))
        await enrolled(bot, tmp_path, "site2.a.example")
        await enrolled(bot, tmp_path, "site2.b.example")
        assert (await bot.asking.agent_of(asked)).name == name
        with pytest.raises(AgentUnknown, match="More than one"):
            await bot.asking.agent_of("SITE2")
        with pytest.raises(AgentUnknown):
            await bot.asking.agent_of("NTSITE11")
