"""`despool run`: its door, its health, its start and its end."""

import asyncio
import contextlib
import gzip
import io
import json
import logging
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
from bot.workspace import Fault
from tests.slack_bot import PASTE, hearing, http_settings, quiet, scratch, socket_settings

ROOT = Path(__file__).parent.parent
CHANNEL = "C0ALERTS"
EVENTS = "/slack/events"


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
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BIG = {"type": "event_callback", "event": {"type": "message", "text": "x" * 1200000}}


async def knock(live, http, body, headers, method="POST"):
    """Return with which status the door answers."""
    data = io.BytesIO(body)  # aiohttp sends its length, and does not complain of its size
    async with http.request(method, url(live, EVENTS), data=data, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("body", "changes", "status"),
    [
        pytest.param(BODY, {}, 200, id="a good request"),
        pytest.param(json.dumps(BIG).encode(), {}, 200, id="an event of 1.2 MB"),
        pytest.param(BODY, {"age": 290}, 200, id="four minutes old"),
        pytest.param(BODY, {"Content-Type": f"{JSON}; charset=UTF-8"}, 200, id="UTF-8 by name"),
        pytest.param(BODY, {"age": 310}, 401, id="more than five minutes old"),
        pytest.param(BODY, {"age": -310}, 401, id="from the future"),
        pytest.param(BODY, {"X-Slack-Signature": "v0=00"}, 401, id="a wrong signature"),
        pytest.param(BODY, {"X-Slack-Signature": None}, 401, id="no signature"),
        pytest.param(BODY, {"X-Slack-Signature": "v0=\u00e9"}, 401, id="a signature not ASCII"),
        pytest.param(BODY, {"X-Slack-Request-Timestamp": "soon"}, 401, id="a time in words"),
        pytest.param(BODY, {"X-Slack-Request-Timestamp": None}, 401, id="no time"),
        pytest.param(BODY, {"X-Slack-Request-Timestamp": "9" * 5000}, 401, id="an endless time"),
        pytest.param(b"\xff\xfe", {}, 401, id="a body that is no text"),
        pytest.param(b"", {}, 400, id="nothing, well signed"),
        pytest.param(b'{"a":', {}, 400, id="broken JSON, well signed"),
        pytest.param(b"[1]", {}, 400, id="JSON that is no object"),
        pytest.param('{"a":1}'.encode("utf-16-le"), {}, 400, id="JSON in UTF-16"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', {}, 400, id="JSON behind a byte order mark"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {}, 400, id="10,000 deep"),
        pytest.param(b'{"a":' * 300 + b"1" + b"}" * 300, {}, 400, id="300 deep, which is valid"),
        pytest.param(b"[" * 100_000, {}, 400, id="JSON nested without end"),
        pytest.param(b'{"a":', {"X-Slack-Signature": "v0=00"}, 401, id="broken and unsigned"),
        pytest.param(b"payload={", {"Content-Type": FORM}, 400, id="a broken payload in a form"),
        pytest.param(b"payload=[]", {"Content-Type": FORM}, 400, id="a list in a form"),
        pytest.param(b"payload=", {"Content-Type": FORM}, 400, id="an empty payload in a form"),
        pytest.param(
            b"payload={}&payload=1", {"Content-Type": FORM}, 400, id="two payloads, one of them bad"
        ),
        pytest.param(b'{"a":', {"Content-Type": FORM}, 400, id="broken JSON said to be a form"),
        pytest.param(BODY, {"Content-Type": "text/plain"}, 415, id="another content type"),
        pytest.param(BODY, {"Content-Type": f"{JSON}; charset=utf-16"}, 415, id="another charset"),
        pytest.param(BODY, {"Content-Type": f"{JSON}; charset=no"}, 415, id="an unknown charset"),
        pytest.param(BODY, {"Content-Encoding": "gzip"}, 415, id="said to be compressed"),
        pytest.param(
            gzip.compress(BODY, mtime=0), {"Content-Encoding": "gzip"}, 415, id="compressed"
        ),
        pytest.param(b'{"a":"' + b"x" * (2 << 20) + b'"}', {}, 413, id="over two MiB"),
    ],
)
async def test_the_door(ws, http, body, changes, status, caplog):
    headers = signed(ws, body if body.isascii() or b"\xef" in body else BODY, **_options(changes))
    headers |= {name: value for name, value in changes.items() if name != "age"}
    headers = {name: value for name, value in headers.items() if value is not None}
    async with hearing(ws, http=True) as live:
        assert await knock(live, http, body, headers) == status
    assert refusals(caplog) == ([] if status == 200 else [status])


def _options(changes):
    return {"age": changes["age"]} if "age" in changes else {}


def refusals(caplog):
    """Return the status of each request that was refused; nothing else may have been logged."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert {record.getMessage() for record in records} <= {"Refused a request"}
    assert all(record.reason and record.remote == "127.0.0.1" for record in records)
    assert all(record.exc_info is None for record in records)
    return [record.status for record in records]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda now: f"+{now}", id="plus"),
        pytest.param(lambda now: f"-{now}", id="minus"),
        pytest.param(lambda now: f"{now[:5]}_{now[5:]}", id="underscore"),
        pytest.param(lambda now: f"{now}.0", id="fraction"),
        pytest.param(
            lambda now: now.translate({48 + digit: 0x660 + digit for digit in range(10)}),
            id="Arabic digits",
        ),
    ],
)
async def test_a_time_that_is_not_plain_digits_is_refused_though_it_is_now_and_signed(
    ws, http, change
):
    timestamp = change(str(int(time.time())))
    signature = SignatureVerifier(ws.signing_secret).generate_signature(
        timestamp=timestamp, body=BODY
    )
    headers = signed(ws, BODY)
    headers |= {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}
    async with hearing(ws, http=True) as live:
        assert await knock(live, http, BODY, headers) == 401


@pytest.mark.parametrize(
    "name", ["X-Slack-Request-Timestamp", "X-Slack-Signature", "Content-Type", "Content-Length"]
)
async def test_a_header_that_comes_twice_is_refused(ws, http, name):
    headers = {**signed(ws, BODY), "Content-Length": str(len(BODY))}
    async with hearing(ws, http=True) as live:
        assert await raw(live, [*headers.items(), (name, headers[name])], BODY) == 400


async def test_a_body_in_chunks_has_no_length_and_is_refused(ws, caplog):
    headers = {**signed(ws, BODY), "Transfer-Encoding": "chunked"}
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    async with hearing(ws, http=True) as live:
        assert await raw(live, headers.items(), chunks) == 411
    assert refusals(caplog) == [411]


@pytest.mark.parametrize(
    ("length", "statuses"),
    [
        # the rest is no request, and may be seen before the body is judged
        pytest.param(len(BODY) - 1, {400, 401}, id="shorter than the body"),
        pytest.param(len(BODY) + 1, {408}, id="longer than the body"),
        pytest.param(10**12, {413}, id="far longer than is taken"),
        pytest.param("many", {400}, id="no number"),
        pytest.param("-1", {400}, id="negative"),
    ],
)
async def test_a_length_that_lies_is_refused(ws, length, statuses):
    headers = {**signed(ws, BODY), "Content-Length": str(length)}
    async with hearing(ws, http=True) as live:
        assert await raw(live, headers.items(), BODY) in statuses


async def test_a_body_whose_end_never_comes_is_refused_when_its_sender_has_gone(ws, caplog):
    headers = {**signed(ws, BODY), "Content-Length": str(len(BODY) + 1)}
    async with hearing(ws, http=True) as live:
        _, writer = await asyncio.open_connection(live.host, live.port)
        writer.write(request(headers.items(), BODY))
        writer.close()
        await writer.wait_closed()
        await ws.until(lambda: refusals(caplog))
    assert refusals(caplog) == [400]


async def raw(live, headers, body):
    """Send bytes that no proper client sends, and return the status of the answer."""
    reader, writer = await asyncio.open_connection(live.host, live.port)
    try:
        writer.write(request(headers, body))
        async with asyncio.timeout(10):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()


def request(headers, body):
    lines = [f"POST {EVENTS} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_command_may_hold_the_word_that_bolt_takes_for_a_form_of_buttons(ws):
    async with hearing(ws, http=True) as live:
        delivery = ws.command("check NTSITE1 E:\\SMS_PKGE\\payload")
        await quiet(ws, live)
    assert delivery.acknowledged
    assert not delivery.failures


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_the_door_takes_nothing_but_post(ws, http, method):
    async with hearing(ws, http=True) as live:
        assert await knock(live, http, b"", {}, method) == 405


async def test_a_refusal_is_logged_without_what_was_sent(ws, http, caplog):
    caplog.set_level(logging.DEBUG)
    headers = signed(ws, BODY) | {"X-Slack-Signature": "v0=sig-secret"}
    async with hearing(ws, http=True) as live:
        await knock(live, http, b'{"password": "hunter2"}', headers)
    assert refusals(caplog) == [401]
    for record in caplog.records:
        assert "hunter2" not in str(vars(record))
        assert "sig-secret" not in str(vars(record))


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
        "DESPOOL_DATA_DIR": scratch(),
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
