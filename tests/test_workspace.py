"""The stand-in workspace takes and refuses calls of the Web API as Slack does."""

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Fault, Workspace

PLAIN = {"type": "plain_text", "text": "x"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}
OPTION = {"text": PLAIN, "value": "x"}
INPUT = {
    "type": "input",
    "block_id": "log",
    "label": PLAIN,
    "element": {"type": "plain_text_input", "action_id": "text"},
}
MODAL = {"type": "modal", "title": PLAIN, "submit": PLAIN, "blocks": [INPUT]}
HOME = {"type": "home", "blocks": [SECTION]}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slack(ws: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "button", "text": PLAIN, **fields}]}


def overflow(*options: dict[str, Any]) -> dict[str, Any]:
    menu = {"type": "overflow", "action_id": "m", "options": options}
    return {"type": "actions", "elements": [menu]}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_the_bot_learns_who_it_is_and_what_it_may_do(ws: Workspace, slack: Any) -> None:
    me = await slack.auth_test()
    assert (me["user_id"], me["bot_id"]) == ("U0DESPOOL", "B0DESPOOL")
    assert "chat:write" in me.headers["X-OAuth-Scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        pytest.param("", "auth.test", "not_authed", id="no token"),
        pytest.param("xoxb-nobody", "auth.test", "invalid_auth", id="an unknown token"),
        pytest.param("app", "auth.test", "not_allowed_token_type", id="an app token elsewhere"),
        pytest.param("bot", "apps.connections.open", "not_allowed_token_type", id="a bot token"),
        pytest.param("bot", "chat.scheduleMessage", "unknown_method", id="a method it has not"),
    ],
)
async def test_tokens_are_refused(ws: Workspace, token: str, method: str, error: str) -> None:
    known = {"bot": ws.bot_token, "app": ws.app_token}
    slack = AsyncWebClient(token=known.get(token, token) or None, base_url=ws.api_url)
    assert await refusal(slack.api_call(method)) == error


async def test_a_scope_that_was_not_granted_is_named() -> None:
    async with Workspace(scopes="chat:write") as ws:
        slack = AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)
        with pytest.raises(SlackApiError) as caught:
            await slack.files_info(file="F0")
        assert caught.value.response["needed"] == "files:read"
        assert caught.value.response["provided"] == "chat:write"


async def test_text_is_stored_as_sent(ws: Workspace, slack: Any) -> None:
    sent = await slack.chat_postMessage(channel="C0RANDOM", text="&lt;a&gt; & <b>")
    (stored,) = ws.thread("C0RANDOM", sent["ts"])
    assert stored["text"] == "&lt;a&gt; & <b>"


async def test_json_and_forms_are_understood_alike(ws: Workspace, slack: Any) -> None:
    body = {
        "channel": "C0RANDOM",
        "blocks": [SECTION],
        "metadata": {"event_type": "e", "event_payload": {}},
    }
    for kind in (
        {"json": body},
        {
            "data": {key: json.dumps(body[key]) for key in ("blocks", "metadata")}
            | {"channel": "C0RANDOM"}
        },
    ):
        posted = await slack.api_call("chat.postMessage", **kind)
        assert posted["message"]["blocks"][0]["text"] == SECTION["text"]
        assert posted["message"]["metadata"]["event_type"] == "e"


async def test_a_body_that_is_no_json_is_refused(ws: Workspace) -> None:
    headers = {"Authorization": f"Bearer {ws.bot_token}", "Content-Type": "application/json"}
    address = f"{ws.api_url}chat.postMessage"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(address, data="{") as answer,
    ):
        assert answer.status == 400
    assert ws.calls == []


