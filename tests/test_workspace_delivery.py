"""The stand-in workspace brings events to the bot as Slack does, and again when unanswered."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Workspace


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    async with Workspace() as workspace:
        workspace.courier.ack_timeout = 0.2
        workspace.courier.retry_after = (0.0, 0.0, 0.0)
        yield workspace


@asynccontextmanager
async def socket(ws: Workspace) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """Open a bare Socket Mode connection; yields it after `hello`."""
    slack = AsyncWebClient(base_url=ws.api_url)
    opened = await slack.apps_connections_open(app_token=ws.app_token)
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as connection:
        assert (await connection.receive_json())["type"] == "hello"
        yield connection  # type: ignore[misc]


async def ack(connection: Any, frame: dict[str, Any]) -> None:
    await connection.send_json({"envelope_id": frame["envelope_id"]})


@asynccontextmanager
async def request_url(*statuses: int) -> AsyncIterator[tuple[str, list[Any]]]:
    """Serve a bot's request URL that answers with these statuses, the last one for ever."""
    seen: list[Any] = []

    async def events(request: web.Request) -> web.Response:
        seen.append((dict(request.headers), await request.read()))
        return web.Response(status=statuses[min(len(seen), len(statuses)) - 1])

    app = web.Application(client_max_size=2**22)
    app.router.add_post("/slack/events", events)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", seen
    finally:
        await runner.cleanup()


