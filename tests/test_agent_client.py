"""The agent's side of the socket: a bot that is away, too old, gone mad, or asks too much."""

import asyncio
import contextlib
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.agent.client import Client, Standing
from bot.agent.config import load
from bot.agent.greeting import Identity
from bot.agent.outbox import Outbox
from bot.agents import AgentUnreachable
from bot.wire.talk import Pong
from tests.agents import agent, bot_side, by_proc, connected, enrolled, until

CHALLENGE = {"type": "challenge", "oldest": 1, "newest": 1, "nonce": "n" * 43}
WELCOME = {"type": "welcome", "protocol": 1, "name": "NTSITE1"}


class StandIn:
    """A bot that says what a test tells it to, and keeps what it hears."""

    def __init__(self):
        self.script = []  # what is said in each connection, in order; then one that goes on
        self.heard = []
        self.dials = 0
        self.waits = []  # how long the agent would have waited

    async def connect(self, request):
        said = self.script[min(self.dials, len(self.script) - 1)]
        self.dials += 1
        if isinstance(said, web.Response):
            return web.Response(status=said.status, text=said.text)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        for frame in said:
            if isinstance(frame, bytes):
                await socket.send_bytes(frame)
            elif frame is None:
                self.heard.append(json.loads(await socket.receive_str()))
            else:
                await socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        if said and said[-1] is not END:
            with contextlib.suppress(TypeError):
                while True:
                    self.heard.append(json.loads(await socket.receive_str()))
        return socket


END = ""  # after it the connection is closed
GREETING = [CHALLENGE, None, WELCOME]


@asynccontextmanager
async def dialling(bot, tmp_path, url=None):
    """Let a client dial the stand-in, without the pauses."""
    app = web.Application()
    app.router.add_get("/agents/v1/connect", bot.connect)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = url or f"http://127.0.0.1:{runner.addresses[0][1]}/"

    async def answer(question):
        return Pong(id=question.id, waiting=0)

    def pause(longest):
        bot.waits.append(longest)
        return 0.01

    outbox = Outbox(tmp_path / "outbox.db", pushes=10, size=100_000)
    standing = Standing()
    key = Ed25519PrivateKey.generate()
    identity = Identity(agent="a" * 16, address=address, key=key, host="here")
    client = Client(identity, answer, outbox, asyncio.Event(), standing, pause=pause)
    task = asyncio.create_task(client.run())
    try:
        yield standing
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await runner.cleanup()
        outbox.close()


RUBBISH = {
    "no JSON": ["hello"],
    "another first word": [WELCOME],
    "a field of a wrong type": [CHALLENGE | {"nonce": 5}],
    "no welcome": [CHALLENGE, None, {"type": "ping", "id": "abcdefgh"}],
    "a second challenge": [*GREETING, CHALLENGE],
    "an order nobody knows": [*GREETING, {"type": "restart_service", "id": "abcdefgh"}],
    "an order with more in it": [*GREETING, {"type": "ping", "id": "abcdefgh", "run": "cmd"}],
    "a path of the wrong type": [*GREETING, {"type": "who_holds", "id": "abcdefgh", "path": 5}],
    "very deep": [*GREETING, '{"type": "ping", "id": ' + "[" * 9000],
    "too much": [*GREETING, '{"type": "ping", "id": "' + "a" * 100_000 + '"}'],
    "bytes": [*GREETING, b"\x00\xff"],
    "nothing at all": [END],
    "nothing after the challenge": [CHALLENGE, END],
    "a sign-in page": web.Response(text="<html>Sign in</html>"),
    "an error": web.Response(status=502, text="Bad gateway"),
}


@pytest.mark.parametrize("case", RUBBISH)
async def test_a_bot_that_sends_rubbish_is_dropped_and_dialled_again(tmp_path, case):
    bot = StandIn()
    bot.script = [RUBBISH[case], RUBBISH[case], [*GREETING, {"type": "ping", "id": "abcdefgh"}]]
    async with dialling(bot, tmp_path) as standing:
        pong = {"type": "pong", "id": "abcdefgh", "waiting": 0, "lost": 0}
        await until(lambda: pong in bot.heard)
        assert standing.connected
    assert bot.dials == 3
    assert bot.waits == [1.0, 2.0]