@pytest.mark.parametrize(
    ("message", "error"),
    [
        pytest.param({"channel": "C0NOWHERE"}, "channel_not_found", id="an unknown channel"),
        pytest.param(
            {"channel": "G0BOARD"}, "channel_not_found", id="a private channel it is not in"
        ),
        pytest.param({"channel": "C0LOUNGE"}, "not_in_channel", id="a channel it is not in"),
        pytest.param({"channel": "C0ATTIC"}, "is_archived", id="an archived channel"),
        pytest.param({"text": ""}, "no_text", id="no text at all"),
        pytest.param({"thread_ts": "0"}, "invalid_thread_ts", id="a thread that is no timestamp"),
        pytest.param(
            {"thread_ts": "1000000000.000000"}, "thread_not_found", id="an unknown thread"
        ),
        pytest.param({"blocks": "{"}, "invalid_blocks_format", id="blocks that are no JSON"),
        pytest.param(
            {"metadata": {"event_type": "e"}}, "invalid_metadata_format", id="half metadata"
        ),
        pytest.param(
            {"metadata": {"event_type": "", "event_payload": {}}},
            "invalid_metadata_format",
            id="metadata without a name",
        ),
        pytest.param({"text": "x" * 40_001}, "msg_too_long", id="a text of 40,001"),
        pytest.param(
            {"blocks": [section("\\" * 2600)] * 4}, "msg_blocks_too_long", id="20,800 as JSON"
        ),
        pytest.param(
            {"blocks": [section("x" * 2700)] * 5}, "msg_blocks_too_long", id="13,500 characters"
        ),
    ],
)
async def test_a_message_is_refused(slack: Any, message: dict[str, Any], error: str) -> None:
    body = {"channel": "C0RANDOM", "text": "x"} | message
    assert await refusal(slack.api_call("chat.postMessage", json=body)) == error


@pytest.mark.parametrize(
    "block",
    [
        pytest.param({"type": "marquee"}, id="an unknown type"),
        pytest.param({"type": []}, id="a type that is no string"),
        pytest.param({"type": "section"}, id="a section without text"),
        pytest.param({**SECTION, "title": "x"}, id="an unknown property"),
        pytest.param(section("x" * 3001), id="a section of 3,001"),
        pytest.param(section(""), id="an empty section"),
        pytest.param({"type": "header", "text": SECTION["text"]}, id="mrkdwn in a header"),
        pytest.param(
            {"type": "header", "text": {**PLAIN, "text": "x" * 151}}, id="a header of 151"
        ),
        pytest.param({"type": "section", "fields": [PLAIN] * 11}, id="11 fields"),
        pytest.param(
            {"type": "section", "fields": [{**PLAIN, "text": "x" * 2001}]}, id="a field of 2,001"
        ),
        pytest.param({"type": "context", "elements": [PLAIN] * 11}, id="11 context elements"),
        pytest.param({"type": "context", "elements": []}, id="an empty context"),
        pytest.param({"type": "actions", "elements": button()["elements"] * 26}, id="26 buttons"),
        pytest.param(
            {"type": "actions", "elements": button(action_id="a")["elements"] * 2},
            id="an action_id twice",
        ),
        pytest.param(button(text={**PLAIN, "text": "x" * 76}), id="a label of 76"),
        pytest.param(button(value="x" * 2001), id="a value of 2,001"),
        pytest.param(button(accessibility_label="x" * 76), id="an accessibility label of 76"),
        pytest.param({**SECTION, "block_id": "x" * 256}, id="a block_id of 256"),
        pytest.param(
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": ""}]}
                ],
            },
            id="an empty run",
        ),
        pytest.param({"type": "markdown", "text": "x"}, id="a block the bot does not use"),
        pytest.param(
            overflow(),
            id="a menu without options",
        ),
        pytest.param(overflow(*[OPTION] * 6), id="a menu of six"),
        pytest.param(overflow({"text": PLAIN}), id="an option without a value"),
        pytest.param(overflow({"text": PLAIN, "value": "x" * 151}), id="an option's value of 151"),
        pytest.param(INPUT, id="an input outside a view"),
    ],
)
async def test_a_block_is_refused(slack: Any, block: dict[str, Any]) -> None:
    post = slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=[{"type": "divider"}, block])
    with pytest.raises(SlackApiError) as caught:
        await post
    assert caught.value.response["error"] == "invalid_blocks"
    assert "json-pointer:/blocks/1" in caught.value.response["response_metadata"]["messages"][0]


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([{"type": "divider"}] * 51, id="51 blocks"),
        pytest.param([{**SECTION, "block_id": "same"}] * 2, id="a block_id twice"),
    ],
)
async def test_blocks_are_refused_together(slack: Any, blocks: list[dict[str, Any]]) -> None:
    post = slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=blocks)
    assert await refusal(post) == "invalid_blocks"


