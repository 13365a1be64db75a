"""The page of the stand-in workspace shows everything and serves its own reader only."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Sample, Workspace

LOCK = Sample(title="A lock", text="Win32 Error = 32")
UPLOAD = Sample(title="A file", files={"despool.log": b"x"})
ALERT = Sample(title="An alert", user="monitor", attachments=[{"text": "Event 109"}])
PLAIN = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "text": PLAIN, "action_id": "who_holds"}
MENU = {"type": "overflow", "action_id": "more", "options": [{"text": PLAIN, "value": "wrong"}]}
BLOCKS = [{"type": "actions", "elements": [BUTTON, MENU]}]
INPUTS = [
    {
        "type": "input",
        "block_id": name,
        "optional": True,
        "label": PLAIN,
        "element": {"type": kind, "action_id": "a"},
    }
    for name, kind in (("log_text", "plain_text_input"), ("log_files", "file_input"))
]
MODAL = {"type": "modal", "title": PLAIN, "submit": PLAIN, "blocks": INPUTS}


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    async with Workspace(samples=[LOCK, UPLOAD, ALERT]) as workspace:
        workspace.courier.ack_timeout = 0.05
        yield workspace


@pytest.fixture
async def reader(ws: Workspace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(ws.url) as session:
        yield session


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/page/page.css"])
async def test_every_file_of_the_page_is_served_here_and_loads_nothing_from_elsewhere(
    reader: aiohttp.ClientSession, path: str
) -> None:
    async with reader.get(path) as answer:
        text = await answer.text()
        assert answer.status == 200
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "https://" not in text
    assert "innerHTML" not in text


async def test_a_reader_sees_what_was_and_what_comes(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    ws.post("#random", "before")
    async with reader.ws_connect("/page/live") as live:
        state = await live.receive_json()
        random = next(one for one in state["channels"] if one["name"] == "random")
        assert [message["text"] for message in random["messages"]] == ["before"]
        assert random["members"] == ["U0ALEX", "U0DESPOOL", "U0MORGAN", "U0SAM"]
        assert state["samples"] == ["A lock", "A file", "An alert"]
        assert state["shortcuts"] == [{"callback_id": "explain_log", "title": "Explain this log"}]
        assert [command["name"] for command in state["commands"]] == ["/despool"]
        assert (state["views"], state["homes"], state["ephemerals"]) == ({}, {}, [])
        assert [one["name"] for one in state["people"] if not one["is_bot"]] == [
            "alex",
            "morgan",
            "sam",
        ]
        ts = ws.post("#random", "after")
        news = await live.receive_json()
        assert (news["channel"], news["message"]["text"]) == ("C0RANDOM", "after")
        ws.delete("#random", ts)
        assert (await live.receive_json())["message"]["deleted"]


async def test_a_reader_posts_edits_and_deletes(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    form = aiohttp.FormData({"channel": "C0RANDOM", "user": "U0MORGAN", "text": "a\r\nb <c>"})
    form.add_field("file", b"\x00\xff", filename="x.log")
    async with reader.post("/page/post", data=form) as answer:
        ts = (await answer.json())["ts"]
    (message,) = ws.thread("#random", ts)
    assert (message["user"], message["text"]) == ("U0MORGAN", "a\nb &lt;c&gt;")
    assert ws.team.contents[message["files"][0]["id"]] == b"\x00\xff"
    place = {"channel": "C0RANDOM", "ts": ts, "user": "U0MORGAN"}
    async with reader.post("/page/edit", data={**place, "text": "new"}) as answer:
        assert answer.ok
    assert ws.thread("#random", ts)[0]["text"] == "new"
    async with reader.post("/page/delete", data=place) as answer:
        assert answer.ok
    assert ws.thread("#random", ts) == []


async def ask(reader: aiohttp.ClientSession, verb: str, **fields: str) -> tuple[int, str]:
    async with reader.post(f"/page/{verb}", data=fields) as answer:
        return answer.status, await answer.text()


async def test_a_reader_is_told_of_ephemerals_views_homes_and_channels(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
    async with reader.ws_connect("/page/live") as live:
        await live.receive_json()
        await slack.chat_postEphemeral(channel="C0RANDOM", user="U0ALEX", text="psst")
        assert (await live.receive_json())["ephemeral"]["text"] == "psst"
        await slack.views_publish(user_id="U0SAM", view={"type": "home", "blocks": BLOCKS})
        told = await live.receive_json()
        assert (told["user"], told["home"]["type"]) == ("U0SAM", "home")
        trigger = ws.command("explain").payload["trigger_id"]
        await slack.views_open(trigger_id=trigger, view=MODAL)
        told = await live.receive_json()
        assert (told["user"], told["view"]["type"]) == ("U0ALEX", "modal")
        view_id = told["view"]["id"]
        assert (await ask(reader, "close", user="U0ALEX", view_id=view_id))[0] == 200
        assert await live.receive_json() == {"view": None, "user": "U0ALEX"}
        fields = {"channel": "C0LOUNGE", "user": "U0ALEX", "text": "/invite @despool"}
        assert (await ask(reader, "post", **fields))[0] == 200
        while "channel_state" not in (told := await live.receive_json()):
            assert "ephemeral" in told, "nobody has answered the command"
        assert "U0DESPOOL" in told["channel_state"]["members"]


async def test_a_reader_clicks_and_chooses(ws: Workspace, reader: aiohttp.ClientSession) -> None:
    slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=BLOCKS)
    shown = await slack.chat_postEphemeral(
        channel="C0RANDOM", user="U0ALEX", text="psst", blocks=BLOCKS
    )
    home = await slack.views_publish(user_id="U0ALEX", view={"type": "home", "blocks": BLOCKS})
    place = {"user": "U0ALEX", "channel": "C0RANDOM", "action_id": "who_holds"}
    view = {"user": "U0ALEX", "view_id": home["view"]["id"], "action_id": "more", "value": "wrong"}
    assert (await ask(reader, "click", **place, ts=posted["ts"]))[0] == 200
    assert (await ask(reader, "click", **place, ts=shown["message_ts"]))[0] == 200
    assert (await ask(reader, "click_view", **view))[0] == 200
    sent = [delivery.payload for delivery in ws.deliveries if delivery.kind == "interactive"]
    containers = [payload["container"] for payload in sent]
    assert [one.get("is_ephemeral") for one in containers] == [False, True, None]
    assert sent[2]["actions"][0]["selected_option"]["value"] == "wrong"
    assert (await ask(reader, "click", **place, ts="1.1"))[0] == 400


async def test_a_reader_submits_a_modal_and_reads_its_errors(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
    trigger = ws.command("explain").payload["trigger_id"]
    await slack.views_open(trigger_id=trigger, view=MODAL)
    opened = await slack.apps_connections_open(app_token=ws.app_token)
    form = aiohttp.FormData({"user": "U0ALEX", "view_id": ws.views["U0ALEX"]["id"]})
    form.add_field("log_text", "a\r\nb")
    form.add_field("log_files", b"abc", filename="a.log")
    async with aiohttp.ClientSession() as session, session.ws_connect(opened["url"]) as bot:
        await bot.receive_json()
        submitting = asyncio.create_task(reader.post("/page/submit", data=form))
        frame = {"type": "slash_commands"}
        while frame["type"] == "slash_commands":
            frame = await bot.receive_json()
        wrong = {"response_action": "errors", "errors": {"log_text": "No."}}
        await bot.send_json({"envelope_id": frame["envelope_id"], "payload": wrong})
        async with await submitting as answer:
            assert await answer.json() == {"errors": {"log_text": "No."}}
    values = frame["payload"]["view"]["state"]["values"]
    assert values["log_text"]["a"]["value"] == "a\nb"
    assert values["log_files"]["a"]["files"][0]["name"] == "a.log"


async def test_a_reader_runs_commands_shortcuts_and_opens_the_home(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    where = {"channel": "C0RANDOM", "user": "U0SAM"}
    ts = ws.post("#random", "a log")
    assert (await ask(reader, "post", **where, text="/despool check NTSITE1"))[0] == 200
    assert (await ask(reader, "shortcut", **where, ts=ts, callback_id="explain_log"))[0] == 200
    assert (await ask(reader, "home", user="U0SAM"))[0] == 200
    command, shortcut, home = (delivery.payload for delivery in ws.deliveries[1:])
    assert (command["command"], command["text"]) == ("/despool", "check NTSITE1")
    assert (command["user_id"], command["channel_id"]) == ("U0SAM", "C0RANDOM")
    assert (shortcut["callback_id"], shortcut["message_ts"]) == ("explain_log", ts)
    assert home["event"]["type"] == "app_home_opened"


async def test_a_command_in_a_thread_or_an_unknown_one_is_refused_in_slacks_words(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    where = {"channel": "C0RANDOM", "user": "U0SAM"}
    ts = ws.post("#random", "a log")
    assert await ask(reader, "post", **where, thread_ts=ts, text="/despool help") == (
        400,
        "/despool is not supported in threads. Sorry!",
    )
    assert await ask(reader, "post", **where, text="/format c:") == (
        400,
        "/format is not a valid command.",
    )
    assert [delivery.kind for delivery in ws.deliveries] == ["events_api"]


async def test_a_long_paste_becomes_a_snippet(ws: Workspace, reader: aiohttp.ClientSession) -> None:
    for text in ("x" * 12_000, "y" * 12_001):
        status, _ = await ask(reader, "post", channel="C0RANDOM", user="U0SAM", text=text)
        assert status == 200
    short, long = ws.team.channel("#random").messages.values()
    assert (short["text"], "files" in short) == ("x" * 12_000, False)
    (file,) = long["files"]
    assert (long["text"], file["name"], file["mode"]) == ("", "Untitled.txt", "snippet")
    assert ws.team.contents[file["id"]] == b"y" * 12_001


async def test_a_sample_is_one_click(ws: Workspace, reader: aiohttp.ClientSession) -> None:
    for title in ("A lock", "A file", "An alert"):
        assert (await ask(reader, "sample", title=title, user="U0SAM"))[0] == 200
    lock, upload, alert = ws.team.channel("#sms-alerts").messages.values()
    assert (lock["text"], lock["user"]) == ("Win32 Error = 32", "U0SAM")
    assert upload["files"][0]["name"] == "despool.log"
    assert (alert["bot_id"], alert["attachments"]) == ("B0MONITOR", [{"text": "Event 109"}])
    assert (await ask(reader, "sample", title="Nothing", user="U0SAM"))[0] == 400


async def test_a_permalink_leads_to_its_thread(
    ws: Workspace, reader: aiohttp.ClientSession
) -> None:
    root = ws.post("#random", "root")
    reply = ws.post("#random", "reply", thread_ts=root)
    path = f"/archives/C0RANDOM/p{reply.replace('.', '')}"
    async with reader.get(path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"/#C0RANDOM/{root}")
    async with reader.get("/archives/C0RANDOM/p1000000000000000") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"text": "x"}, id="without a channel"),
        pytest.param({"channel": "C0NOWHERE", "user": "alex", "text": "x"}, id="in no channel"),
        pytest.param({"channel": "C0RANDOM", "user": "nobody", "text": "x"}, id="by nobody"),
        pytest.param(
            {"channel": "C0RANDOM", "user": "alex", "thread_ts": "1.1", "text": "x"},
            id="in no thread",
        ),
    ],
)
async def test_a_post_that_makes_no_sense_is_refused(
    reader: aiohttp.ClientSession, form: dict[str, str]
) -> None:
    async with reader.post("/page/post", data=form) as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="from another site"),
        pytest.param({"Host": "evil.example"}, id="under another name"),
    ],
)
async def test_other_sites_in_the_readers_browser_are_kept_out(
    ws: Workspace, reader: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    form = {"channel": "C0RANDOM", "user": "alex", "text": "x"}
    async with reader.post("/page/post", data=form, headers=headers) as answer:
        assert answer.status == 403
    async with reader.get("/page/live", headers=headers) as answer:
        assert answer.status == 403
    assert not ws.team.channel("#random").messages
