"""The stand-in workspace takes and refuses calls of the Web API as Slack does."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import Fault, Workspace

PLAIN = {"type": "plain_text", "text": "x"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def ws() -> AsyncIterator[Workspace]:
    async with Workspace() as workspace:
        yield workspace


@pytest.fixture
def slack(ws: Workspace) -> AsyncWebClient:
    return AsyncWebClient(token=ws.bot_token, base_url=ws.api_url)


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": [{"type": "button", "text": PLAIN, **fields}]}


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
            await slack.users_info(user="U0ALEX")
        assert caught.value.response["needed"] == "users:read"


async def test_text_is_stored_as_sent(ws: Workspace, slack: Any) -> None:
    sent = await slack.chat_postMessage(channel="C0RANDOM", text="&lt;a&gt; & <b>")
    stored = await slack.conversations_history(channel="C0RANDOM")
    assert [message["text"] for message in stored["messages"]] == ["&lt;a&gt; & <b>"]
    assert stored["messages"][0]["ts"] == sent["ts"]


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
        assert (await answer.json())["error"] == "invalid_json"


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
        pytest.param({"attachments": [{}] * 101}, "too_many_attachments", id="101 attachments"),
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
        pytest.param(button(style="loud"), id="an unknown style"),
        pytest.param({**SECTION, "block_id": "x" * 256}, id="a block_id of 256"),
        pytest.param({"type": "image", "image_url": "http://x/y.png"}, id="an image without words"),
        pytest.param(
            {
                "type": "rich_text",
                "elements": [
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": ""}]}
                ],
            },
            id="an empty run",
        ),
        pytest.param({"type": "markdown", "text": "x" * 12_001}, id="markdown of 12,001"),
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
        *[{"type": "divider"}] * 44,
    ]
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x", blocks=blocks)
    stored = posted["message"]["blocks"]
    assert [{k: v for k, v in block.items() if k != "block_id"} for block in stored] == blocks
    assert len({block["block_id"] for block in stored}) == 50


async def test_a_posted_text_is_cut_and_an_updated_one_refused(slack: Any) -> None:
    posted = await slack.chat_postMessage(channel="C0RANDOM", text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    assert posted["response_metadata"]["warnings"] == ["message_truncated"]
    edit = slack.chat_update(channel="C0RANDOM", ts=posted["ts"], text="x" * 4_001)
    assert await refusal(edit) == "msg_too_long"


async def test_only_its_own_messages_are_the_bots_to_change(ws: Workspace, slack: Any) -> None:
    ts = ws.post("#random", "mine")
    assert (
        await refusal(slack.chat_update(channel="C0RANDOM", ts=ts, text="x"))
        == "cant_update_message"
    )
    assert await refusal(slack.chat_delete(channel="C0RANDOM", ts=ts)) == "cant_delete_message"
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


async def test_a_thread_is_read_from_its_root(ws: Workspace, slack: Any) -> None:
    root = ws.post("#random", "root")
    reply = await slack.chat_postMessage(channel="C0RANDOM", thread_ts=root, text="reply")
    thread = await slack.conversations_replies(channel="C0RANDOM", ts=root)
    assert [message["text"] for message in thread["messages"]] == ["root", "reply"]
    assert thread["messages"][0]["reply_count"] == 1
    history = await slack.conversations_history(channel="C0RANDOM")
    assert [message["text"] for message in history["messages"]] == ["root"]
    assert (
        await refusal(slack.conversations_replies(channel="C0RANDOM", ts="1.0"))
        == "thread_not_found"
    )
    nested = slack.chat_postMessage(channel="C0RANDOM", thread_ts=reply["ts"], text="x")
    assert await refusal(nested) == "cannot_reply_to_message"


async def test_metadata_is_read_only_on_request(slack: Any) -> None:
    metadata = {"event_type": "finding", "event_payload": {"key": "k"}}
    await slack.chat_postMessage(channel="C0RANDOM", text="x", metadata=metadata)
    without = await slack.conversations_history(channel="C0RANDOM")
    having = await slack.conversations_history(channel="C0RANDOM", include_all_metadata=True)
    assert "metadata" not in without["messages"][0]
    assert having["messages"][0]["metadata"] == metadata


async def test_lists_come_in_pages(slack: Any) -> None:
    names, cursor = [], None
    while cursor != "":
        page = await slack.conversations_list(types="public_channel,im", limit=2, cursor=cursor)
        names += [channel["id"] for channel in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert names == ["C0ALERTS", "C0RANDOM", "C0LOUNGE", "C0ATTIC", "D0ALEX", "D0MORGAN"]


async def test_people_and_channels_are_described(slack: Any) -> None:
    assert (await slack.users_info(user="U0MORGAN"))["user"]["is_admin"]
    assert await refusal(slack.users_info(user="U0NOBODY")) == "user_not_found"
    assert not (await slack.conversations_info(channel="C0LOUNGE"))["channel"]["is_member"]
    assert (await slack.conversations_info(channel="D0ALEX"))["channel"]["user"] == "U0ALEX"


async def test_an_ephemeral_message_is_kept_nowhere(ws: Workspace, slack: Any) -> None:
    shown = await slack.chat_postEphemeral(channel="C0RANDOM", user="U0ALEX", text="psst")
    assert shown["message_ts"]
    assert not ws.team.channel("#random").messages
    stranger = slack.chat_postEphemeral(channel="C0RANDOM", user="U0NOBODY", text="psst")
    assert await refusal(stranger) == "user_not_in_channel"


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
    ts = ws.post("#random", "log", files={"big.log": data})
    (file,) = ws.thread("#random", ts)[0]["files"]
    bearer = {"Authorization": f"Bearer {ws.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=bearer) as session,
        session.get(file["url_private_download"]) as answer,
    ):
        assert await answer.read() == data


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
