"""Each row of the table of surfaces, as one plain story in each mode; the rest is beside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    OUTSIDE,
    PRIVATE,
    PUBLIC,
    TALK,
    VERDICT,
    elements,
    in_channel,
    only,
    refused,
    seen,
    told,
    words,
    zipped,
)

LATER = {
    "an alert makes the bot ask the server's agent by itself": "needs the agents issue",
    "the agent on a server sees the failure itself": "needs the agents issue",
}


@pytest.mark.parametrize("channel", [PUBLIC, PRIVATE, TALK])
async def test_a_message_with_log_text_is_answered_in_its_thread(ws, live, channel):
    talk = ws.post(channel, "@despool hm" if channel == TALK else "lunch at noon?")
    ts = ws.post(channel, f"what is this?\n```\n{PASTE}\n```")
    await quiet(ws, live)
    reply = only(ws, channel, ts)
    assert reply["text"].startswith(VERDICT)
    assert reply["thread_ts"] == ts
    assert len(ws.replies(channel, talk)) == (channel == TALK)
    assert refused(ws) == []


async def test_a_thread_reply_with_log_text_is_answered_in_that_thread(ws, live):
    ts = ws.post(PUBLIC, "the disk again?")
    ws.post(PUBLIC, PASTE, thread_ts=ts, user="morgan")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


@pytest.mark.parametrize("name", ["despool.log", "logs.zip", "Untitled.txt"])
async def test_an_uploaded_file_or_snippet_is_answered_in_the_thread(ws, live, name):
    data = zipped(despool__log=PASTE.encode()) if name.endswith("zip") else PASTE.encode("utf-16")
    mode = "snippet" if name == "Untitled.txt" else "hosted"
    ts = ws.post(PUBLIC, files={name: data}, file_mode=mode)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_alert_of_another_app_gets_its_thread_by_itself(ws, live):
    ts = ws.post(PUBLIC, "", user="monitor", attachments=[{"title": "NTSITE1", "text": EVENT}])
    await quiet(ws, live)
    assert "DOG0005D" in only(ws, PUBLIC, ts)["text"][:80]
    ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_check_shows_progress_then_findings_and_can_be_shared(ws, live):
    ws.post("C0RANDOM", PASTE)
    await quiet(ws, live)
    delivery = ws.command("check \\\\NTSITE1")
    await quiet(ws, live)
    assert "NTSITE1" in delivery.response["text"]
    assert "filename.EXE" in words(ws.ephemerals[-1])
    ws.click(ws.ephemerals[-1], "share")
    await quiet(ws, live)
    (shared,) = in_channel(ws, PUBLIC)
    assert "filename.EXE" in words(shared)


@pytest.mark.parametrize(
    "verb", ["explain", "status", "agents", "history", "doctor", "help", "", "x"]
)
async def test_the_other_verbs_answer_the_one_who_asked(ws, live, verb):
    ws.command(verb)
    await quiet(ws, live)
    assert seen(ws)
    assert (ALEX in ws.views) == (verb == "explain")
    assert in_channel(ws, PUBLIC) == []
    assert refused(ws) == []


async def test_a_mention_inside_a_thread_explains_its_parent(ws, live):
    ts = ws.post(OUTSIDE, PASTE)
    ws.invite(OUTSIDE)
    ws.post(OUTSIDE, "@despool explain", thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, OUTSIDE, ts)["text"].startswith(VERDICT)


async def test_a_mention_inside_a_thread_checks_a_server(ws, live):
    ts = ws.post(PUBLIC, "is it NTSITE1?")
    ws.post(PUBLIC, "@despool check NTSITE1", thread_ts=ts)
    await quiet(ws, live)
    assert "NTSITE1" in words(only(ws, PUBLIC, ts))


async def test_the_message_shortcut_explains_that_message(ws, live):
    ts = ws.post(OUTSIDE, PASTE)
    ws.shortcut(OUTSIDE, ts)
    await quiet(ws, live)
    assert VERDICT in seen(ws)
    assert in_channel(ws, OUTSIDE) == []


async def test_the_form_explains_what_is_pasted_into_it(ws, live):
    ws.command("explain")
    await quiet(ws, live)
    ws.submit(ws.views[ALEX], {"log_text": PASTE})
    await quiet(ws, live)
    assert VERDICT in told(ws)


async def test_app_home_shows_open_incidents_agents_and_the_doctors_result(ws, live):
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    ws.open_home()
    await quiet(ws, live)
    shown = words(ws.homes[ALEX])
    assert [one for one in ("filename.EXE", "token") if one not in shown] == []
    assert "open_paste" in [one["action_id"] for one in elements(ws.homes[ALEX], "button")]


def test_the_terminal_gives_the_same_analysis_offline_and_without_a_token(tmp_path):
    log = tmp_path / "despool.log"
    log.write_text(PASTE, encoding="utf-16")
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "explain", str(log)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0
    assert ended.stdout.startswith("Likely not disk space")
    assert "filename.EXE" in ended.stdout