async def test_blocks_at_their_limits_are_taken(slack: Any) -> None:
    run = {"type": "text", "text": "x", "style": {"code": True}}
    blocks = [
        {"type": "header", "text": {**PLAIN, "text": "x" * 150}},
        section("x" * 3000),
        {"type": "section", "fields": [{**PLAIN, "text": "x" * 500}] * 10},
        {"type": "context", "elements": [PLAIN] * 10},
        {"type": "actions", "elements": button(value="x")["elements"] * 25},
        {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [run]}]},
        overflow(*[OPTION] * 5),
        *[{"type": "divider"}] * 43,
    ]
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=blocks)
    stored = posted["message"]["blocks"]
    assert len({block["block_id"] for block in stored}) == 50
    assert len({element["action_id"] for element in stored[4]["elements"]}) == 25
    for block in stored:
        del block["block_id"]
    for element in stored[4]["elements"]:
        del element["action_id"]
    assert stored == json.loads(json.dumps(blocks))


async def test_an_updated_text_may_be_a_tenth_as_long(slack: Any) -> None:
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x" * 40_000)
    edit = slack.chat_update(channel="C0RANDOM", ts=posted["ts"], text="x" * 4_001)
    assert await refusal(edit) == "msg_too_long"


async def test_only_its_own_messages_are_the_bots_to_change(ws: Workspace, slack: Any) -> None:
    ts = ws.post("#random", "mine")
    assert (
        await refusal(slack.chat_update(channel="C0RANDOM", ts=ts, text="x"))
        == "cant_update_message"
    )
    gone = slack.chat_update(channel="C0RANDOM", ts="1000000000.000000", text="x")
    assert await refusal(gone) == "message_not_found"


async def test_an_update_with_text_alone_drops_the_blocks(ws: Workspace, slack: Any) -> None:
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="a", blocks=[SECTION])
    place = {"channel": "C0RANDOM", "ts": posted["ts"]}
    with_blocks = await slack.api_call("chat.update", json=place | {"blocks": [SECTION]})
    assert with_blocks["message"]["blocks"]
    assert with_blocks["message"]["text"] == "a"
    alone = await slack.chat_update(**place, text="b")
    assert not alone["message"]["blocks"]
    assert ws.calls[0].answer is not None
    assert ws.calls[0].answer["message"]["text"] == "a", "a call keeps what was answered then"


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        pytest.param("#random", "C0RANDOM", id="a name"),
        pytest.param("U0SAM", "D0SAM", id="a person"),
    ],
)
async def test_a_channel_may_be_named_for_posting_alone(
    slack: Any, name: str, channel: str
) -> None:
    posted = await slack.chat_postMessage(channel=name, text="x")
    assert posted["channel"] == channel
    read = slack.conversations_replies(channel=name, ts=posted["ts"])
    assert await refusal(read) == "channel_not_found"


async def test_a_thread_is_read_from_its_root(ws: Workspace, slack: Any) -> None:
    root = ws.post("#random", "root")
    reply = await slack.chat_postMessage(channel="C0RANDOM", thread_ts=root, text="reply")
    thread = await slack.conversations_replies(channel="C0RANDOM", ts=root)
    assert [message["text"] for message in thread["messages"]] == ["root", "reply"]
    assert thread["messages"][0]["reply_count"] == 1
    assert (
        await refusal(slack.conversations_replies(channel="C0RANDOM", ts="1.0"))
        == "thread_not_found"
    )
    nested = slack.chat_postMessage(channel="C0RANDOM", thread_ts=reply["ts"], text="x")
    assert await refusal(nested) == "cannot_reply_to_message"


