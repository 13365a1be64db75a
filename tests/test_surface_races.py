"""What happens in an order nobody planned: edits under way, restarts, duplicates, double clicks."""

import pytest

from bot.samples import SHORTAGE
from bot.workspace import Fault
from bot.workspace.delivery import Delivery
from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    EVENT_ONLY,
    PUBLIC,
    VERDICT,
    called,
    elements,
    in_channel,
    listening,
    lock,
    only,
    refused,
    seen,
    uploads,
    words,
)

BUSY = Fault(status=429, retry_after=1)


async def test_an_edit_while_slack_is_busy_wins(ws, live):
    ws.fail("chat.postMessage", BUSY)
    ts = ws.post(PUBLIC, EVENT)
    await ws.until(lambda: called(ws, "chat.postMessage"))
    ws.edit(PUBLIC, ts, PASTE)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_log_deleted_while_slack_is_busy_is_not_quoted(ws, live):
    ws.fail("chat.postMessage", BUSY)
    ts = ws.post(PUBLIC, PASTE)
    await ws.until(lambda: called(ws, "chat.postMessage"))
    ws.delete(PUBLIC, ts)
    await quiet(ws, live)
    assert "Copying" not in str(in_channel(ws, PUBLIC))
    assert "filename" not in str(in_channel(ws, PUBLIC))


async def test_a_log_that_comes_while_slack_is_busy_makes_no_second_reply(ws, live):
    ws.fail("chat.postMessage", BUSY)
    ts = ws.post(PUBLIC, EVENT)
    await ws.until(lambda: called(ws, "chat.postMessage"))
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_edit_of_a_thread_reply_revises_the_one_reply(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    log = ws.post(PUBLIC, "one moment", thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)
    ws.edit(PUBLIC, log, LOG)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    ws.edit(PUBLIC, log, "sorry")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)


# FAILS without a retry header: the event's own thread is not looked at before a second reply
@pytest.mark.parametrize("failures", [["timeout"], []], ids=["a retry", "a duplicate"])
async def test_an_event_that_comes_again_after_a_restart_gets_no_second_reply(
    ws, mode, tmp_path, failures
):
    async with listening(ws, mode, tmp_path / "a") as live:
        ts = ws.post(PUBLIC, PASTE)
        await quiet(ws, live)
        payload = ws.deliveries[0].payload
    async with listening(ws, mode, tmp_path / "b") as live:
        ws.courier.send(Delivery(payload=payload, failures=failures))
        await quiet(ws, live)
        assert only(ws, PUBLIC, ts)


async def test_talk_in_a_thread_after_a_restart_leaves_the_reply_as_it_was(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path / "a") as live:
        ts = ws.post(PUBLIC, PASTE)
        await quiet(ws, live)
        ws.click(only(ws, PUBLIC, ts), "more", option="resolve")
        await quiet(ws, live)
        before = only(ws, PUBLIC, ts)["text"]
    async with listening(ws, mode, tmp_path / "b") as live:
        ws.post(PUBLIC, "thanks, that was it!", thread_ts=ts)
        await quiet(ws, live)
        assert before.startswith("Resolved")
        assert only(ws, PUBLIC, ts)["text"] == before


async def test_a_file_of_findings_is_not_put_up_twice(ws, live):
    log = "\n".join(lock(f"BIG0{n:04d}", f"setup{n}.exe") for n in range(90))
    ts = ws.post(PUBLIC, log)
    await quiet(ws, live)
    ws.resend(ws.deliveries[0])
    ws.post(PUBLIC, f"and this\n{lock('BIG00900', 'last.exe')}", thread_ts=ts)
    await quiet(ws, live)
    (file,) = uploads(ws)
    assert "last.exe" in ws.contents[file["id"]].decode()


async def test_what_is_resolved_stays_so_when_the_same_event_comes_again(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    ws.click(only(ws, PUBLIC, ts), "more", option="resolve")
    await quiet(ws, live)
    ws.resend(ws.deliveries[0])
    ws.revise(PUBLIC, ts, attachments=[{"from_url": "http://x.example/", "text": "a page"}])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith("Resolved")


async def test_two_people_who_resolve_at_once_edit_once(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    reply = only(ws, PUBLIC, ts)
    for user in ("alex", "morgan"):
        ws.click(reply, "more", option="resolve", user=user)
    await quiet(ws, live)
    assert len(called(ws, "chat.update")) == 1
    assert only(ws, PUBLIC, ts)["text"].startswith("Resolved")


async def test_an_edited_mention_is_not_answered_a_second_time(ws, live):
    ts = ws.post(PUBLIC, "@despool help")
    await quiet(ws, live)
    ws.edit(PUBLIC, ts, "@despool help please")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)


async def test_a_mention_delivered_three_times_is_answered_once(ws, live):
    ws.courier.duplicate = 3
    ts = ws.post(PUBLIC, "@despool check NTSITE1")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)


KINDS = {
    "false-disk-space": PASTE,
    "disk-space": SHORTAGE,
    "lock-only": LOG,
    "other-error": LOG.replace("Error = 32", "Error = 5"),
    "event-only": EVENT,
    "many findings": "\n".join(lock(f"BIG0{n:04d}", f"setup{n}.exe") for n in range(90)),
}


@pytest.mark.parametrize("kind", list(KINDS))
async def test_no_button_of_any_verdict_does_nothing(ws, live, kind):
    ts = ws.post(PUBLIC, KINDS[kind])
    await quiet(ws, live)
    reply = ws.replies(PUBLIC, ts)[0] | {"channel": PUBLIC}
    for button in elements(reply, "button"):
        before = seen(ws)
        delivery = ws.click(reply, button["action_id"])
        await quiet(ws, live)
        assert delivery.failures == []
        assert seen(ws) != before
    for option in elements(reply, "overflow")[0]["options"]:
        before = (seen(ws), ws.replies(PUBLIC, ts)[0]["text"])
        ws.click(reply, "more", option=option["value"])
        await quiet(ws, live)
        assert (seen(ws), ws.replies(PUBLIC, ts)[0]["text"]) != before
    assert refused(ws) == []


async def test_details_of_very_many_findings_say_where_the_rest_is(ws, live):
    ts = ws.post(PUBLIC, KINDS["many findings"])
    await quiet(ws, live)
    ws.click(ws.replies(PUBLIC, ts)[0], "details")
    await quiet(ws, live)
    shown = words(ws.views[ALEX])
    missing = [n for n in range(90) if f"BIG0{n:04d}" not in shown]
    assert not missing or "file" in shown.lower().split("setup0.exe", 1)[-1]
    assert refused(ws) == []
