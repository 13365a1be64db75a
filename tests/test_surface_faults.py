"""What Slack and the network do on bad days: every case of the test strategy, in both modes."""

import asyncio
import hashlib
import hmac
import io
import json
import time

import pytest
from aiohttp import ClientSession

from bot.workspace import Fault
from bot.workspace.delivery import Delivery
from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    BOT,
    PUBLIC,
    VERDICT,
    called,
    in_channel,
    listening,
    only,
    told,
    words,
)

FAULTS = {
    "a rate limit": Fault(status=429, retry_after=1),
    "a server error": Fault(status=500),
    "a cut before": Fault(cut="before"),
    "a cut after": Fault(cut="after"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_trouble_while_posting_gives_one_reply(ws, live, fault):
    ws.fail("chat.postMessage", FAULTS[fault])
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


@pytest.mark.parametrize("fault", list(FAULTS))
async def test_trouble_while_editing_leaves_the_newest_verdict(ws, live, fault):
    ts = ws.post(PUBLIC, EVENT)
    await quiet(ws, live)
    ws.fail("chat.update", FAULTS[fault])
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_the_reply_comes_when_slack_is_back(ws, live):
    ws.fail("chat.postMessage", Fault(status=503), times=3)
    roots = [ws.post(PUBLIC, PASTE), ws.post("C0RANDOM", PASTE)]
    await quiet(ws, live)
    assert only(ws, PUBLIC, roots[0])["text"].startswith(VERDICT)
    assert only(ws, "C0RANDOM", roots[1])
    assert len(called(ws, "chat.postMessage")) == 5


async def test_work_waits_for_no_ack_and_the_ack_for_no_work(ws, live):
    ws.fail("chat.postMessage", Fault(delay=3))
    ts = ws.post(PUBLIC, PASTE)
    await ws.until(lambda: ws.deliveries[0].over)
    assert ws.deliveries[0].acknowledged
    assert ws.replies(PUBLIC, ts) == []
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)


@pytest.mark.parametrize(
    ("interaction", "slow"),
    [("explain", "views.open"), ("click", "views.open"), ("resolve", "chat.update")],
)
async def test_an_interaction_is_acknowledged_before_its_work(ws, live, interaction, slow):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    reply = only(ws, PUBLIC, ts)
    ws.fail(slow, Fault(delay=2))
    doings = {
        "explain": lambda: ws.command("explain"),
        "click": lambda: ws.click(reply, "details"),
        "resolve": lambda: ws.click(reply, "more", option="resolve"),
    }
    delivery = doings[interaction]()
    await ws.until(lambda: delivery.over)
    assert delivery.acknowledged
    assert ws.views == {}
    assert only(ws, PUBLIC, ts)["text"] == reply["text"]
    await quiet(ws, live)


async def test_an_event_that_cannot_be_kept_is_not_acknowledged_and_comes_again(ws, live):
    ws.courier.retry_after, ws.courier.ack_timeout = (0.0,), 1.0
    await live.bot.services.jobs.drain(0)
    ws.post(PUBLIC, PASTE)
    await ws.settled()
    (delivery,) = ws.deliveries
    assert not delivery.acknowledged
    assert len(delivery.failures) == 2


async def test_an_event_slack_thinks_is_unanswered_comes_again_and_is_answered_once(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    for attempts in range(3):  # the first one answered too late, or its answer was lost
        payload = ws.deliveries[0].payload
        ws.courier.send(Delivery(payload=payload, failures=["timeout"] * attempts))
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    assert all(one.acknowledged for one in ws.deliveries)


async def test_a_first_delivery_that_says_retry_0_is_answered(ws, live, mode):
    delivery = ws.send({"type": "message", "channel": PUBLIC, "ts": "1.1", "text": "lunch?"})
    await quiet(ws, live)  # Socket Mode says `retry_attempt: 0` on each first delivery
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    assert delivery.acknowledged


async def test_a_retry_of_an_event_that_was_never_seen_is_answered(ws, live):
    ts = ws.post("C0LOUNGE", PASTE)  # the bot is not there and hears nothing
    root = ws.channel("C0LOUNGE").messages[ts]
    ws.invite("C0LOUNGE")
    await quiet(ws, live)
    event = root | {"channel": "C0LOUNGE", "channel_type": "channel", "event_ts": ts}
    delivery = Delivery(payload=_envelope(event), failures=["timeout"])  # as a second attempt
    ws.courier.send(delivery)
    await quiet(ws, live)
    assert delivery.acknowledged
    assert only(ws, "C0LOUNGE", ts)


def _envelope(event):
    ids = {"team_id": "T0STANDIN", "api_app_id": "A0DESPOOL", "event_id": "Ev0NEVERSEEN"}
    who = {"team_id": "T0STANDIN", "user_id": BOT, "is_bot": True}
    times = {"event_time": int(time.time()), "token": "t"}
    return ids | times | {"type": "event_callback", "event": event, "authorizations": [who]}


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(error="internal_error"), FAULTS["a rate limit"]]
)
async def test_auth_test_failing_at_the_start_loses_no_event(ws, mode, tmp_path, fault):
    ws.fail("auth.test", fault)
    async with listening(ws, mode, tmp_path) as live:
        ts = ws.post(PUBLIC, PASTE)
        await quiet(ws, live)
        assert only(ws, PUBLIC, ts)


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(error="invalid_auth"), Fault(status=429)]
)
async def test_auth_test_failing_later_loses_no_event(ws, live, fault):
    ws.fail("auth.test", fault, None)
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    assert ws.deliveries[0].failures == []


