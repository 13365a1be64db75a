"""Whether the bot hears Slack: the watch over the socket, and tokens that Slack takes back."""

import asyncio
import contextlib
import time

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from bot import slack
from bot.connection import Connection
from bot.hearing import Pulse
from bot.web import serving
from bot.workspace import Fault
from bot.workspace.cast import BOT_USER
from tests.slack_bot import http_settings, socket_settings


async def exposed():
    return b""


SHORT = 1.2  # seconds until the socket counts as deaf; pings then go out ten times a second
LONG = 3600.0


# ---- the rule, without a socket


def test_nothing_is_deaf_that_never_had_anything_to_hear():
    pulse = Pulse(60)
    assert pulse.silence(1e9) is None
    assert not pulse.is_deaf(1e9)


@pytest.mark.parametrize(
    ("now", "is_deaf"),
    [
        pytest.param(100, False, id="just heard"),
        pytest.param(160, False, id="a minute ago"),
        pytest.param(161, True, id="longer ago"),
    ],
)
def test_a_minute_of_silence_is_deafness(now, is_deaf):
    pulse = Pulse(60)
    pulse.heard(100)
    assert pulse.silence(now) == now - 100
    assert pulse.is_deaf(now) is is_deaf


@pytest.mark.parametrize(
    ("stamps", "heard_at"),
    [
        pytest.param([None, None], 0, id="no ping was answered"),
        pytest.param([None, 5.0], 0, id="slack_sdk put the first stamp in by itself"),
        pytest.param([None, 5.0, 5.0], 0, id="the same answer is seen twice"),
        pytest.param([None, 5.0, 9.0], 3, id="a later ping was answered"),
        pytest.param([5.0, 9.0, None, 12.0], 2, id="the socket was opened anew, and is mute"),
        pytest.param([5.0, 9.0, None, 12.0, 14.0], 5, id="the new socket answers"),
    ],
)
def test_only_a_change_from_one_stamp_to_another_is_an_answer(stamps, heard_at):
    pulse = Pulse(60)
    pulse.heard(0)
    for at, stamp in enumerate(stamps, start=1):
        pulse.pong(stamp, at)
    assert pulse.silence(10) == 10 - heard_at


# ---- the socket


@contextlib.asynccontextmanager
async def reaching(settings, deaf_after=LONG):
    """Connect to the workspace, and give the connection and a way to ask /healthz and /readyz."""
    async with slack.session() as session, aiohttp.ClientSession(trust_env=False) as http:
        token = settings.slack_bot_token.get_secret_value()
        client = slack.connect(token=token, base_url=settings.slack_api_url, session=session)
        connection = Connection(settings, client, deaf_after=deaf_after)
        secret = settings.slack_signing_secret
        app = AsyncApp(client=client, signing_secret=secret.get_secret_value() if secret else "")

        async def probe(path):
            async with http.get(f"http://{host}:{port}/{path}") as answer:
                return answer.status, await answer.json()

        async with serving(settings, connection, app, exposed) as (host, port):
            try:
                yield connection, app, probe
            finally:
                await connection.close()


async def eventually(probe, path, status):
    """Ask until the answer has this status, and return what it says."""
    async with asyncio.timeout(20):
        while True:
            got, body = await probe(path)
            if got == status:
                return body


async def test_a_socket_is_alive_however_quiet_the_channels_are(ws):
    async with reaching(socket_settings(ws), SHORT) as (connection, app, probe):
        await connection.authenticate()
        await connection.listen(app)
        end = time.monotonic() + 2 * SHORT
        while time.monotonic() < end:  # nothing comes but answers to pings
            status, body = await probe("healthz")
            assert (status, body["status"]) == (200, "alive")
            assert body["heard_seconds_ago"] <= SHORT


