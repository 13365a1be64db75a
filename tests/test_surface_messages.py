"""Messages, thread replies, edits, deletes and direct messages, as a suspicious customer tries."""

import pytest

from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    EVENT_ONLY,
    LOCK_ONLY,
    PRIVATE,
    PUBLIC,
    TALK,
    VERDICT,
    called,
    in_channel,
    listening,
    only,
    refused,
    words,
)

QUOTE = {"type": "rich_text_quote", "elements": [{"type": "text", "text": PASTE}]}
CODE = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": PASTE}]}
ITEM = {"type": "rich_text_section", "elements": [{"type": "text", "text": PASTE}]}


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "rich_text", "elements": [QUOTE]}],
        [{"type": "rich_text", "elements": [CODE]}],
        [{"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "bullet"}]}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": f"```{PASTE}```"}}],
        [{"type": "section", "fields": [{"type": "plain_text", "text": PASTE}]}],
        [{"type": "context", "elements": [{"type": "plain_text", "text": PASTE}]}],
        [{"type": "header", "text": {"type": "plain_text", "text": PASTE}}],
    ],
    ids=["quote", "code", "list", "section", "fields", "context", "header"],
)
async def test_a_log_in_blocks_alone_is_read(ws, live, blocks):
    for element in blocks[0].get("elements", []):
        if element["type"] == "rich_text_list":
            element["elements"] = [ITEM]
    ts = ws.post(PUBLIC, "", user="monitor", blocks=blocks)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_log_pasted_as_a_quote_is_read(ws, live):
    quoted = "\n".join(f"&gt; {line}" for line in PASTE.replace("&", "&amp;").splitlines())
    ts = ws.post(PUBLIC, quoted.replace("<", "&lt;"), verbatim=True)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_what_is_said_twice_in_text_and_blocks_is_quoted_once(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert words({"text": only(ws, PUBLIC, ts)["text"]}).count("~Copying") == 1


@pytest.mark.parametrize(
    ("first", "then", "before"),
    [(EVENT, LOG, EVENT_ONLY), (LOG, EVENT, LOCK_ONLY)],
    ids=["event first", "log first"],
)
async def test_a_thread_reply_joins_what_the_thread_already_holds(ws, live, first, then, before):
    ts = ws.post(PUBLIC, first)
    await quiet(ws, live)
    reply = only(ws, PUBLIC, ts)
    assert before in reply["text"]
    assert not reply["text"].startswith(VERDICT)
    ws.post(PUBLIC, then, thread_ts=ts)
    await quiet(ws, live)
    joined = only(ws, PUBLIC, ts)
    assert joined["text"].startswith(VERDICT)
    assert joined["ts"] == reply["ts"]
    assert refused(ws) == []


async def test_talk_between_the_event_and_the_log_does_not_keep_them_apart(ws, live):
    ts = ws.post(PUBLIC, "the disk again?")
    ws.post(PUBLIC, EVENT, thread_ts=ts)
    ws.post(PUBLIC, "looking", thread_ts=ts, user="morgan")
    ws.post(PUBLIC, LOG, thread_ts=ts, user="sam")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_two_threads_are_not_joined(ws, live):
    event, log = ws.post(PUBLIC, EVENT), ws.post(PUBLIC, LOG)
    await quiet(ws, live)
    assert only(ws, PUBLIC, event)["text"].startswith(EVENT_ONLY)
    assert not only(ws, PUBLIC, log)["text"].startswith(VERDICT)


async def test_a_restarted_bot_finds_its_reply_and_joins_the_log_to_it(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path) as live:
        ts = ws.post(PUBLIC, EVENT)
        await quiet(ws, live)
        before = only(ws, PUBLIC, ts)
    async with listening(ws, mode, tmp_path) as live:
        ws.post(PUBLIC, LOG, thread_ts=ts)
        await quiet(ws, live)
        after = only(ws, PUBLIC, ts)
    assert after["ts"] == before["ts"]
    assert after["text"].startswith(VERDICT)


# FAILS: after a restart the reply keeps quoting the log that its author took away
@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_a_restarted_bot_takes_its_quotes_back_when_the_log_goes(ws, mode, tmp_path, how):
    async with listening(ws, mode, tmp_path) as live:
        ts = ws.post(PUBLIC, PASTE)
        await quiet(ws, live)
        assert only(ws, PUBLIC, ts)
    async with listening(ws, mode, tmp_path) as live:
        if how == "edited":
            ws.edit(PUBLIC, ts, "sorry, wrong channel")
        else:
            ws.delete(PUBLIC, ts)
        await quiet(ws, live)
    assert [one for one in in_channel(ws, PUBLIC) if "~Copying" in words(one)] == []


async def test_an_edit_that_adds_the_log_revises_the_one_reply(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    await quiet(ws, live)
    first = only(ws, PUBLIC, ts)
    ws.edit(PUBLIC, ts, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["ts"] == first["ts"]
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_edit_that_removes_the_log_withdraws_its_quotes(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert "~Copying" in words(only(ws, PUBLIC, ts))
    ws.edit(PUBLIC, ts, "sorry, that was not for here")
    await quiet(ws, live)
    assert len(ws.replies(PUBLIC, ts)) <= 1
    assert "Copying" not in str(ws.replies(PUBLIC, ts))
    assert "filename" not in str(ws.replies(PUBLIC, ts))


async def test_an_edit_that_puts_the_log_back_is_answered_again_in_the_one_reply(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    for text in ("sorry", PASTE):
        await quiet(ws, live)
        ws.edit(PUBLIC, ts, text)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_edit_without_a_new_verdict_edits_nothing(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    ws.edit(PUBLIC, ts, PASTE)
    await quiet(ws, live)
    assert called(ws, "chat.update") == []
    assert len(ws.replies(PUBLIC, ts)) == 1


async def test_a_deleted_root_withdraws_its_quotes(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    ws.delete(PUBLIC, ts)
    await quiet(ws, live)
    assert "Copying" not in str(in_channel(ws, PUBLIC))
    assert "filename" not in str(in_channel(ws, PUBLIC))


# FAILS: Slack deletes a root that has replies by such a change, and the quotes stay
@pytest.mark.parametrize("content", [{"text": PASTE}, {"files": {"despool.log": PASTE.encode()}}])
async def test_a_deleted_root_of_which_a_tombstone_stays_withdraws_its_quotes(ws, live, content):
    ts = ws.post(PUBLIC, **content)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    # https://github.com/42wim/matterbridge/issues/600 shows the event
    gone = {"text": "This message was deleted.", "user": "USLACKBOT", "hidden": True}
    ws.revise(PUBLIC, ts, subtype="tombstone", blocks=[], files=[], **gone)
    await quiet(ws, live)
    assert "Copying" not in str(in_channel(ws, PUBLIC))
    assert "filename" not in str(in_channel(ws, PUBLIC))


async def test_a_deleted_reply_takes_its_log_out_of_the_verdict(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    log = ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    ws.delete(PUBLIC, log)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)
    assert "Copying" not in str(only(ws, PUBLIC, ts))


async def test_a_deleted_message_that_said_nothing_causes_no_word(ws, live):
    ws.delete(PUBLIC, ws.post(PUBLIC, "lunch?"))
    await quiet(ws, live)
    assert in_channel(ws, PUBLIC) == []


async def test_a_reply_that_somebody_deleted_is_not_said_again(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    ws.delete(PUBLIC, only(ws, PUBLIC, ts)["ts"])
    await quiet(ws, live)
    assert ws.replies(PUBLIC, ts) == []


async def test_an_unfurl_that_holds_a_log_changes_nothing(ws, live):
    ts = ws.post(PUBLIC, f"{EVENT}\nhttp://wiki.example/lock")
    await quiet(ws, live)
    ws.revise(PUBLIC, ts, attachments=[{"from_url": "http://wiki.example/lock", "text": LOG}])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)
    assert called(ws, "chat.update") == []


async def test_a_reply_that_revises_its_parent_starts_no_loop(ws, live):
    ws.replies_revise_parent = True
    ts = ws.post(PUBLIC, EVENT)
    await quiet(ws, live)
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    assert len(called(ws, "chat.postMessage")) == 1
    assert len(called(ws, "chat.update")) == 1


@pytest.mark.parametrize("channel", [PRIVATE, TALK])
async def test_a_private_channel_and_a_dm_are_answered_in_place_and_nowhere_else(ws, live, channel):
    ts = ws.post(channel, PASTE)
    await quiet(ws, live)
    assert only(ws, channel, ts)["text"].startswith(VERDICT)
    assert in_channel(ws, PUBLIC) == []


async def test_talk_in_a_dm_is_told_what_to_paste(ws, live):
    ts = ws.post(TALK, "hello, can you help me?")
    await quiet(ws, live)
    said = words(only(ws, TALK, ts))
    assert "Despool.log" in said
    assert "event" in said
    assert refused(ws) == []


async def test_an_edit_of_talk_in_a_dm_is_not_answered_again(ws, live):
    ts = ws.post(TALK, "hello")
    await quiet(ws, live)
    ws.edit(TALK, ts, "hello?")
    await quiet(ws, live)
    assert len(in_channel(ws, TALK)) == 1


async def test_a_log_after_talk_in_a_dm_is_answered(ws, live):
    ws.post(TALK, "hello")
    ts = ws.post(TALK, PASTE)
    await quiet(ws, live)
    assert only(ws, TALK, ts)["text"].startswith(VERDICT)


async def test_events_twice_over_and_late_make_one_reply(ws, live):
    ws.courier.duplicate, ws.courier.late = 3, 0.01
    ts = ws.post(PUBLIC, EVENT)
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_many_incidents_at_once_get_one_reply_each(ws, live):
    roots = [ws.post(PUBLIC, PASTE.replace("DOG0005D", f"DOG000{n:02d}")) for n in range(12)]
    await quiet(ws, live)
    assert [f"DOG000{n:02d}" in words(only(ws, PUBLIC, ts)) for n, ts in enumerate(roots)] == [
        True
    ] * 12