async def test_an_event_of_1_2_megabytes_is_answered(ws, live):
    healthy = "".join(f"Copying E:\\a{n}.exe to E:\\b{n}.exe, OK\n" for n in range(35_000))
    assert len(healthy) > 1_200_000
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[{"text": f"{healthy}{PASTE}"}])
    await ws.settled(30)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


@pytest.mark.parametrize(
    ("body", "age", "secret", "statuses"),
    [
        (b"{not json", 0, None, range(400, 500)),
        (b"\xff\xfe", 0, None, range(400, 500)),
        (b'{"type": "event_callback"}', 301, None, [401]),
        (b'{"type": "event_callback"}', -301, None, [401]),
        (b'{"type": "event_callback"}', 0, "another secret", [401]),
        (b"x" * (8 * 1024 * 1024), 0, None, range(400, 500)),
    ],
    ids=["broken JSON", "no text", "stale", "from the future", "wrong secret", "too large"],
)
async def test_a_bad_request_is_refused(ws, tmp_path, body, age, secret, statuses):
    async with listening(ws, "http", tmp_path) as live, ClientSession(trust_env=False) as http:
        at = str(int(time.time()) - age)
        key = (secret or ws.signing_secret).encode()
        digest = hmac.new(key, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}
        headers["Content-Type"] = "application/json"
        async with http.post(ws.events_url, data=io.BytesIO(body), headers=headers) as answer:
            assert answer.status in statuses
        ts = ws.post(PUBLIC, PASTE)
        await quiet(ws, live)
        assert only(ws, PUBLIC, ts)


async def test_nothing_is_done_for_an_unsigned_request(ws, tmp_path):
    async with listening(ws, "http", tmp_path) as live, ClientSession(trust_env=False) as http:
        event = {"type": "message", "channel": PUBLIC, "ts": "1.1", "text": PASTE, "user": ALEX}
        for headers in ({}, {"X-Slack-Signature": "v0=", "X-Slack-Request-Timestamp": "0"}):
            sent = json.dumps(_envelope(event)).encode()
            kind = {"Content-Type": "application/json"}
            async with http.post(ws.events_url, data=sent, headers=headers | kind) as answer:
                assert 400 <= answer.status < 500
        await live.bot.services.jobs.idle()
        assert called(ws, "chat.postMessage") == []


@pytest.mark.parametrize("how", ["disconnect", "cut", "close"])
async def test_a_socket_that_goes_away_comes_back_and_is_heard(ws, tmp_path, how):
    async with listening(ws, "socket", tmp_path) as live:
        opened = len(called(ws, "apps.connections.open"))
        gone = getattr(ws.sockets, how)()
        if asyncio.iscoroutine(gone):
            await gone
        ts = ws.post(PUBLIC, PASTE)
        await ws.until(lambda: len(called(ws, "apps.connections.open")) > opened, 30)
        ws.resend(ws.deliveries[0])  # as Slack does when nobody answered
        await ws.until(lambda: ws.replies(PUBLIC, ts), 30)
        await live.bot.services.jobs.idle()
        assert only(ws, PUBLIC, ts)


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "channel_not_found"])
async def test_a_refusal_to_post_is_told_to_the_author_or_kept_silent(ws, live, code):
    ws.fail("chat.postMessage", Fault(error=code), None)
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert in_channel(ws, PUBLIC) == []
    assert len(called(ws, "chat.postMessage")) <= 2  # it does not try for ever
    assert "Traceback" not in told(ws)


async def test_a_thread_that_cannot_be_read_is_judged_by_what_is_known(ws, live):
    ws.fail("conversations.replies", Fault(error="missing_scope"), None)
    ts = ws.post(PUBLIC, EVENT)
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_response_url_that_fails_breaks_nothing(ws, live):
    ws.url_life = -1.0  # every response_url has expired already
    ws.command("check NTSITE1")
    await quiet(ws, live)
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)


async def test_a_form_that_opens_too_late_breaks_nothing(ws, live):
    ws.trigger_life = -1.0
    delivery = ws.command("explain")
    await quiet(ws, live)
    assert delivery.acknowledged
    assert ws.views == {}
    assert words({"all": ws.ephemerals})  # the person is told that it did not open
