"""A message, from Slack's event to the reply in its thread, over real sockets."""

import pytest

from bot.samples import SEED
from bot.workspace import Fault
from tests.slack_bot import EVENT, LOG, PASTE, hearing, quiet

CHANNEL = "C0ALERTS"


@pytest.fixture
async def bot(ws):
    async with hearing(ws) as running:
        yield running


def replies(ws, ts, channel=CHANNEL):
    return ws.replies(channel, ts)


async def test_a_pasted_log_gets_one_reply_in_its_thread(ws, live):
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, live)
    (reply,) = replies(ws, ts)
    assert reply["text"].startswith("Likely not disk space: filename.EXE was locked")
    assert reply["thread_ts"] == ts
    assert reply["blocks"]


async def test_an_event_delivered_again_gets_no_second_reply(ws, live):
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, live)
    for _ in range(3):
        ws.resend(ws.deliveries[0])
    await quiet(ws, live)
    assert len(replies(ws, ts)) == 1


async def test_one_message_in_two_events_gets_one_reply(ws, bot):
    ts = ws.post(CHANNEL, PASTE)
    ws.send(ws.deliveries[0].payload["event"])
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_every_event_is_acknowledged_at_the_first_delivery(ws, live):
    ws.post(CHANNEL, "lunch?")
    ts = ws.post(CHANNEL, PASTE)
    ws.edit(CHANNEL, ts, "never mind")
    ws.delete(CHANNEL, ws.post(CHANNEL, "oops"))
    await quiet(ws, live)
    assert [delivery.failures for delivery in ws.deliveries if delivery.failures] == []
    assert len(ws.deliveries) >= 6


@pytest.mark.parametrize(
    "talk",
    [
        "lunch at noon?",
        "there was an error 32 in line 109",
        "The kernel power manager has initiated a shutdown transition. Event ID: 109",
        "OSError: [Errno 32] Broken pipe",
        "error code = 32",
        "2024/01/01 10:00:00 ERROR 32 (0x00000020) Copying File E:\\data\\a.txt",
        "<!channel> @here `Win32`",
        "",
    ],
)
async def test_ordinary_talk_is_met_with_silence(ws, bot, talk):
    ws.post(CHANNEL, talk, verbatim=True)
    await quiet(ws, bot)
    assert {call.method for call in ws.calls} <= {"auth.test", "apps.connections.open"}


async def test_a_paste_inside_a_thread_is_answered_in_that_thread(ws, bot):
    root = ws.post(CHANNEL, "the disk again?")
    ws.post(CHANNEL, PASTE, thread_ts=root)
    await quiet(ws, bot)
    (reply,) = replies(ws, root)
    assert reply["thread_ts"] == root


@pytest.mark.parametrize("channel", ["G0SERVER", "D0ALEX"])
async def test_private_channels_and_dms_are_answered_in_place(ws, bot, channel):
    ts = ws.post(channel, PASTE)
    await quiet(ws, bot)
    assert len(replies(ws, ts, channel)) == 1


async def test_a_code_block_is_read(ws, bot):
    ts = ws.post(CHANNEL, f"look:\n```\n{PASTE}\n```")
    await quiet(ws, bot)
    assert "Likely not disk space: filename.EXE" in replies(ws, ts)[0]["text"]


async def test_an_alert_with_an_empty_text_is_read(ws, bot):
    alert = {"title": "NTSITE1: SMS event 109", "text": EVENT, "fallback": "event 109"}
    ts = ws.post(CHANNEL, user="monitor", attachments=[alert])
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert "Likely not disk space: package DOG0005D" in reply["text"]


async def test_the_quoted_evidence_is_what_was_typed(ws, bot):
    ts = ws.post(CHANNEL, SEED)
    await quiet(ws, bot)
    assert "\\\\&lt;Server&gt;" in replies(ws, ts)[0]["text"]
    assert "&amp;lt;" not in replies(ws, ts)[0]["text"]


async def test_the_bot_does_not_answer_itself(ws, bot):
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    own = {**reply, "text": PASTE, "channel": CHANNEL, "channel_type": "channel"}
    ws.send(own)
    ws.send(
        {
            "type": "message",
            "subtype": "message_changed",
            "channel": CHANNEL,
            "ts": "1700000000.000001",
            "message": {
                "type": "message",
                "ts": reply["ts"],
                "bot_id": reply["bot_id"],
                "thread_ts": ts,
                "text": PASTE,
            },
            "previous_message": {"type": "message", "ts": reply["ts"], "text": "x"},
        }
    )
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_a_reply_that_revises_its_parent_starts_no_loop(ws, bot):
    ws.team.replies_revise_parent = True
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_an_unfurl_changes_nothing(ws, bot):
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    ws.revise(CHANNEL, ts, attachments=[{"from_url": "http://x/", "text": LOG}])
    await quiet(ws, bot)
    assert [call.method for call in ws.calls].count("chat.postMessage") == 1
    assert "chat.update" not in [call.method for call in ws.calls]


async def test_an_edit_that_adds_the_log_revises_the_one_reply(ws, bot):
    ts = ws.post(CHANNEL, EVENT)
    await quiet(ws, bot)
    assert "Likely not disk space: package DOG0005D" in replies(ws, ts)[0]["text"]
    ws.edit(CHANNEL, ts, PASTE)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert reply["text"].startswith("Likely not disk space: filename.EXE was locked")


