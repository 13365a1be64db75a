"""What one person alone sees, and what is put beside a reply as a file."""

from contextlib import asynccontextmanager

import pytest

from bot import slack
from bot.asides import Asides, Asker
from bot.slack import SlackRefused
from bot.uploads import Uploads
from bot.workspace import Fault

CHANNEL = "C0ALERTS"


@asynccontextmanager
async def connected(ws, part):
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        yield part(client, session)


def said(ws):
    return [(one["ephemeral_for"], one["channel"], one["text"]) for one in ws.ephemerals]


async def test_without_a_response_url_a_person_is_told_in_the_channel(ws):
    ts = ws.post(CHANNEL, "a log")
    async with connected(ws, Asides) as asides:
        assert await asides.tell(Asker(user="U0ALEX", channel=CHANNEL, thread_ts=ts), "Only you.")
    assert said(ws) == [("U0ALEX", CHANNEL, "Only you.")]
    assert ws.ephemerals[0]["thread_ts"] == ts
    assert ws.thread(CHANNEL, ts)[1:] == []


async def test_where_the_bot_is_not_a_person_is_told_in_a_dm(ws):
    async with connected(ws, Asides) as asides:
        assert await asides.tell(Asker(user="U0ALEX", channel="C0LOUNGE"), "Only you.")
    (message,) = ws.team.channel("D0ALEX").messages.values()
    assert message["text"] == "Only you."


async def test_nobody_to_tell_is_no_error(ws):
    async with connected(ws, Asides) as asides:
        assert not await asides.tell(Asker(user=""), "Anybody?")
        ws.fail("chat.postEphemeral", Fault(status=500), times=None)
        ws.fail("chat.postMessage", Fault(status=500), times=None)
        assert not await asides.tell(Asker(user="U0ALEX", channel=CHANNEL), "Anybody?")


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:9/gone"])
async def test_a_response_url_that_takes_nothing_is_followed_by_the_channel(ws, url):
    async with connected(ws, Asides) as asides:
        asker = Asker(user="U0ALEX", channel=CHANNEL, response_url=url)
        assert await asides.tell(asker, "Only you.")
    assert said(ws) == [("U0ALEX", CHANNEL, "Only you.")]


async def test_a_modal_whose_trigger_is_too_old_is_a_refusal(ws):
    async with connected(ws, Asides) as asides:
        with pytest.raises(SlackRefused):
            await asides.open("0.0.none", {"type": "modal", "title": {}, "blocks": []})


async def test_a_file_is_put_into_its_thread_once(ws):
    ts = ws.post(CHANNEL, "a log")
    async with connected(ws, Uploads) as uploads:
        file_id = await uploads.attach(CHANNEL, ts, "all.txt", b"everything")
    (message,) = ws.replies(CHANNEL, ts)
    assert [file["id"] for file in message["files"]] == [file_id]
    assert ws.team.contents[file_id] == b"everything"


async def test_a_share_that_slack_took_without_saying_so_is_not_made_again(ws):
    ts = ws.post(CHANNEL, "a log")
    ws.fail("files.completeUploadExternal", Fault(cut="after"))
    async with connected(ws, Uploads) as uploads:
        await uploads.attach(CHANNEL, ts, "all.txt", b"everything")
    assert len(ws.replies(CHANNEL, ts)) == 1


async def test_a_file_that_was_replaced_is_removed(ws):
    ts = ws.post(CHANNEL, "a log")
    async with connected(ws, Uploads) as uploads:
        file_id = await uploads.attach(CHANNEL, ts, "all.txt", b"everything")
        await uploads.remove(file_id)
        await uploads.remove(file_id)  # somebody else was faster
    assert file_id not in ws.team.files