async def test_a_mute_socket_is_deaf_and_heard_again_when_it_speaks(ws, caplog):
    async with reaching(socket_settings(ws), SHORT) as (connection, app, probe):
        await connection.authenticate()
        await connection.listen(app)
        assert (await probe("healthz"))[0] == 200
        ws.sockets.mute()
        body = await eventually(probe, "healthz", 503)
        assert body["status"] == "deaf"
        assert body["heard_seconds_ago"] >= SHORT
        assert connection.hearing().is_deaf
        ws.sockets.mute(False)
        assert (await eventually(probe, "healthz", 200))["status"] == "alive"
        assert (await eventually(probe, "readyz", 200))["missing"] == []
    said = [record.getMessage() for record in caplog.records if record.name == "bot.connection"]
    assert said.count("Nothing is heard from Slack any more") == 1


async def test_a_socket_that_cannot_be_opened_again_is_deaf(ws):
    async with reaching(socket_settings(ws), SHORT) as (connection, app, probe):
        await connection.authenticate()
        await connection.listen(app)
        ws.fail("apps.connections.open", Fault(status=500), times=None)
        ws.sockets.cut()
        assert (await eventually(probe, "healthz", 503))["status"] == "deaf"
        assert (await eventually(probe, "readyz", 503))["missing"]


async def test_a_socket_that_was_never_opened_is_deaf_once_the_tokens_were_accepted(ws):
    async with reaching(socket_settings(ws), 0.1) as (connection, _, probe):
        await connection.authenticate()
        assert (await eventually(probe, "healthz", 503))["status"] == "deaf"


async def test_a_bot_that_slack_never_answered_is_alive_and_not_ready(ws):
    async with reaching(socket_settings(ws), 0.0) as (connection, _, probe):
        status, body = await probe("healthz")
        assert (status, body) == (200, {"status": "alive", "heard_seconds_ago": None})
        assert (await probe("readyz"))[0] == 503
        assert not connection.hearing().is_deaf


async def test_over_http_there_is_nothing_to_be_deaf_to(ws):
    async with reaching(http_settings(ws), 0.0) as (connection, app, probe):
        await connection.authenticate()
        await connection.listen(app)
        assert (await probe("healthz"))[0] == 200
        assert (await probe("readyz"))[0] == 200


# ---- who the bot is, and a token that Slack takes back


async def test_slack_tells_who_the_bot_is_and_where_its_workspace_is(ws):
    async with reaching(http_settings(ws)) as (connection, _, _probe):
        await connection.authenticate()
        identity = connection.identity()
    assert identity == connection.known
    assert (identity.url, identity.name) == (ws.url, "despool")
    assert identity.user_id == BOT_USER


async def test_an_identity_that_is_asked_for_too_early_is_an_error(ws):
    async with reaching(http_settings(ws)) as (connection, _, _probe):
        with pytest.raises(RuntimeError, match="before Slack told it"):
            connection.identity()


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_token_taken_back_is_named_until_slack_accepts_it_again(ws, code):
    ws.fail("auth.test", Fault(error=code), times=None)
    async with reaching(http_settings(ws)) as (connection, _, probe):
        ws.faults.clear()
        await connection.authenticate()
        ws.fail("auth.test", Fault(error=code))
        connection.refused(code)
        connection.refused(code)
        _, body = await probe("readyz")
        assert len(body["missing"]) == 1
        assert code in body["missing"][0]
        assert "SLACK_BOT_TOKEN" in body["missing"][0]
        assert ws.bot_token not in body["missing"][0]
        assert (await probe("healthz"))[0] == 200, "a restart would not mend it"
        await eventually(probe, "readyz", 200)
    assert [call.method for call in ws.calls] == ["auth.test"] * 3


async def test_a_refusal_of_anything_else_says_nothing_about_the_token(ws):
    async with reaching(http_settings(ws)) as (connection, _, probe):
        await connection.authenticate()
        connection.refused("channel_not_found")
        assert (await probe("readyz"))[0] == 200
