"""The App Home, and the welcome in a channel."""

import pytest

from tests.slack_bot import PASTE, quiet
from tests.surfaces import (
    ALEX,
    BOT,
    MORGAN,
    OUTSIDE,
    PRIVATE,
    PUBLIC,
    TALK,
    VERDICT,
    called,
    elements,
    in_channel,
    lock,
    mentions,
    only,
    refused,
    seen,
    words,
)


async def home(ws, live, user="alex"):
    """Open the App Home and return what it then shows."""
    delivery = ws.open_home(user)
    await quiet(ws, live)
    assert delivery.acknowledged
    return ws.homes[ws.person(user).id]


async def test_app_home_shows_what_is_open_and_who_reports_and_how_the_bot_is(ws, live):
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    shown = words(await home(ws, live))
    assert "filename.EXE" in shown
    assert "DOG0005D" in shown
    assert "agent" in shown.lower() or "No server reports" in shown
    assert "token" in shown  # the doctor's result
    assert refused(ws) == []


async def test_app_home_shows_public_incidents_alone(ws, live):
    for place in (PRIVATE, TALK) * 4:  # often enough for a repeat offender
        ws.post(place, PASTE)
    await quiet(ws, live)
    for user in ("alex", "morgan"):
        shown = words(await home(ws, live, user))
        assert "DOG0005D" not in shown
        assert "filename" not in shown


async def test_app_home_is_fresh_each_time_it_is_opened(ws, live):
    before = words(await home(ws, live))
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert "filename.EXE" not in before
    assert "filename.EXE" in words(await home(ws, live))
    ws.click(only(ws, PUBLIC, ts), "more", option="resolve")
    await quiet(ws, live)
    assert "resolved" in words(await home(ws, live)).lower() or "filename.EXE" not in words(
        ws.homes[ALEX]
    )


async def test_app_home_names_repeat_offenders_above_a_threshold_alone(ws, live):
    for number in range(4):
        ws.post(PUBLIC, lock("OFT00001", f"a{number}.exe"))
    ws.post(PUBLIC, lock("ONE00001", "b.exe"))
    await quiet(ws, live)
    shown = words(await home(ws, live))
    often = [line for line in shown.splitlines() if "OFT00001" in line and "4" in line]
    assert often
    assert [line for line in often if "ONE00001" in line] == []


async def test_app_home_of_many_incidents_is_one_that_slack_takes(ws, live):
    for number in range(40):
        ws.post(PUBLIC, PASTE.replace("DOG0005D", f"MNY000{number:02d}"))
    await quiet(ws, live)
    assert "MNY00039" in words(await home(ws, live))
    assert refused(ws) == []


async def test_app_home_pings_nobody(ws, live):
    ws.post(PUBLIC, PASTE.replace("filename.EXE", "<!channel><@U0SAM>.EXE"))
    await quiet(ws, live)
    assert mentions(await home(ws, live)) == []


async def test_the_picture_of_app_home_is_explained_in_words(ws, live):
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    shown = await home(ws, live)
    images = [one for one in shown["blocks"] if one["type"] == "image"]
    assert all(one["alt_text"].strip() for one in images)
    assert "locks" in words(shown).lower() or images


async def test_the_button_of_app_home_opens_the_form_and_its_answer_is_seen(ws, live):
    shown = await home(ws, live)
    ws.click_view(shown, "open_paste")
    await quiet(ws, live)
    ws.submit(ws.views[ALEX], {"log_text": PASTE})
    await quiet(ws, live)
    assert VERDICT in seen(ws)
    assert in_channel(ws, PUBLIC) == []


async def test_the_other_tab_of_the_home_is_acknowledged(ws, live):
    delivery = ws.open_home(tab="messages")
    await quiet(ws, live)
    assert delivery.acknowledged
    assert in_channel(ws, TALK) == []


async def test_an_invited_bot_says_welcome_once_with_the_sample(ws, live):
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    joined = [one for one in ws.deliveries if "joined" in one.payload["event"]["type"]]
    ws.resend(joined[0])
    await quiet(ws, live)
    (welcome,) = in_channel(ws, OUTSIDE)
    assert [one["action_id"] for one in elements(welcome, "button")] == ["try_sample"]
    assert "thread_ts" not in welcome
    assert mentions(welcome) == []


@pytest.mark.parametrize("who", [ALEX, MORGAN, "U0STRANGER", "B0OTHER"])
async def test_another_members_joining_is_met_with_silence(ws, live, who):
    event = {"type": "member_joined_channel", "user": who, "channel": PUBLIC, "team": "T0STANDIN"}
    delivery = ws.send(event | {"channel_type": "C", "inviter": ALEX})
    await quiet(ws, live)
    assert delivery.acknowledged
    assert in_channel(ws, PUBLIC) == []
    assert ws.ephemerals == []


# FAILS: a double click whispers the sample's verdict twice
async def test_try_the_sample_shows_a_verdict_once(ws, live):
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    (welcome,) = in_channel(ws, OUTSIDE)
    for _ in range(2):
        delivery = ws.click(welcome, "try_sample")
    await quiet(ws, live)
    assert delivery.failures == []
    said = [one for one in in_channel(ws, OUTSIDE) if one["ts"] != welcome["ts"]]
    assert sum("Likely not disk space" in words(one)[:80] for one in [*said, *ws.ephemerals]) == 1
    assert refused(ws) == []


async def test_a_bot_that_is_invited_again_does_not_repeat_itself_for_each_event(ws, live):
    event = {"type": "member_joined_channel", "user": BOT, "channel": PUBLIC, "team": "T0STANDIN"}
    ws.send(event | {"channel_type": "C"})
    await quiet(ws, live)
    ws.send(event | {"channel_type": "C"})
    await quiet(ws, live)
    assert len(called(ws, "chat.postMessage")) <= 2
    assert [one.failures for one in ws.deliveries if one.failures] == []
