"""`despool run`: its door, its health, its start and its end."""

import asyncio
import contextlib
import io
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.app import running
from bot.errors import SettingsError
from bot.workspace import Fault, Workspace
from tests.slack_bot import PASTE, hearing, http_settings, quiet, socket_settings

ROOT = Path(__file__).parent.parent
CHANNEL = "C0ALERTS"
EVENTS = "/slack/events"


@pytest.fixture
async def ws():
    async with Workspace() as workspace:
        yield workspace


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


def url(live, path, scheme="http"):
    return f"{scheme}://{live.host}:{live.port}{path}"


def signed(ws, body: bytes, *, age: int = 0, content_type: str = "application/json"):
    timestamp = str(int(time.time()) - age)
    verifier = SignatureVerifier(ws.signing_secret)
    return {
        "Content-Type": content_type,
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": verifier.generate_signature(timestamp=timestamp, body=body),
    }


@pytest.mark.parametrize("is_http", [False, True], ids=["Socket Mode", "HTTP"])
async def test_a_connected_bot_is_alive_and_ready(ws, http, is_http):
    async with hearing(ws, http=is_http) as live:
        for path in ("/healthz", "/readyz"):
            async with http.get(url(live, path)) as answer:
                assert answer.status == 200, await answer.text()


async def test_the_door_for_events_is_there_in_http_mode_only(ws, http):
    async with hearing(ws) as live, http.post(url(live, EVENTS), data=b"{}") as answer:
        assert answer.status == 404


async def test_slacks_challenge_is_answered(ws, http):
    body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()
    headers = signed(ws, body)
    async with (
        hearing(ws, http=True) as live,
        http.post(url(live, EVENTS), data=body, headers=headers) as answer,
    ):
        assert answer.status == 200
        assert "abc" in await answer.text()


BODY = json.dumps({"type": "event_callback", "event": {"type": "message"}}).encode()


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        pytest.param(BODY, {}, 200, id="a good request"),
        pytest.param(BODY, {"age": 290}, 200, id="four minutes old"),
        pytest.param(BODY, {"age": 310}, 401, id="more than five minutes old"),
        pytest.param(BODY, {"X-Slack-Signature": "v0=00"}, 401, id="a wrong signature"),
        pytest.param(BODY, {"X-Slack-Signature": None}, 401, id="no signature"),
        pytest.param(BODY, {"X-Slack-Signature": "v0=\u00e9"}, 401, id="a signature not ASCII"),
        pytest.param(BODY, {"X-Slack-Request-Timestamp": "soon"}, 401, id="a time in words"),
        pytest.param(BODY, {"X-Slack-Request-Timestamp": None}, 401, id="no time"),
        pytest.param(b"\xff\xfe", {}, 401, id="a body that is no text"),
        pytest.param(b'{"a":', {}, 400, id="broken JSON, well signed"),
        pytest.param(b"[1]", {}, 400, id="JSON that is no object"),
        pytest.param(b"[" * 100_000, {}, 400, id="JSON nested without end"),
        pytest.param(b'{"a":', {"X-Slack-Signature": "v0=00"}, 401, id="broken and unsigned"),
        pytest.param(BODY, {"content_type": "text/plain"}, 415, id="another content type"),
        pytest.param(b'{"a":"' + b"x" * (2 << 20) + b'"}', {}, 413, id="over two MiB"),
        pytest.param(
            json.dumps(
                {"type": "event_callback", "event": {"type": "message", "text": "x" * 1200000}}
            ).encode(),
            {},
            200,
            id="an event of 1.2 MB",
        ),
    ],
)
async def test_the_door(ws, http, body, changes, status):
    options = {key: changes[key] for key in ("age", "content_type") if key in changes}
    headers = signed(ws, body, **options) if b"\xff" not in body else signed(ws, BODY)
    for name, value in changes.items():
        if name.startswith("X-"):
            headers[name] = value
    headers = {name: value for name, value in headers.items() if value is not None}
    async with (
        hearing(ws, http=True) as live,
        http.post(url(live, EVENTS), data=io.BytesIO(body), headers=headers) as answer,
    ):
        assert answer.status == status


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(status=429, retry_after=1), id="429"),
        pytest.param(Fault(cut="before"), id="cut"),
    ],
)
async def test_slack_in_trouble_at_the_start_is_waited_for(ws, http, fault):
    ws.fail("auth.test", fault)
    async with running(socket_settings(ws)) as live:
        await ws.until(lambda: [c.method for c in ws.calls] == ["auth.test"])
        async with http.get(url(live, "/readyz")) as answer:
            assert answer.status == 503
            assert (await answer.json())["missing"]
        async with http.get(url(live, "/healthz")) as answer:
            assert answer.status == 200
        await live.connecting
        async with http.get(url(live, "/readyz")) as answer:
            assert answer.status == 200
        ts = ws.post(CHANNEL, PASTE)
        await quiet(ws, live)
        assert len(ws.replies(CHANNEL, ts)) == 1