async def test_the_pauses_grow_to_a_minute_and_no_further(tmp_path):
    bot = StandIn()
    bot.script = [[END]]
    async with dialling(bot, tmp_path):
        await until(lambda: len(bot.waits) > 9)
    assert bot.waits[:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_bot_that_speaks_other_versions_is_told_apart_in_words(tmp_path):
    bot = StandIn()
    bot.script = [[CHALLENGE | {"oldest": 8, "newest": 9}]]
    async with dialling(bot, tmp_path) as standing:
        await until(lambda: standing.trouble)
    assert standing.trouble.startswith("The agent is too old for this bot")
    assert bot.waits[0] == 60


async def test_a_refusal_is_shown_without_what_would_move_the_cursor(tmp_path):
    bot = StandIn()
    refusal = {"type": "refusal", "code": "revoked", "text": "Revoked.\x1b[2J"}
    bot.script = [[CHALLENGE, None, refusal]]
    async with dialling(bot, tmp_path) as standing:
        await until(lambda: standing.trouble)
    assert standing.trouble == "Revoked.[2J"
    assert bot.waits[0] == 60


async def test_the_signature_is_over_the_address_that_was_dialled(tmp_path):
    bot = StandIn()
    bot.script = [GREETING]
    async with dialling(bot, tmp_path):
        await until(lambda: bot.heard)
    assert bot.heard[0]["agent"] == "a" * 16
    assert "key" not in json.dumps(bot.heard)


async def test_a_bot_that_restarts_finds_its_agents_again(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        roster, port = bot.gateway.roster, int(bot.url.rsplit(":", 1)[1].strip("/"))
        async with agent(config):
            await connected(bot)
            await bot.gateway.close()
            await until(lambda: not bot.gateway.statuses())
            await connected(bot)
    async with agent(config):
        await asyncio.sleep(0.1)
        async with bot_side(roster, port=port) as bot:
            await connected(bot)
            assert (await bot.asking.ping("NTSITE1")).waiting == 0


async def test_a_flood_of_questions_gets_five_answers_a_second(tmp_path):
    looked = []

    async def look(target):
        looked.append(target)
        return await by_proc(target)

    (tmp_path / "file").write_text("")
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(tmp_path,))
        async with agent(config, look):
            await connected(bot)
            asked = [
                bot.asking.who_holds("NTSITE1", str(tmp_path / "file"), "U1") for _ in range(40)
            ]
            answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, AgentUnreachable)]
    assert len(looked) == len(answers) - len(refused)
    assert 5 <= len(looked) < 20
    assert all("5 questions a second" in str(one) for one in refused)


async def test_looks_wait_for_one_another_and_a_hung_one_is_unknown(tmp_path):
    at_once = most = 0

    async def look(target):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            await asyncio.sleep(3600 if target.path.endswith("hung") else 0.01)
        finally:
            at_once -= 1
        return await by_proc(target)

    (tmp_path / "file").write_text("")
    (tmp_path / "hung").write_text("")
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(tmp_path,))
        config.write_text(config.read_text().replace("# deadline = 5", "deadline = 0.3"))
        async with agent(config, look):
            await connected(bot)
            names = ["file", "hung", "file"]
            answers = await asyncio.gather(
                *(bot.asking.who_holds("NTSITE1", str(tmp_path / name), "U1") for name in names)
            )
    assert most == 1
    assert answers[1].holds.state == "unknown"
    assert not answers[1].holds.complete
    assert "0.3 s" in answers[1].holds.probes[0].error


async def test_what_is_refused_or_gone_is_an_answer_and_is_audited(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(share,))
        async with agent(config):
            await connected(bot)
            outside = await bot.asking.who_holds("NTSITE1", "/etc/passwd", "U0ALEX")
            gone = await bot.asking.who_holds("NTSITE1", str(share / "gone"), "U0ALEX")
            await bot.asking.check("NTSITE1", None, timedelta(hours=1), "U0SAM")
        audit = [json.loads(line) for line in load(config).audit.read_text().splitlines()]
    assert [(one.asker, one.operation, one.outcome) for one in bot.asked] == [
        ("U0ALEX", "who_holds", "refused"),
        ("U0ALEX", "who_holds", "gone"),
        ("U0SAM", "check", "answered"),
    ]
    assert bot.asked[0].path == "/etc/passwd"
    assert (outside.holds.state, outside.holds.resolved) == ("refused", "")
    assert not outside.holds.complete
    assert gone.holds.state == "gone"
    assert [(one["who"], one["operation"], one["answer"]) for one in audit] == [
        ("U0ALEX", "who_holds", "refused"),
        ("U0ALEX", "who_holds", "gone"),
        ("U0SAM", "check", "0 entries"),
    ]
    assert audit[0]["what"] == "/etc/passwd"
    assert all(one["ms"] >= 0 and one["at"] for one in audit)


async def test_a_socket_nobody_greets_is_not_kept(tmp_path):
    async with bot_side() as bot, aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(f"{bot.url}agents/v1/connect") for _ in range(64)]
        with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
            await session.ws_connect(f"{bot.url}agents/v1/connect")
        for socket in sockets:
            await socket.close()
