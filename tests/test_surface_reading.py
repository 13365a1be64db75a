"""How messages are read and when the bot stays silent, in the terms of Slack's conventions."""

import pytest

from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    BOT,
    OUTSIDE,
    PUBLIC,
    TALK,
    VERDICT,
    called,
    in_channel,
    lock,
    only,
    refused,
    uploads,
    words,
)

SUBTYPES = [
    "assistant_app_thread",
    "bot_add",
    "bot_disable",
    "bot_enable",
    "bot_message",
    "bot_remove",
    "channel_archive",
    "channel_convert_to_private",
    "channel_join",
    "channel_leave",
    "channel_name",
    "channel_posting_permissions",
    "channel_purpose",
    "channel_topic",
    "channel_unarchive",
    "document_mention",
    "ekm_access_denied",
    "file_comment",
    "file_mention",
    "file_share",
    "group_archive",
    "group_join",
    "group_leave",
    "group_name",
    "group_purpose",
    "group_topic",
    "group_unarchive",
    "huddle_thread",
    "me_message",
    "message_changed",
    "message_deleted",
    "message_replied",
    "pinned_item",
    "reminder_add",
    "reply_broadcast",
    "thread_broadcast",
    "tombstone",
    "unpinned_item",
    "what_slack_invents_next",
]
TYPES = [
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_rename",
    "file_created",
    "file_deleted",
    "file_shared",
    "group_left",
    "link_shared",
    "member_joined_channel",
    "member_left_channel",
    "message",
    "reaction_added",
    "team_join",
    "tokens_revoked",
    "what_slack_invents_next",
]


async def test_every_type_and_subtype_is_acknowledged_at_the_first_delivery(ws, live):
    ts = ws.post(PUBLIC, "lunch?")
    place = {"channel": PUBLIC, "channel_type": "channel", "user": ALEX, "ts": ts}
    for subtype in SUBTYPES:
        inner = {"message": {"ts": ts, "text": "x"}, "previous_message": {"ts": ts, "text": "y"}}
        ws.send({"type": "message", "subtype": subtype, "text": "x", **place, **inner})
        ws.send({"type": "message", "subtype": subtype})
    for kind in TYPES:
        ws.send({"type": kind, "text": "x", "item": {}, **place})
        ws.send({"type": kind})
    await quiet(ws, live)
    assert [one.payload["event"] for one in ws.deliveries if one.failures] == []
    assert [one for one in in_channel(ws, PUBLIC) if one.get("thread_ts") != ts] == []


async def test_a_log_said_in_every_way_a_person_says_things_is_answered(ws, live):
    roots = {}
    for subtype in ("", "me_message", "file_share", "thread_broadcast", "bot_message"):
        roots[subtype] = ws.post(OUTSIDE, "a root")
        event = {"type": "message", "subtype": subtype, "channel": PUBLIC, "user": ALEX}
        ts = ws.post(PUBLIC, "look")
        roots[subtype] = ts
        event = {name: value for name, value in event.items() if value}
        ws.send(event | {"ts": ts, "text": PASTE, "channel_type": "channel"})
    await quiet(ws, live)
    assert [one for one, ts in roots.items() if len(ws.replies(PUBLIC, ts)) != 1] == []


async def test_its_own_words_are_never_answered(ws, live):
    root = ws.post(PUBLIC, "the disk again?")
    own = {"type": "message", "ts": root, "bot_id": "B0DESPOOL", "user": BOT, "text": PASTE}
    place = {"channel": PUBLIC, "channel_type": "channel"}
    edit = {"type": "message", "subtype": "message_changed", "ts": "1700000000.000001"}
    ws.send(own | place)
    ws.send(edit | place | {"message": own, "previous_message": own | {"text": "x"}})
    ws.send(edit | place | {"message": {**own, "user": None}, "previous_message": {"ts": root}})
    ws.send(own | place | {"type": "app_mention", "text": f"<@{BOT}> explain"})
    await quiet(ws, live)
    assert in_channel(ws, PUBLIC) == []
    assert ws.ephemerals == []


ESCAPED = PASTE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize(
    "text",
    [
        ESCAPED,
        f"```{ESCAPED}```",
        f"```\n{ESCAPED}\n```",
        ESCAPED.replace("filename.EXE", "<http://filename.EXE|filename.EXE>"),
        ESCAPED.replace("'", "’").replace("isn’t", "isn’t"),
        ESCAPED.replace(" ", "\u00a0"),
        ESCAPED.replace("\n", "\r\n"),
        ESCAPED.replace("~Copying", "~Copying").replace("1998~", "1998~"),
        "\n".join(f"&gt; {line}" for line in ESCAPED.splitlines()),
        f"look at this:\n>>>{ESCAPED}",
    ],
    ids=["escapes", "code", "fence", "link", "quotes", "NBSP", "CRLF", "tilde", "quoted", "quote"],
)
async def test_what_slack_does_to_a_text_is_undone(ws, live, text):
    ts = ws.post(PUBLIC, text, verbatim=True)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_thread_the_bot_has_heard_is_not_read_again(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    assert called(ws, "conversations.replies", "conversations.history") == []


@pytest.mark.parametrize("verb", ["help", "status", "check NTSITE1", "history", "agents", "doctor"])
async def test_a_dm_takes_the_same_verbs(ws, live, verb):
    ts = ws.post(TALK, verb)
    await quiet(ws, live)
    assert "There is no command" not in words(only(ws, TALK, ts))


async def test_what_is_over_a_limit_goes_up_as_a_file_and_nothing_is_lost(ws, live):
    names = [f"setup{n}.exe" for n in range(150)]
    packages = [f"BIG0{n:04d}" for n in range(150)]
    log = "\n".join(lock(*one) for one in zip(packages, names, strict=True))
    ts = ws.post(PUBLIC, files={"despool.log": log.encode()})
    await quiet(ws, live)
    (file,) = uploads(ws)
    held = ws.contents[file["id"]].decode()
    assert [one for one in [*names, *packages] if one not in held] == []
    assert held.count("~Copying") >= 150
    replies = ws.replies(PUBLIC, ts)
    assert sum("setup0.exe" in words(one) for one in replies) == 1
    assert any(one.get("files") for one in replies)  # it stands in the thread
    assert "file" in words(replies[0])
    assert refused(ws) == []


async def test_a_file_of_findings_goes_when_the_log_goes(ws, live):
    log = "\n".join(lock(f"BIG0{n:04d}", f"setup{n}.exe") for n in range(90))
    ts = ws.post(PUBLIC, log)
    await quiet(ws, live)
    assert uploads(ws)
    ws.edit(PUBLIC, ts, "sorry, wrong channel")
    await quiet(ws, live)
    assert uploads(ws) == []
    assert "setup1.exe" not in str(in_channel(ws, PUBLIC))


async def test_an_error_says_what_failed_and_what_to_do(ws, live):
    file = ws.add_file(ALEX, "despool.log", LOG.encode())
    file["size"] = 1 << 30
    ws.say(ws.channel(PUBLIC), ALEX, None, text="", files=[file])
    ws.command("check NTSITE1", channel=OUTSIDE)
    await quiet(ws, live)
    ws.click(ws.ephemerals[-1], "share")
    await quiet(ws, live)
    said = [one["text"] for one in ws.ephemerals]
    assert [one for one in said if "despool.log" in one and "256" in one]
    assert [one for one in said if "/invite" in one]
    assert "Traceback" not in str(said)