async def test_an_edit_that_makes_a_log_of_talk_is_answered(ws, bot):
    ts = ws.post(CHANNEL, "one moment")
    await quiet(ws, bot)
    ws.edit(CHANNEL, ts, PASTE)
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_a_message_with_files_breaks_nothing(ws, bot):
    ts = ws.post(CHANNEL, PASTE, files={"despool.log": LOG.encode()})
    ws.post(CHANNEL, files={"a.zip": b"PK"})
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1
    assert [delivery for delivery in ws.deliveries if not delivery.acknowledged] == []


async def test_a_large_message_is_analysed_in_a_process_of_its_own(ws, bot):
    padding = "x" * 100 + "\n"
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": padding * 29}}] * 24
    log = {"type": "section", "text": {"type": "plain_text", "text": PASTE}}
    ts = ws.post(CHANNEL, "log", user="monitor", blocks=[*blocks, log])
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_hostile_names_ping_nobody(ws, bot):
    evil = LOG.replace("filename.EXE", "<!channel>`&`.EXE")
    ts = ws.post(CHANNEL, evil)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert "<!channel>" not in str(reply)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message"},
        {"type": "message", "channel": CHANNEL, "text": PASTE},
        {"type": "message", "channel": CHANNEL, "ts": "1.1", "text": None, "blocks": {"a": 1}},
        {"type": "message", "subtype": "message_changed", "channel": CHANNEL, "message": "no"},
        {"type": "message", "subtype": "channel_join", "channel": CHANNEL, "text": PASTE},
    ],
)
async def test_a_strange_event_is_acknowledged_and_left_alone(ws, bot, event):
    delivery = ws.send(event)
    await quiet(ws, bot)
    assert delivery.acknowledged
    assert "chat.postMessage" not in [call.method for call in ws.calls]


async def test_a_rate_limit_delays_the_reply_and_loses_nothing(ws, bot):
    ws.fail("chat.postMessage", Fault(status=429, retry_after=1))
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_a_connection_cut_after_slack_took_the_reply_gives_one_reply(ws, bot):
    ws.fail("chat.postMessage", Fault(cut="after"))
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    assert len(replies(ws, ts)) == 1


async def test_a_reconnected_socket_goes_on_hearing(ws, bot):
    await ws.sockets.close()
    await ws.until(lambda: [c.method for c in ws.calls].count("apps.connections.open") > 2, 20)
    ts = ws.post(CHANNEL, PASTE)
    await ws.until(lambda: replies(ws, ts), 20)
    assert len(replies(ws, ts)) == 1


async def test_an_event_of_any_other_type_is_acknowledged_and_met_with_silence(ws, live):
    delivery = ws.send({"type": "reaction_added", "user": "U0ALEX", "item": {"type": "message"}})
    await quiet(ws, live)
    assert (delivery.acknowledged, delivery.failures) == (True, [])
    assert ws.calls[-1].method in ("auth.test", "apps.connections.open")


async def test_explain_in_a_busy_thread_leaves_the_verdict_standing(ws, bot):
    ts = ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    for number in range(55):
        ws.post(CHANNEL, f"talk {number}", thread_ts=ts)
    ws.post(CHANNEL, "@despool explain", thread_ts=ts)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert reply["text"].startswith("Likely not disk space: filename.EXE was locked")


async def test_a_thread_that_slack_was_slow_to_show_gets_no_second_reply(ws):
    async with hearing(ws) as before:
        ts = ws.post(CHANNEL, EVENT)
        await quiet(ws, before)
    async with hearing(ws) as after:
        ws.fail("conversations.replies", Fault(status=429, retry_after=1))
        ws.post(CHANNEL, LOG, thread_ts=ts)
        await quiet(ws, after)
    (reply,) = replies(ws, ts)
    assert "filename.EXE was locked" in reply["text"]


@pytest.mark.parametrize("team", ["user_team", "team"])
async def test_a_stranger_in_a_shared_channel_is_told_nothing(ws, bot, team):
    ws.post(CHANNEL, PASTE)
    await quiet(ws, bot)
    ts = ws.post("#random", "hello")
    asked = {"type": "message", "user": "U0SAM", "text": "<@U0DESPOOL> history", team: "T0OTHER"}
    place = {"channel": "C0RANDOM", "channel_type": "channel", "ts": "1795000000.000100"}
    ws.send(asked | place | {"thread_ts": ts})
    await quiet(ws, bot)
    assert ws.replies("C0RANDOM", ts) == []
    assert "filename.EXE" not in str(ws.ephemerals)


async def test_somebody_whose_id_begins_like_the_bots_is_not_the_bot(ws, bot):
    ts = ws.post(CHANNEL, "<@U0DESPOOL2> status", verbatim=True)
    await quiet(ws, bot)
    assert replies(ws, ts) == []


async def test_a_later_ok_alone_in_the_thread_heals_the_verdict(ws, bot):
    ts = ws.post(CHANNEL, PASTE)
    healed = LOG.replace("Failed, Win32 Error = 32", "OK").replace("09:55:37", "10:55:37")
    ws.post(CHANNEL, healed, thread_ts=ts)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert reply["text"].startswith("Healed")


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found"])
async def test_a_thread_that_may_not_be_read_is_no_all_clear(ws, bot, code):
    ts = ws.post(CHANNEL, "what is this?")
    ws.fail("conversations.replies", Fault(error=code), times=None)
    ws.post(CHANNEL, "@despool explain", thread_ts=ts)
    await quiet(ws, bot)
    (reply,) = replies(ws, ts)
    assert reply["text"].startswith("I could not read this thread")