async def test_metadata_is_read_only_on_request(slack: Any) -> None:
    metadata = {"event_type": "finding", "event_payload": {"key": "k"}}
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x", metadata=metadata)
    place = {"channel": "C0RANDOM", "ts": posted["ts"]}
    without = await slack.conversations_replies(**place)
    having = await slack.conversations_replies(**place, include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert having["messages"][0]["metadata"] == metadata


async def test_the_bots_channels_are_listed_by_kind(slack: Any) -> None:
    async def names(**options: Any) -> list[str]:
        listed = await slack.users_conversations(**options)
        return [channel["id"] for channel in listed["channels"]]

    assert await names() == ["C0ALERTS", "C0RANDOM", "C0ATTIC"]
    assert await names(exclude_archived=True) == ["C0ALERTS", "C0RANDOM"]
    assert await names(types="private_channel") == ["G0SERVER"]
    assert await refusal(slack.users_conversations(types="public_channel,im")) == "missing_scope"


async def test_an_ephemeral_message_is_shown_to_one_person_and_is_no_message(
    ws: Workspace, slack: Any
) -> None:
    shown = await slack.chat_postEphemeral(channel="C0RANDOM", user="U0ALEX", text="psst")
    (kept,) = ws.ephemerals
    assert (kept["ts"], kept["ephemeral_for"]) == (shown["message_ts"], "U0ALEX")
    assert (kept["text"], kept["channel"]) == ("psst", "C0RANDOM")
    assert not ws.team.channel("#random").messages
    edit = slack.chat_update(channel="C0RANDOM", ts=kept["ts"], text="x")
    assert await refusal(edit) == "message_not_found"
    stranger = slack.chat_postEphemeral(channel="C0RANDOM", user="U0NOBODY", text="psst")
    assert await refusal(stranger) == "user_not_in_channel"


def trigger(ws: Workspace, user: str = "alex") -> str:
    return str(ws.command("help", user=user).payload["trigger_id"])


async def test_a_modal_opens_once_for_a_fresh_trigger(ws: Workspace, slack: Any) -> None:
    first = trigger(ws, "morgan")
    opened = await slack.views_open(trigger_id=first, view={**MODAL, "private_metadata": "p"})
    assert ws.views["U0MORGAN"]["id"] == opened["view"]["id"]
    assert (opened["view"]["private_metadata"], opened["view"]["callback_id"]) == ("p", "")
    assert opened["view"]["root_view_id"] == opened["view"]["id"]
    again = slack.views_open(trigger_id=first, view=MODAL)
    assert await refusal(again) == "exchanged_trigger_id"
    assert await refusal(slack.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"
    ws.trigger_life = -1.0
    late = slack.views_open(trigger_id=trigger(ws), view=MODAL)
    assert await refusal(late) == "expired_trigger_id"


async def test_a_home_is_published_again_under_its_id_and_another_hash(
    ws: Workspace, slack: Any
) -> None:
    first = (await slack.views_publish(user_id="U0ALEX", view=HOME))["view"]
    second = (await slack.views_publish(user_id="U0ALEX", view=HOME))["view"]
    assert first["id"] == second["id"] == ws.homes["U0ALEX"]["id"]
    assert first["hash"] != second["hash"]
    nobody = slack.views_publish(user_id="U0NOBODY", view=HOME)
    assert await refusal(nobody) == "invalid_arguments"


async def test_a_block_without_an_id_gets_another_one_with_each_update(slack: Any) -> None:
    blocks = [SECTION, {**SECTION, "block_id": "kept"}]
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=blocks)
    place = {"channel": "C0RANDOM", "ts": posted["ts"]}
    updated = await slack.chat_update(**place, text="x", blocks=blocks)
    before, after = (
        [block["block_id"] for block in answer["message"]["blocks"]] for answer in (posted, updated)
    )
    assert before[1] == after[1] == "kept"
    assert before[0] != after[0]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"title": {**PLAIN, "text": "x" * 25}}, id="a title of 25"),
        pytest.param({"submit": {**PLAIN, "text": "x" * 25}}, id="a submit of 25"),
        pytest.param({"close": {**PLAIN, "text": "x" * 25}}, id="a close of 25"),
        pytest.param({"private_metadata": "x" * 3001}, id="private metadata of 3,001"),
        pytest.param({"callback_id": "x" * 256}, id="a callback_id of 256"),
        pytest.param({"blocks": [{"type": "divider"}] * 101}, id="101 blocks"),
        pytest.param({"blocks": []}, id="no blocks"),
        pytest.param({"blocks": [INPUT, INPUT]}, id="a block_id twice"),
        pytest.param({"submit": None}, id="an input and no submit"),
        pytest.param({"type": "home"}, id="a home"),
        pytest.param(
            {"blocks": [{**INPUT, "element": {"type": "plain_text_input", "max_length": 3001}}]},
            id="a text of 3,001",
        ),
        pytest.param(
            {"blocks": [{**INPUT, "element": {"type": "file_input", "max_files": 11}}]},
            id="11 files",
        ),
        pytest.param({"colour": "red"}, id="an unknown property"),
    ],
)
async def test_a_modal_is_refused(ws: Workspace, slack: Any, changes: dict[str, Any]) -> None:
    view = {key: value for key, value in {**MODAL, **changes}.items() if value is not None}
    with pytest.raises(SlackApiError) as caught:
        await slack.views_open(trigger_id=trigger(ws), view=view)
    assert caught.value.response["error"] == "invalid_arguments"
    assert "json-pointer:/view" in caught.value.response["response_metadata"]["messages"][0]
    assert not ws.views