async def test_bolt_hears_a_person_and_answers_in_the_thread(ws: Workspace) -> None:
    app = AsyncApp(client=AsyncWebClient(token=ws.bot_token, base_url=ws.api_url))
    heard = []

    @app.event("message")
    async def on_message(event: dict[str, Any], client: AsyncWebClient) -> None:
        heard.append(event)
        place = {"channel": event["channel"], "thread_ts": event["ts"]}
        await client.chat_postMessage(**place, text="heard")

    handler = AsyncSocketModeHandler(app, ws.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        ts = ws.post("#sms-alerts", "a & b")
        (reply,) = await ws.until(lambda: ws.replies("#sms-alerts", ts))
        await ws.settled()
        assert reply["text"] == "heard"
        assert [event["text"] for event in heard] == ["a &amp; b"]
        sent = [delivery.payload["event"]["text"] for delivery in ws.deliveries]
        assert sent == ["a &amp; b", "heard"], "the bot is sent its own message too"
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


async def test_an_envelope_has_the_shape_of_slacks(ws: Workspace) -> None:
    async with socket(ws) as connection:
        ts = ws.post("#sms-alerts", "x", user="morgan")
        frame = await connection.receive_json()
        await ack(connection, frame)
        await ws.settled()
    payload, event = frame["payload"], frame["payload"]["event"]
    assert (frame["type"], frame["retry_attempt"], frame["retry_reason"]) == ("events_api", 0, "")
    assert (payload["type"], payload["team_id"], payload["api_app_id"]) == (
        "event_callback",
        "T0STANDIN",
        "A0DESPOOL",
    )
    assert payload["authorizations"][0]["user_id"] == "U0DESPOOL"
    assert payload["event_id"].startswith("Ev")
    assert (event["type"], event["channel"], event["channel_type"]) == (
        "message",
        "C0ALERTS",
        "channel",
    )
    assert (event["user"], event["ts"], event["event_ts"]) == ("U0MORGAN", ts, ts)
    assert event["blocks"][0]["type"] == "rich_text"


async def test_an_event_nobody_acknowledges_comes_again_under_its_id(ws: Workspace) -> None:
    async with socket(ws) as connection:
        ws.post("#random", "x")
        first = await connection.receive_json()
        second = await connection.receive_json()
        await ack(connection, second)
        await ws.settled()
    assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
    assert second["payload"]["event_id"] == first["payload"]["event_id"]
    assert second["envelope_id"] != first["envelope_id"]
    assert ws.deliveries[0].acknowledged


async def test_an_event_is_given_up_after_three_more_attempts(ws: Workspace) -> None:
    async with socket(ws):
        ws.post("#random", "x")
        await ws.settled()
    assert ws.deliveries[0].failures == ["timeout"] * 4
    assert not ws.deliveries[0].acknowledged


async def test_an_event_may_be_acknowledged_on_another_connection(ws: Workspace) -> None:
    async with socket(ws) as first, socket(ws) as second:
        ws.post("#random", "x")
        frame = await first.receive_json()
        await ack(second, frame)
        await ws.settled()
    assert ws.deliveries[0].failures == []


async def test_a_ticket_opens_one_connection_only(ws: Workspace) -> None:
    opened = await AsyncWebClient(base_url=ws.api_url).apps_connections_open(app_token=ws.app_token)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(opened["url"]):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(opened["url"])


async def test_a_bot_asked_to_reconnect_goes_on_hearing(ws: Workspace) -> None:
    app = AsyncApp(client=AsyncWebClient(token=ws.bot_token, base_url=ws.api_url))
    heard = []

    @app.event("message")
    async def on_message(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    handler = AsyncSocketModeHandler(app, ws.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        await ws.until(lambda: ws.sockets.connections)
        await ws.sockets.disconnect()
        await ws.until(lambda: ws.sockets.connections)
        ws.post("#random", "after the refresh")
        await ws.settled()
        ws.sockets.cut()
        ws.courier.ack_timeout = 3.0
        ws.post("#random", "after the cut")
        await ws.settled()
        assert heard == ["after the refresh", "after the cut"]
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("happens", "subtype"),
    [
        pytest.param(lambda ws, ts: ws.edit("#random", ts, "new"), "message_changed", id="an edit"),
        pytest.param(
            lambda ws, ts: ws.revise("#random", ts, attachments=[]),
            "message_changed",
            id="an unfurl",
        ),
        pytest.param(lambda ws, ts: ws.delete("#random", ts), "message_deleted", id="a deletion"),
    ],
)
async def test_a_change_tells_what_was_before(ws: Workspace, happens: Any, subtype: str) -> None:
    ts = ws.post("#random", "old")
    happens(ws, ts)
    event = ws.deliveries[-1].payload["event"]
    assert event["subtype"] == subtype
    assert event["previous_message"]["text"] == "old"
    assert event["ts"] > ts
    assert ("edited" in event.get("message", {})) == (event.get("message", {}).get("text") == "new")


async def test_a_deleted_message_with_replies_leaves_a_tombstone(ws: Workspace) -> None:
    ts = ws.post("#random", "old")
    ws.post("#random", "reply", thread_ts=ts)
    ws.delete("#random", ts)
    event = ws.deliveries[-1].payload["event"]
    assert event["message"]["subtype"] == "tombstone"
    assert [message["text"] for message in ws.thread("#random", ts)] == [
        "This message was deleted.",
        "reply",
    ]


async def test_a_reply_can_revise_its_parent(ws: Workspace) -> None:
    ws.team.replies_revise_parent = True
    ts = ws.post("#random", "root")
    ws.post("#random", "reply", thread_ts=ts, user="morgan")
    reply, revised = (delivery.payload["event"] for delivery in ws.deliveries[1:])
    assert (reply["thread_ts"], reply["parent_user_id"]) == (ts, "U0ALEX")
    assert (revised["subtype"], revised["message"]["reply_count"]) == ("message_changed", 1)


async def test_another_apps_alert_has_no_user_and_no_text(ws: Workspace) -> None:
    ws.post("#sms-alerts", user="monitor", attachments=[{"text": "Event 109"}])
    event = ws.deliveries[0].payload["event"]
    assert (event["subtype"], event["bot_id"], event["text"]) == ("bot_message", "B0MONITOR", "")
    assert "user" not in event
    assert event["attachments"] == [{"text": "Event 109"}]


async def test_an_upload_is_told_three_times_to_a_bot_that_asked_for_it() -> None:
    names = frozenset({"message.channels", "file_shared", "file_created"})
    async with Workspace(subscriptions=names) as ws:
        ws.post("#random", "log", files={"despool.log": b"x"})
        events = [delivery.payload["event"] for delivery in ws.deliveries]
        assert [event["type"] for event in events] == ["message", "file_created", "file_shared"]
        assert events[0]["subtype"] == "file_share"
        assert events[2]["file_id"] == events[0]["files"][0]["id"]


async def test_a_mention_is_an_event_of_its_own() -> None:
    async with Workspace(subscriptions=frozenset({"app_mention"})) as ws:
        ws.post("#random", "@despool help")
        ws.post("#random", "help, nobody")
        (event,) = [delivery.payload["event"] for delivery in ws.deliveries]
        assert (event["type"], event["text"]) == ("app_mention", "<@U0DESPOOL> help")


@pytest.mark.parametrize("channel", ["#lounge", "#board"])
async def test_the_bot_hears_nothing_where_it_is_not(ws: Workspace, channel: str) -> None:
    ws.post(channel, "x")
    assert ws.deliveries == []


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        pytest.param("a <b> & c", "a &lt;b&gt; &amp; c", id="reserved characters"),
        pytest.param(
            "run FORMAT.COM now",
            "run <http://FORMAT.COM|FORMAT.COM> now",
            id="what looks like a host",
        ),
        pytest.param("see https://x.org/?a=1&b", "see <https://x.org/?a=1&amp;b>", id="a link"),
        pytest.param("hi @alex and @nobody", "hi <@U0ALEX> and @nobody", id="mentions"),
        pytest.param(
            "```\nFORMAT.COM <x>\n```\nok", "```FORMAT.COM &lt;x&gt;```\nok", id="a fence"
        ),
    ],
)
async def test_typed_text_arrives_as_slacks_message_box_makes_it(
    ws: Workspace, typed: str, text: str
) -> None:
    ws.post("#random", typed)
    assert ws.deliveries[0].payload["event"]["text"] == text