async def test_what_comes_over_http_before_slack_is_reached_is_answered_afterwards(ws):
    ws.fail("auth.test", Fault(status=500))
    async with running(http_settings(ws)) as live:
        ws.events_url = url(live, EVENTS)
        ts = ws.post(CHANNEL, PASTE)
        await ws.settled()
        assert ws.deliveries[0].acknowledged
        assert ws.replies(CHANNEL, ts) == []
        await live.connecting
        await quiet(ws, live)
        assert len(ws.replies(CHANNEL, ts)) == 1


@pytest.mark.parametrize(
    ("method", "error", "named"),
    [
        ("auth.test", "invalid_auth", "SLACK_BOT_TOKEN"),
        ("auth.test", "token_revoked", "SLACK_BOT_TOKEN"),
        ("auth.test", "account_inactive", "SLACK_BOT_TOKEN"),
        ("apps.connections.open", "not_allowed_token_type", "SLACK_APP_TOKEN"),
        ("apps.connections.open", "invalid_auth", "SLACK_APP_TOKEN"),
    ],
)
async def test_a_token_slack_refuses_is_named(ws, method, error, named):
    ws.fail(method, Fault(error=error))
    async with running(socket_settings(ws)) as live:
        with pytest.raises(
            SettingsError, match=f"{named} was refused by Slack .{error}."
        ) as caught:
            await live.connecting
    assert ws.bot_token not in str(caught.value)


async def test_the_loopback_is_reached_without_a_proxy(ws, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with hearing(ws) as live:
        ts = ws.post(CHANNEL, PASTE)
        await quiet(ws, live)
        assert len(ws.replies(CHANNEL, ts)) == 1


async def test_the_end_waits_for_the_reply_that_is_under_way(ws):
    ws.fail("chat.postMessage", Fault(status=429, retry_after=1))
    async with hearing(ws):
        ts = ws.post(CHANNEL, PASTE)
        await ws.until(lambda: "chat.postMessage" in [c.method for c in ws.calls])
    assert len(ws.replies(CHANNEL, ts)) == 1


async def test_a_certificate_makes_it_https(ws, http):
    # a pair made for this test alone; nothing else trusts it
    cert, key = ROOT / "tests/tls/cert.pem", ROOT / "tests/tls/key.pem"
    trusting = ssl.create_default_context(cafile=cert)
    async with running(http_settings(ws, tls_cert=cert, tls_key=key)) as live:
        await live.connecting
        async with http.get(url(live, "/readyz", "https"), ssl=trusting) as answer:
            assert answer.status == 200


async def started(ws, **changes):
    """Start `despool run` in a process of its own."""
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "SLACK_BOT_TOKEN": ws.bot_token,
        "SLACK_APP_TOKEN": ws.app_token,
        "DESPOOL_SLACK_API_URL": ws.api_url,
        "PORT": "0",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "run"),
        env=env | changes,
        cwd=ROOT / "tests",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
async def test_a_signal_ends_it_with_status_0(ws, number):
    process = await started(ws, DESPOOL_LOG_LEVEL="DEBUG")
    try:
        await ws.until(lambda: ws.sockets.connections, 15)
        ts = ws.post(CHANNEL, PASTE)
        await ws.until(lambda: ws.replies(CHANNEL, ts), 15)
        process.send_signal(number)
        async with asyncio.timeout(15):
            _, stderr = await process.communicate()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert process.returncode == 0
    assert b"Traceback" not in stderr
    assert ws.bot_token.encode() not in stderr
    assert ws.app_token.encode() not in stderr
    assert b"filename.EXE" not in stderr, "a pasted log is never logged"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN", id="bot token"),
        pytest.param({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN", id="app token"),
        pytest.param({"PORT": "taken"}, "PORT", id="a port in use"),
    ],
)
async def test_what_cannot_work_ends_it_with_status_2_and_the_variables_name(ws, changes, named):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        changes = {
            name: value.replace("taken", str(taken.getsockname()[1]))
            for name, value in changes.items()
        }
        process = await started(ws, DESPOOL_LOG_LEVEL="ERROR", **changes)
        async with asyncio.timeout(15):
            _, stderr = await process.communicate()
    assert process.returncode == 2
    assert stderr.decode().startswith(named)
    assert b"wrong" not in stderr
    assert len(stderr.splitlines()) == 1
