"""The stand-in workspace brings events to the bot as Slack does, and again when unanswered."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Fault, Workspace

PLAIN = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "text": PLAIN, "action_id": "who_holds", "value": "v"}
MENU = {
    "type": "overflow",
    "action_id": "more",
    "options": [{"text": PLAIN, "value": "resolve"}, {"text": PLAIN, "value": "wrong"}],
}
BLOCKS = [{"type": "actions", "block_id": "row", "elements": [BUTTON, MENU]}]
HOME = {"type": "home", "blocks": BLOCKS}
MODAL = {
    "type": "modal",
    "callback_id": "paste_log",
    "private_metadata": "C0ALERTS",
    "title": PLAIN,
    "submit": PLAIN,
    "blocks": [
        {
            "type": "input",
            "block_id": "log_text",
            "label": PLAIN,
            "optional": True,
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 3000},
        },
        {
            "type": "input",
            "block_id": "log_files",
            "label": PLAIN,
            "element": {"type": "file_input", "action_id": "files"},
        },
    ],
}


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
async def socket(ws: Workspace, **options: Any) -> AsyncIterator[Any]:
    """Open a bare Socket Mode connection; yields it after `hello`."""
    slack = AsyncWebClient(base_url=ws.api_url)
    opened = await slack.apps_connections_open(app_token=ws.app_token)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(opened["url"], **options) as connection,
    ):
        assert (await connection.receive_json())["type"] == "hello"
        yield connection


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


async def test_a_reply_can_revise_its_parent(ws: Workspace) -> None:
    ws.team.replies_revise_parent = True
    ts = ws.post("#random", "root")
    ws.post("#random", "reply", thread_ts=ts, user="morgan")
    reply, revised = (delivery.payload["event"] for delivery in ws.deliveries[1:])
    assert reply["thread_ts"] == ts
    assert (revised["subtype"], revised["message"]["reply_count"]) == ("message_changed", 1)


async def test_another_apps_alert_has_no_user_and_no_text(ws: Workspace) -> None:
    ws.post("#sms-alerts", user="monitor", attachments=[{"text": "Event 109"}])
    event = ws.deliveries[0].payload["event"]
    assert (event["subtype"], event["bot_id"], event["text"]) == ("bot_message", "B0MONITOR", "")
    assert "user" not in event
    assert event["attachments"] == [{"text": "Event 109"}]


async def test_a_shared_channels_file_is_a_stub_in_events(ws: Workspace) -> None:
    ws.team.hides_files = True
    ts = ws.post("#random", "log", files={"despool.log": b"x"})
    (stub,) = ws.deliveries[0].payload["event"]["files"]
    assert (stub["file_access"], stub.get("url_private")) == ("check_file_info", None)
    assert ws.team.files[stub["id"]]["url_private"]
    assert ws.thread("#random", ts)[0]["files"][0]["name"] == "despool.log"


async def test_a_snippet_is_a_file_of_its_own_mode(ws: Workspace) -> None:
    ws.post("#random", files={"Untitled.txt": b"x" * 9}, file_mode="snippet")
    (file,) = ws.deliveries[0].payload["event"]["files"]
    assert (file["mode"], file["mimetype"], file["size"]) == ("snippet", "text/plain", 9)


async def test_the_bot_is_invited_and_hears_of_it(ws: Workspace) -> None:
    ws.invite("#lounge", user="morgan")
    said, joined = (delivery.payload["event"] for delivery in ws.deliveries)
    assert (said["subtype"], said["inviter"]) == ("channel_join", "U0MORGAN")
    assert joined["type"] == "member_joined_channel"
    assert (joined["user"], joined["channel"]) == ("U0DESPOOL", "C0LOUNGE")
    assert (joined["channel_type"], joined["inviter"]) == ("C", "U0MORGAN")
    ws.post("#lounge", "now it hears")
    assert len(ws.deliveries) == 3


async def test_an_app_home_is_opened(ws: Workspace) -> None:
    event = ws.open_home("morgan").payload["event"]
    assert (event["type"], event["user"]) == ("app_home_opened", "U0MORGAN")
    assert (event["channel"], event["tab"]) == ("D0MORGAN", "home")
    slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
    await slack.views_publish(user_id="U0MORGAN", view=HOME)
    assert ws.open_home("morgan").payload["event"]["view"] == ws.homes["U0MORGAN"]


@pytest.mark.parametrize(
    ("name", "data", "preview"),
    [
        pytest.param("a.log", b"1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5", id="five lines"),
        pytest.param("a.txt", b"x" * 1001, "x" * 1000, id="1,000 characters"),
        pytest.param("a.txt", b"<!here> &", "&lt;!here&gt; &amp;", id="escaped as all text"),
        pytest.param("a.log", "\ufeff\u00e9\r\n".encode("utf-16-le"), "\u00e9", id="UTF-16"),
        pytest.param("a.zip", b"PK\x03\x04\x00", None, id="none of what is no text"),
    ],
)
async def test_a_file_has_a_preview(
    ws: Workspace, name: str, data: bytes, preview: str | None
) -> None:
    ws.post("#random", files={name: data})
    (file,) = ws.deliveries[0].payload["event"]["files"]
    assert file.get("preview") == preview


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


async def test_an_event_can_come_late_and_twice(ws: Workspace) -> None:
    ws.courier.late, ws.courier.duplicate = 0.01, 2
    async with socket(ws) as connection:
        ws.post("#random", "x")
        first, second = await connection.receive_json(), await connection.receive_json()
        await ack(connection, second)
        await ws.settled()
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert ws.deliveries[0].acknowledged


async def test_a_mute_workspace_delivers_nothing(ws: Workspace) -> None:
    ws.courier.retry_after = ()
    ws.sockets.mute()
    async with socket(ws) as connection:
        ws.post("#random", "x")
        await ws.settled()
        assert ws.deliveries[0].failures == ["timeout"]
        ws.sockets.mute(False)
        ws.post("#random", "y")
        assert (await connection.receive_json())["payload"]["event"]["text"] == "y"


async def test_a_mute_workspace_answers_no_ping(ws: Workspace) -> None:
    async with socket(ws, autoping=False) as connection:
        ws.post("#random", "x")
        frame = await connection.receive_json()
        ws.sockets.mute()
        await connection.ping(b"unheard")
        await ack(connection, frame)
        await ws.settled()  # the acknowledgement came after the ping
        ws.sockets.mute(False)
        await connection.ping(b"heard")
        assert (await connection.receive()).data == b"heard"


async def test_stopping_leaves_no_delivery_behind() -> None:
    before = asyncio.all_tasks()
    async with Workspace() as ws:
        ws.post("#random", "nobody is connected")
    assert asyncio.all_tasks() == before
    assert not ws.deliveries[0].acknowledged


class Bot:
    """An app that answers interactions with what a test says, over one of the two routes."""

    def __init__(self, ws: Workspace) -> None:
        self.slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
        self.seen: list[dict[str, Any]] = []
        self.answer: Any = None  # the body of the acknowledgement

    async def posted(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        self.seen.append(json.loads(str(form["payload"])) if "payload" in form else form)
        return web.json_response(self.answer) if self.answer else web.Response()

    async def listen(self, connection: Any) -> None:
        async for frame in connection:
            envelope = frame.json()
            assert envelope["accepts_response_payload"]
            assert "retry_attempt" not in envelope
            self.seen.append(envelope["payload"])
            answer = {"payload": self.answer} if self.answer else {}
            await connection.send_json({"envelope_id": envelope["envelope_id"], **answer})


@pytest.fixture(params=["Socket Mode", "HTTP"])
async def bot(ws: Workspace, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    ws.courier.ack_timeout = 3.0
    ws.subscriptions = frozenset()  # interactions only
    bot = Bot(ws)
    if request.param == "Socket Mode":
        async with socket(ws) as connection:
            listening = asyncio.create_task(bot.listen(connection))
            yield bot
            listening.cancel()
        return
    app = web.Application()
    app.router.add_post("/slack/events", bot.posted)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ws.events_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield bot
    await runner.cleanup()


async def respond(payload: dict[str, Any], **body: Any) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(payload["response_url"], json=body) as answer,
    ):
        return answer.status, await answer.json()


async def test_a_command_has_the_fields_of_slacks(ws: Workspace, bot: Bot) -> None:
    delivery = ws.command("check \\\\NTSITE1 & co", user="morgan", channel="#server-room")
    await ws.settled()
    (form,) = bot.seen
    assert (form["command"], form["text"]) == ("/despool", "check \\\\NTSITE1 & co")
    assert (form["user_id"], form["user_name"]) == ("U0MORGAN", "morgan")
    assert (form["channel_id"], form["channel_name"]) == ("G0SERVER", "privategroup")
    assert (form["team_id"], form["api_app_id"]) == ("T0STANDIN", "A0DESPOOL")
    assert form["is_enterprise_install"] == "false"
    assert form["trigger_id"]
    assert (delivery.acknowledged, delivery.response) == (True, None)
    assert ws.ephemerals == []


async def test_an_acknowledgement_without_a_text_shows_nothing(ws: Workspace, bot: Bot) -> None:
    bot.answer = {"response_type": "in_channel"}
    delivery = ws.command("check")
    await ws.settled()
    assert (delivery.failures, ws.ephemerals) == ([], [])


@pytest.mark.parametrize("public", [False, True], ids=["for one", "for all"])
async def test_a_command_is_answered_in_its_acknowledgement(
    ws: Workspace, bot: Bot, public: bool
) -> None:
    kind = "in_channel" if public else "ephemeral"
    bot.answer = {"text": "working", "response_type": kind}
    delivery = ws.command("check", user="sam")
    await ws.settled()
    assert delivery.response == bot.answer
    said = [*ws.team.channel("#sms-alerts").messages.values()] if public else ws.ephemerals
    assert [message["text"] for message in said] == ["working"]
    assert said[0].get("ephemeral_for") == (None if public else "U0SAM")


async def test_a_command_has_five_more_answers_of_which_none_replaces(
    ws: Workspace, bot: Bot
) -> None:
    ws.command("check")
    await ws.settled()
    for number in range(5):
        assert await respond(bot.seen[0], text=str(number), replace_original=True) == (
            200,
            {"ok": True},
        )
    assert [message["text"] for message in ws.ephemerals] == ["0", "1", "2", "3", "4"]
    assert await respond(bot.seen[0], text="x") == (404, {"ok": False, "error": "used_url"})


async def test_a_response_url_fails_as_ordered(ws: Workspace, bot: Bot) -> None:
    ws.fail("response_url", Fault(status=500))
    ws.command("check")
    await ws.settled()
    assert (await respond(bot.seen[0], text="x"))[0] == 500
    assert (await respond(bot.seen[0], text="x"))[0] == 200
    assert len(ws.ephemerals) == 1


async def test_a_response_url_ends_after_half_an_hour(ws: Workspace, bot: Bot) -> None:
    ws.url_life = -1.0
    ws.command("check")
    await ws.settled()
    assert (await respond(bot.seen[0], text="x"))[1]["error"] == "expired_url"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param({}, "no_text", id="nothing"),
        pytest.param({"blocks": [{"type": "marquee"}]}, "invalid_blocks", id="bad blocks"),
    ],
)
async def test_an_answer_is_checked_as_a_message(
    ws: Workspace, bot: Bot, body: dict[str, Any], error: str
) -> None:
    ws.command("check")
    await ws.settled()
    status, answer = await respond(bot.seen[0], **body)
    assert (status, answer["error"]) == (400, error)
    assert ws.ephemerals == []


async def test_a_click_on_a_message_has_the_fields_of_slacks(ws: Workspace, bot: Bot) -> None:
    root = ws.post("#random", "log")
    await bot.slack.chat_postMessage(
        channel="C0RANDOM", thread_ts=root, text="reply", blocks=BLOCKS
    )
    (reply,) = ws.replies("#random", root)
    ws.click(reply, "who_holds", user="morgan")
    await ws.settled()
    (payload,) = bot.seen
    assert payload["type"] == "block_actions"
    assert payload["user"] == {
        "id": "U0MORGAN",
        "username": "morgan",
        "name": "morgan",
        "team_id": "T0STANDIN",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": reply["ts"],
        "channel_id": "C0RANDOM",
        "is_ephemeral": False,
        "thread_ts": root,
    }
    assert payload["channel"] == {"id": "C0RANDOM", "name": "random"}
    assert payload["team"] == {"id": "T0STANDIN", "domain": "stand-in"}
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)
    assert payload["message"]["ts"] == reply["ts"]
    assert payload["state"] == {"values": {}}
    (action,) = payload["actions"]
    assert action.pop("action_ts")
    assert action == {**BUTTON, "block_id": "row"}


async def test_a_chosen_option_is_told(ws: Workspace, bot: Bot) -> None:
    posted = await bot.slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=BLOCKS)
    (message,) = ws.thread("#random", posted["ts"])
    ws.click(message, "more", option="wrong")
    await ws.settled()
    (action,) = bot.seen[0]["actions"]
    assert (action["type"], action["selected_option"]["value"]) == ("overflow", "wrong")
    with pytest.raises(KeyError):
        ws.click(message, "more", option="none of them")
    with pytest.raises(KeyError):
        ws.click(message, "no such button")


async def test_a_clicked_message_is_replaced_and_deleted(ws: Workspace, bot: Bot) -> None:
    posted = await bot.slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=BLOCKS)
    (message,) = ws.thread("#random", posted["ts"])
    ws.click(message, "who_holds")
    await ws.settled()
    assert (await respond(bot.seen[0], text="new", replace_original=True))[0] == 200
    (changed,) = ws.thread("#random", posted["ts"])
    assert (changed["text"], changed["blocks"]) == ("new", [])
    assert (await respond(bot.seen[0], text="beside", response_type="in_channel"))[0] == 200
    assert len(ws.team.channel("#random").messages) == 2
    assert (await respond(bot.seen[0], delete_original=True))[0] == 200
    assert ws.thread("#random", posted["ts"]) == []
    status, answer = await respond(bot.seen[0], delete_original=True)
    assert (status, answer["error"]) == (400, "message_not_found")


async def test_a_clicked_ephemeral_is_replaced_and_deleted_and_never_in_the_payload(
    ws: Workspace, bot: Bot
) -> None:
    for name in ("stays", "goes"):
        await bot.slack.chat_postEphemeral(
            channel="C0RANDOM", user="U0ALEX", text=name, blocks=BLOCKS
        )
    ws.click(ws.ephemerals[1], "who_holds")
    await ws.settled()
    (payload,) = bot.seen
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    await respond(payload, text="replaced", replace_original=True)
    assert [message["text"] for message in ws.ephemerals] == ["stays", "replaced"]
    assert ws.ephemerals[1]["blocks"] == []
    await respond(payload, delete_original=True)
    assert [message["text"] for message in ws.ephemerals] == ["stays"]


async def test_a_shortcut_has_the_fields_of_slacks(ws: Workspace, bot: Bot) -> None:
    ts = ws.post("D0ALEX", "a log")
    ws.shortcut("D0ALEX", ts)
    await ws.settled()
    (payload,) = bot.seen
    assert (payload["type"], payload["callback_id"]) == ("message_action", "explain_log")
    assert (payload["message_ts"], payload["message"]["text"]) == (ts, "a log")
    assert payload["channel"] == {"id": "D0ALEX", "name": "directmessage"}
    assert payload["trigger_id"]
    await respond(payload, text="thanks")
    assert ws.ephemerals[0]["channel"] == "D0ALEX"


async def opened(ws: Workspace, bot: Bot, **changes: Any) -> dict[str, Any]:
    ws.command("explain")
    await ws.settled()
    trigger = bot.seen.pop()["trigger_id"]
    await bot.slack.views_open(trigger_id=trigger, view={**MODAL, **changes})
    return ws.views["U0ALEX"]


async def test_a_submission_has_the_fields_of_slacks_and_closes_the_modal(
    ws: Workspace, bot: Bot
) -> None:
    view = await opened(ws, bot)
    ws.submit(view, {"log_text": "a log"}, files={"log_files": {"a.log": b"abc"}})
    await ws.settled()
    (payload,) = bot.seen
    assert (payload["type"], payload["response_urls"]) == ("view_submission", [])
    sent = payload["view"]
    assert (sent["id"], sent["hash"], sent["root_view_id"]) == (
        view["id"],
        view["hash"],
        view["id"],
    )
    assert (sent["callback_id"], sent["private_metadata"]) == ("paste_log", "C0ALERTS")
    values = sent["state"]["values"]
    assert values["log_text"]["text"] == {"type": "plain_text_input", "value": "a log"}
    (file,) = values["log_files"]["files"]["files"]
    assert ws.team.contents[file["id"]] == b"abc"
    assert (file["name"], file["shares"]) == ("a.log", {})
    assert ws.views == {}


async def test_errors_keep_a_modal_open(ws: Workspace, bot: Bot) -> None:
    view = await opened(ws, bot)
    bot.answer = {"response_action": "errors", "errors": {"log_text": "No log in it."}}
    delivery = ws.submit(view, {}, files={"log_files": {"a.log": b"abc"}})
    await ws.settled()
    assert delivery.response == bot.answer
    assert ws.views["U0ALEX"]["id"] == view["id"]


async def test_an_answer_can_change_the_modal(ws: Workspace, bot: Bot) -> None:
    view = await opened(ws, bot)
    changed = {"type": "modal", "title": PLAIN, "blocks": [{"type": "divider"}]}
    bot.answer = {"response_action": "update", "view": changed}
    ws.submit(view, {}, files={"log_files": {"a.log": b"abc"}})
    await ws.settled()
    assert ws.views["U0ALEX"]["id"] == view["id"]
    assert ws.views["U0ALEX"]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("values", "files", "says"),
    [
        pytest.param({}, {}, "log_files: please complete", id="a required field left empty"),
        pytest.param(
            {"log_text": "x" * 3001}, {"log_files": {"a": b"x"}}, "log_text: too long", id="3,001"
        ),
    ],
)
async def test_slacks_own_form_stops_a_person(
    ws: Workspace, bot: Bot, values: Any, files: Any, says: str
) -> None:
    view = await opened(ws, bot)
    with pytest.raises(ValueError, match=says):
        ws.submit(view, values, files=files)
    assert bot.seen == []


async def test_a_modal_is_cancelled(ws: Workspace, bot: Bot) -> None:
    view = await opened(ws, bot)
    ws.close(view)
    await ws.settled()
    assert ws.views == {}
    assert bot.seen == []


async def test_a_click_in_a_view_has_the_view_and_no_channel(ws: Workspace, bot: Bot) -> None:
    home = (await bot.slack.views_publish(user_id="U0ALEX", view=HOME))["view"]
    ws.click_view(ws.homes["U0ALEX"], "who_holds")
    await ws.settled()
    (payload,) = bot.seen
    assert payload["container"] == {"type": "view", "view_id": home["id"]}
    assert payload["view"]["hash"] == home["hash"]
    assert {"channel", "message", "response_url"}.isdisjoint(payload)
    trigger = payload["trigger_id"]
    assert (await bot.slack.views_open(trigger_id=trigger, view=MODAL))["ok"]


async def test_an_interaction_nobody_answers_is_tried_once_and_the_user_is_told(
    ws: Workspace,
) -> None:
    async with socket(ws):
        delivery = ws.command("check")
        await ws.settled()
    assert delivery.failures == ["timeout"]
    assert "operation_timeout" in ws.ephemerals[0]["text"]
    async with request_url(404) as (url, seen):
        ws.events_url = url
        ws.command("check", user="sam")
        await ws.settled()
    assert len(seen) == 1
    assert "dispatch_failed" in ws.ephemerals[1]["text"]
    assert ws.ephemerals[1]["ephemeral_for"] == "U0SAM"


async def test_an_interaction_over_http_is_signed(ws: Workspace) -> None:
    async with request_url(200) as (url, seen):
        ws.events_url = url
        ws.command("check")
        ws.shortcut("#random", ws.post("#random", "x"))
        await ws.settled()
    forms = [one for one in seen if one[0]["Content-Type"].endswith("form-urlencoded")]
    assert len(forms) == 2
    for headers, body in forms:
        base = b"v0:" + headers["X-Slack-Request-Timestamp"].encode() + b":" + body
        digest = hmac.new(ws.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        assert headers["X-Slack-Signature"] == f"v0={digest}"


async def test_bolt_understands_every_interaction(ws: Workspace) -> None:
    app = AsyncApp(client=AsyncWebClient(token=ws.bot_token, base_url=ws.api_url))
    seen = []
    ws.courier.ack_timeout = 3.0

    async def on_anything(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        seen.append(body.get("type") or body["command"])

    app.command("/despool")(on_anything)
    app.action("who_holds")(on_anything)
    app.shortcut("explain_log")(on_anything)
    app.view("paste_log")(on_anything)
    handler = AsyncSocketModeHandler(app, ws.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        trigger = ws.command("explain").payload["trigger_id"]
        await app.client.views_open(
            trigger_id=trigger,
            view={**MODAL, "blocks": MODAL["blocks"][:1]},
        )
        await app.client.chat_postEphemeral(
            channel="C0RANDOM", user="U0ALEX", text="x", blocks=BLOCKS
        )
        for happens in (
            lambda: ws.click(ws.ephemerals[0], "who_holds"),
            lambda: ws.shortcut("#lounge", ws.post("#lounge", "x")),
            lambda: ws.submit(ws.views["U0ALEX"], {"log_text": "x"}),
        ):
            delivery = happens()
            await ws.settled()
            assert delivery.acknowledged
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
    assert seen == ["/despool", "block_actions", "message_action", "view_submission"]
