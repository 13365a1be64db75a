"""One incident, one reply: what is said elsewhere joins it, and is answered by a link."""

import asyncio

import pytest

from bot.samples import ALERT
from tests.slack_bot import LOG, quiet
from tests.surfaces import OTHER, PRIVATE, PUBLIC, TALK, called, listening, only, words

UNC_LOG = LOG.replace("E:\\SMS_PKGE", "\\\\NTSITE1\\SMS_PKGE")
BLANK = "Likely not disk space: package DOG0005D"
LOCKED = "Not disk space: filename.EXE was locked"
LINK = "DOG0005D on NTSITE1: this incident is answered in"


def link_to(ws, channel, ts):
    return f"{ws.url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"


async def test_a_log_pasted_elsewhere_proves_the_alert_and_gets_one_link_line(ws, live):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith(BLANK)
    log = ws.post(OTHER, UNC_LOG)
    await quiet(ws, live)
    first, second = only(ws, PUBLIC, alert), only(ws, OTHER, log)
    assert "not disk space: filename.EXE was locked" in first["text"]
    assert "another thread" in words(first), "the quote says where it stems from"
    assert second["text"].startswith(LINK)
    assert link_to(ws, PUBLIC, alert) in second["text"]
    assert len(second["text"].splitlines()) == 1
    assert len(called(ws, "chat.postMessage")) == 2


async def test_an_alert_that_comes_again_and_again_is_answered_once(ws, live):
    first = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    others = [(channel, ws.post(channel, ALERT)) for channel in (PUBLIC, OTHER) * 3]
    await quiet(ws, live)
    assert only(ws, PUBLIC, first)["text"].startswith(BLANK)
    for channel, ts in others:
        assert only(ws, channel, ts)["text"].startswith(LINK)


async def test_alerts_of_one_moment_have_one_home(ws, live):
    places = [(channel, ws.post(channel, ALERT)) for channel in (PUBLIC, OTHER) * 4]
    await quiet(ws, live)
    said = [only(ws, channel, ts)["text"] for channel, ts in places]
    assert sum(text.startswith(BLANK) for text in said) == 1
    assert sum(text.startswith(LINK) for text in said) == len(places) - 1


async def test_another_package_in_the_same_paste_is_answered_there(ws, live):
    ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    both = ws.post(OTHER, f"{UNC_LOG}\n{UNC_LOG.replace('DOG0005D', 'CAT00012')}")
    await quiet(ws, live)
    reply = only(ws, OTHER, both)
    assert "CAT00012" in words(reply)
    assert LINK in reply["text"]
    assert "DOG0005D\\filename" not in words(reply)


@pytest.mark.parametrize("place", [PRIVATE, TALK])
async def test_what_was_private_first_is_neither_quoted_nor_linked_in_public(ws, live, place):
    ws.post(place, f"{ALERT}\n{UNC_LOG}")
    await quiet(ws, live)
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    reply = only(ws, PUBLIC, alert)
    assert reply["text"].startswith(BLANK)
    assert "filename.EXE" not in words(reply)
    assert place not in words(reply)
    assert "archives" not in reply["text"]


@pytest.mark.parametrize("place", [PRIVATE, TALK])
async def test_in_private_what_says_the_same_as_a_public_thread_is_linked(ws, live, place):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    again = ws.post(place, ALERT)
    await quiet(ws, live)
    assert link_to(ws, PUBLIC, alert) in only(ws, place, again)["text"]


@pytest.mark.parametrize("place", [PRIVATE, TALK])
async def test_in_private_what_proves_more_is_answered_there_and_nowhere_else(ws, live, place):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    before = only(ws, PUBLIC, alert)["text"]
    log = ws.post(place, UNC_LOG)
    await quiet(ws, live)
    assert "not disk space: filename.EXE was locked" in only(ws, place, log)["text"]
    assert only(ws, PUBLIC, alert)["text"] == before


async def test_a_log_without_its_server_stays_in_its_thread(ws, live):
    alert = ws.post(PUBLIC, ALERT)
    log = ws.post(OTHER, LOG)
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith(BLANK)
    assert "filename.EXE" in only(ws, OTHER, log)["text"]
    assert LINK not in only(ws, OTHER, log)["text"]
    ws.post(PUBLIC, LOG, thread_ts=alert)
    await quiet(ws, live)
    assert "filename.EXE was locked" in only(ws, PUBLIC, alert)["text"]


async def test_the_reply_moves_to_the_next_thread_when_the_first_takes_its_word_back(ws, live):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    log = ws.post(OTHER, f"{ALERT}\n{UNC_LOG}")
    await quiet(ws, live)
    ws.edit(PUBLIC, alert, "never mind")
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith("Withdrawn")
    assert "filename.EXE was locked" in only(ws, OTHER, log)["text"]


async def test_what_another_thread_takes_back_leaves_the_reply(ws, live):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    log = ws.post(OTHER, UNC_LOG)
    await quiet(ws, live)
    ws.edit(OTHER, log, "wrong paste")
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith(BLANK)
    assert "filename.EXE" not in words(only(ws, PUBLIC, alert))
    assert only(ws, OTHER, log)["text"].startswith("Withdrawn")


async def test_after_the_window_the_same_is_a_new_incident(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path, incident_window="1s") as live:
        ws.post(PUBLIC, ALERT)
        await quiet(ws, live)
        await asyncio.sleep(2.2)
        later = ws.post(OTHER, ALERT)
        await quiet(ws, live)
        assert only(ws, OTHER, later)["text"].startswith(BLANK)


async def test_what_is_alerted_again_after_it_was_resolved_is_open_again(ws, live):
    alert = ws.post(PUBLIC, ALERT)
    await quiet(ws, live)
    ws.click(only(ws, PUBLIC, alert), "more", option="resolve")
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith("Resolved")
    ws.post(OTHER, ALERT)
    await quiet(ws, live)
    assert only(ws, PUBLIC, alert)["text"].startswith(BLANK)
    (incident,) = await live.bot.services.incidents.seen_from()
    assert incident.state == "open"


async def test_evidence_is_kept_with_where_it_was_said(ws, live):
    alert = ws.post(PUBLIC, f"{ALERT}\npassword=hunter2")
    await quiet(ws, live)
    thread = await live.bot.services.threads.find(PUBLIC, alert)
    (kept,) = thread.evidence.values()
    assert kept.permalink == link_to(ws, PUBLIC, alert)
    assert "hunter2" not in kept.text


async def test_the_reply_outlives_the_bot(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path) as live:
        alert = ws.post(PUBLIC, ALERT)
        await quiet(ws, live)
    async with listening(ws, mode, tmp_path) as live:
        log = ws.post(OTHER, UNC_LOG)
        ws.click(only(ws, PUBLIC, alert), "details")
        await quiet(ws, live)
        assert "filename.EXE was locked" in only(ws, PUBLIC, alert)["text"]
        assert only(ws, OTHER, log)["text"].startswith(LINK)
        assert ws.views