async def test_verbatim_text_is_left_alone(ws: Workspace) -> None:
    ws.post("#random", "<http://a.b|a.b> &amp;", verbatim=True)
    event = ws.deliveries[0].payload["event"]
    assert event["text"] == "<http://a.b|a.b> &amp;"
    assert "blocks" not in event


async def test_http_delivery_is_signed(ws: Workspace) -> None:
    async with request_url(200) as (url, seen):
        ws.events_url = url
        ws.post("#random", "x")
        await ws.settled()
    ((headers, body),) = seen
    base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
    digest = hmac.new(ws.signing_secret.encode(), base, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={digest}"
    assert json.loads(body)["event"]["text"] == "x"
    assert "X-Slack-Retry-Num" not in headers


async def test_http_delivery_is_tried_again_with_its_number_and_reason(ws: Workspace) -> None:
    async with request_url(500, 404, 200) as (url, seen):
        ws.events_url = url
        ws.post("#random", "x")
        await ws.settled()
    headers = [headers for headers, _ in seen]
    assert [one.get("X-Slack-Retry-Num") for one in headers] == [None, "1", "2"]
    assert headers[2]["X-Slack-Retry-Reason"] == "http_error"
    assert ws.deliveries[0].acknowledged


async def test_http_delivery_survives_a_bot_that_is_not_there(ws: Workspace) -> None:
    async with request_url(200) as (url, _):
        pass
    ws.events_url = url
    ws.post("#random", "x")
    await ws.settled()
    assert ws.deliveries[0].failures == ["connection_failed"] * 4


async def test_an_event_can_be_sent_twice_and_made_up(ws: Workspace) -> None:
    async with request_url(200) as (url, seen):
        ws.events_url = url
        delivery = ws.send({"type": "message", "text": "x" * 1_200_000})
        await ws.settled()
        ws.resend(delivery)
        await ws.settled()
    first, second = (json.loads(body) for _, body in seen)
    assert first["event_id"] == second["event_id"]
    assert len(first["event"]["text"]) == 1_200_000


async def test_stopping_leaves_no_delivery_behind() -> None:
    before = asyncio.all_tasks()
    async with Workspace() as ws:
        ws.post("#random", "nobody is connected")
    assert asyncio.all_tasks() == before
    assert not ws.deliveries[0].acknowledged