async def test_a_view_of_100_blocks_is_taken(ws: Workspace, slack: Any) -> None:
    files = {**INPUT, "block_id": "f", "element": {"type": "file_input", "action_id": "files"}}
    blocks = [INPUT, files, *[{"type": "divider"}] * 98]
    title = {**PLAIN, "text": "x" * 24}
    view = {**MODAL, "blocks": blocks, "title": title, "private_metadata": "x" * 3000}
    assert (await slack.views_open(trigger_id=trigger(ws), view=view))["ok"]


async def test_a_home_holds_no_input(slack: Any) -> None:
    view = {**HOME, "blocks": [INPUT]}
    assert await refusal(slack.views_publish(user_id="U0ALEX", view=view)) == "invalid_arguments"


async def test_a_file_is_uploaded_in_three_steps_and_fetched_with_the_token(
    ws: Workspace, slack: Any
) -> None:
    root = ws.post("#random", "root")
    await slack.files_upload_v2(
        channel="C0RANDOM", thread_ts=root, content=b"x\x00", filename="a.log"
    )
    file = ws.replies("#random", root)[0]["files"][0]
    described = (await slack.files_info(file=file["id"]))["file"]
    assert described["size"] == 2
    async with aiohttp.ClientSession() as session:
        bearer = {"Authorization": f"Bearer {ws.bot_token}"}
        async with session.get(described["url_private_download"], headers=bearer) as answer:
            assert await answer.read() == b"x\x00"
        async with session.get(described["url_private_download"]) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")


async def test_a_big_file_is_fetched_whole(ws: Workspace, slack: Any) -> None:
    data = bytes(range(256)) * 8192
    ts = ws.post("#random", "log", files={"big #1?.log": data})
    (file,) = ws.thread("#random", ts)[0]["files"]
    bearer = {"Authorization": f"Bearer {ws.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=bearer) as session,
        session.get(file["url_private_download"]) as answer,
    ):
        assert await answer.read() == data


