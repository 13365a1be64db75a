"""Alerts that other apps post, in every shape they post them in."""

import pytest

from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    EVENT_ONLY,
    PRIVATE,
    PUBLIC,
    VERDICT,
    in_channel,
    only,
    words,
)

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": PASTE}}
PREFORMATTED = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": PASTE}]}
SHAPES = {
    "the text of an attachment": {"attachments": [{"title": "NTSITE1", "text": PASTE}]},
    "pretext": {"attachments": [{"pretext": PASTE, "fallback": "an alert"}]},
    "a title": {"attachments": [{"title": PASTE, "fallback": "an alert"}]},
    "fields": {"attachments": [{"fields": [{"title": "Message", "value": PASTE, "short": False}]}]},
    "fallback only": {"attachments": [{"fallback": PASTE}]},
    "blocks": {"blocks": [SECTION]},
    "blocks nested in an attachment": {"attachments": [{"color": "#f00", "blocks": [SECTION]}]},
    "code nested in an attachment": {
        "attachments": [{"blocks": [{"type": "rich_text", "elements": [PREFORMATTED]}]}]
    },
    "fields of blocks": {
        "blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": f"*M*\n{PASTE}"}]}]
    },
    "two attachments": {"attachments": [{"text": EVENT}, {"text": LOG}]},
}


@pytest.mark.parametrize("shape", list(SHAPES))
async def test_an_alert_with_an_empty_text_is_answered_in_its_thread(ws, live, shape):
    ts = ws.post(PUBLIC, "", user="monitor", **SHAPES[shape])
    await quiet(ws, live)
    reply = only(ws, PUBLIC, ts)
    assert reply["text"].startswith(VERDICT)
    assert reply["thread_ts"] == ts


async def test_the_fallback_is_not_quoted_beside_what_it_stands_for(ws, live):
    alert = {"text": EVENT, "fallback": f"[ALERT] {EVENT}"}
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[alert])
    await quiet(ws, live)
    assert words({"text": only(ws, PUBLIC, ts)["text"]}).count("space required is") == 1


async def test_an_alert_with_a_log_pasted_below_it_becomes_one_verdict(ws, live):
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[{"text": EVENT}])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_alert_that_its_app_fills_in_later_is_answered(ws, live):
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[{"text": "Collecting …"}])
    await quiet(ws, live)
    assert ws.replies(PUBLIC, ts) == []
    ws.revise(PUBLIC, ts, attachments=[{"text": PASTE}])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_alert_that_its_app_clears_takes_its_quotes_back(ws, live):
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[{"text": PASTE}])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    ws.revise(PUBLIC, ts, attachments=[{"text": "cleared by the operator"}])
    await quiet(ws, live)
    assert "Copying" not in str(ws.replies(PUBLIC, ts))


async def test_an_alert_in_a_private_channel_is_answered_there_alone(ws, live):
    ts = ws.post(PRIVATE, "", user="monitor", attachments=[{"text": PASTE}])
    await quiet(ws, live)
    assert only(ws, PRIVATE, ts)["text"].startswith(VERDICT)
    assert in_channel(ws, PUBLIC) == []


async def test_an_alert_of_an_app_with_a_bot_user_is_answered(ws, live):
    root = ws.post(PUBLIC, "alerts of today")
    event = {"type": "message", "channel": PUBLIC, "channel_type": "channel", "ts": root}
    event |= {"user": "U0OTHERBOT", "bot_id": "B0OTHER", "app_id": "A0OTHER", "text": ""}
    ws.send(event | {"attachments": [{"text": PASTE}]})
    await quiet(ws, live)
    assert only(ws, PUBLIC, root)["text"].startswith(VERDICT)


@pytest.mark.parametrize(
    "alert",
    [
        {"title": "Kernel-Power 109", "text": "The kernel power manager has initiated a shutdown."},
        {"title": "disk", "text": "C: is 91 % full on NTSITE1"},
        {"fallback": "109 messages in queue"},
        {},
    ],
)
async def test_an_alert_about_something_else_is_met_with_silence(ws, live, alert):
    ws.post(PUBLIC, "", user="monitor", attachments=[alert] if alert else [])
    await quiet(ws, live)
    assert in_channel(ws, PUBLIC) == []
    assert ws.ephemerals == []


async def test_an_alert_that_comes_twice_as_two_messages_gets_a_reply_in_each_thread_at_most(
    ws, live
):
    roots = [ws.post(PUBLIC, "", user="monitor", attachments=[{"text": EVENT}]) for _ in range(2)]
    await quiet(ws, live)
    assert len(ws.replies(PUBLIC, roots[0])) == 1
    assert len(ws.replies(PUBLIC, roots[1])) <= 1