async def test_a_file_knows_where_it_was_shared_and_is_deleted_by_its_owner(
    ws: Workspace, slack: Any
) -> None:
    root = ws.post("#random", "log", files={"theirs.log": b"x"})
    (theirs,) = ws.thread("#random", root)[0]["files"]
    await slack.files_upload_v2(
        channel="C0RANDOM", thread_ts=root, content=b"evidence", filename="ours.txt"
    )
    (reply,) = ws.replies("#random", root)
    (ours,) = reply["files"]
    shares = (await slack.files_info(file=ours["id"]))["file"]["shares"]
    (share,) = shares["public"]["C0RANDOM"]
    assert (share["ts"], share["thread_ts"]) == (reply["ts"], root)
    listed = (await slack.files_list())["files"]
    assert [file["id"] for file in listed] == [theirs["id"], ours["id"]]
    assert await refusal(slack.files_delete(file=theirs["id"])) == "cant_delete_file"
    await slack.files_delete(file=ours["id"])
    assert ws.replies("#random", root)[0]["files"] == [{"id": ours["id"], "mode": "tombstone"}]
    assert await refusal(slack.files_info(file=ours["id"])) == "file_not_found"


async def test_without_its_scope_a_download_is_a_login_page_too() -> None:
    async with Workspace(scopes="chat:write") as ws, aiohttp.ClientSession() as session:
        ts = ws.post("#random", "log", files={"a.log": b"x"})
        (file,) = ws.thread("#random", ts)[0]["files"]
        bearer = {"Authorization": f"Bearer {ws.bot_token}"}
        async with session.get(file["url_private_download"], headers=bearer) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")


async def test_the_clock_of_the_workspace_can_be_wrong(ws: Workspace, slack: Any) -> None:
    async def hours_off() -> float:
        told = parsedate_to_datetime((await slack.auth_test()).headers["Date"])
        return round((told - datetime.now(UTC)).total_seconds() / 3600, 1)

    assert await hours_off() == 0
    ws.api.clock_skew = 7200
    assert await hours_off() == 2


async def test_calls_fail_as_ordered_and_then_work_again(ws: Workspace, slack: Any) -> None:
    slack.retry_handlers.clear()
    post = {"channel": "C0RANDOM", "text": "x"}
    ws.fail("chat.postMessage", Fault(status=429, retry_after=7))
    ws.fail("chat.postMessage", Fault(status=500))
    ws.fail("auth.test", Fault(error="invalid_auth"))
    with pytest.raises(SlackApiError) as caught:
        await slack.chat_postMessage(**post)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (
        429,
        "7",
    )
    assert await refusal(slack.chat_postMessage(**post)) == "internal_error"
    assert await refusal(slack.auth_test()) == "invalid_auth"
    assert (await slack.chat_postMessage(**post))["ok"]
    assert (await slack.auth_test())["ok"]
    assert [call.answer is None for call in ws.calls] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("moment", "stored"),
    [pytest.param("before", 0, id="before it is stored"), pytest.param("after", 1, id="after")],
)
async def test_a_connection_is_cut(ws: Workspace, slack: Any, moment: Any, stored: int) -> None:
    slack.retry_handlers.clear()
    ws.fail("chat.postMessage", Fault(cut=moment))
    with pytest.raises(aiohttp.ClientError):
        await slack.chat_postMessage(channel="C0RANDOM", text="x")
    assert len(ws.team.channel("#random").messages) == stored


async def test_a_lasting_fault_ends_when_cleared(ws: Workspace, slack: Any) -> None:
    ws.fail("auth.test", Fault(status=503), times=None)
    for _ in range(3):
        assert await refusal(slack.auth_test()) == "internal_error"
    ws.faults.clear()
    assert (await slack.auth_test())["ok"]


async def test_several_workspaces_live_side_by_side(slack: Any, ws: Workspace) -> None:
    async with Workspace() as other:
        assert other.url != ws.url
        stranger = AsyncWebClient(token=ws.bot_token, base_url=other.api_url)
        assert await refusal(stranger.auth_test()) == "invalid_auth"


async def test_a_port_in_use_is_an_error_and_leaves_nothing_open(ws: Workspace) -> None:
    port = int(ws.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        async with Workspace(port=port):
            pass
