"""The form to paste a log into, and the shortcut on a message."""

import pytest

from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    MORGAN,
    OUTSIDE,
    PRIVATE,
    PUBLIC,
    TALK,
    VERDICT,
    in_channel,
    listening,
    mentions,
    only,
    refused,
    seen,
    told,
    words,
)

FORM = "paste_log"


async def form(ws, live, channel=PUBLIC, user="alex"):
    """Open the form with the command."""
    ws.command("explain", channel=channel, user=user)
    await quiet(ws, live)
    view = ws.views[ws.person(user).id]
    assert view["callback_id"] == FORM
    return view


async def test_the_form_takes_a_text_of_3000_characters_or_a_file(ws, live):
    inputs = {one["block_id"]: one for one in (await form(ws, live))["blocks"] if "element" in one}
    text, files = inputs["log_text"], inputs["log_files"]
    assert (text["element"]["type"], text["element"]["max_length"]) == ("plain_text_input", 3000)
    assert text["element"]["multiline"]
    assert files["element"]["type"] == "file_input"
    assert text["optional"]
    assert files["optional"]


@pytest.mark.parametrize("text", ["", "   \n "])
async def test_an_empty_form_gets_an_error_under_its_field(ws, live, text):
    view = await form(ws, live)
    delivery = ws.submit(view, {"log_text": text})
    await quiet(ws, live)
    assert delivery.response["response_action"] == "errors"
    assert list(delivery.response["errors"]) == ["log_text"]
    assert ALEX in ws.views  # it stays open
    assert told(ws) == ""


async def test_a_pasted_log_is_explained_to_the_one_who_pasted_it_alone(ws, live):
    delivery = ws.submit(await form(ws, live), {"log_text": PASTE})
    await quiet(ws, live)
    assert delivery.failures == []
    assert VERDICT in seen(ws)
    assert in_channel(ws, PUBLIC) == []
    assert seen(ws, MORGAN) == ""
    assert refused(ws) == []


async def test_3000_characters_are_read_to_the_last(ws, live):
    text = f"{'healthy line ' * 240}"[: 3000 - len(LOG) - 1] + f"\n{LOG}"
    assert len(text) == 3000
    ws.submit(await form(ws, live), {"log_text": text})
    await quiet(ws, live)
    assert "filename.EXE" in seen(ws)


async def test_a_file_of_the_form_is_read_together_with_its_text(ws, live):
    view, files = await form(ws, live), {"log_files": {"despool.log": LOG.encode("utf-16")}}
    delivery = ws.submit(view, {"log_text": EVENT}, files=files)
    await quiet(ws, live)
    assert delivery.failures == []
    assert VERDICT in seen(ws)
    assert in_channel(ws, PUBLIC) == []


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("notes.txt", b"lunch at noon", "Despool.log"),
        ("empty.log", b"\n", "Despool.log"),
        ("broken.zip", b"PK\x03\x04 and no more", "broken.zip"),
    ],
)
async def test_a_file_of_the_form_that_holds_no_log_is_told(ws, live, name, data, named):
    delivery = ws.submit(await form(ws, live), {}, files={"log_files": {name: data}})
    await quiet(ws, live)
    assert named in seen(ws) + str(delivery.response)
    assert in_channel(ws, PUBLIC) == []


async def test_a_file_of_the_form_that_cannot_be_had_is_told_by_name(ws, live):
    files = {"log_files": {"despool.log": PASTE.encode(), "gone.log": LOG.encode()}}
    view = await form(ws, live)
    ws.submit(view, {}, files=files)
    gone = next(one["id"] for one in ws.files.values() if one["name"] == "gone.log")
    ws.files.pop(gone)
    ws.contents.pop(gone)
    await quiet(ws, live)
    assert VERDICT in seen(ws)
    assert "gone.log" in seen(ws)


async def test_the_form_works_in_a_channel_without_the_bot(ws, live):
    ws.submit(await form(ws, live, OUTSIDE), {"log_text": PASTE})
    await quiet(ws, live)
    assert VERDICT in seen(ws)
    assert in_channel(ws, OUTSIDE) == []


@pytest.mark.parametrize("channel", [PRIVATE, TALK])
async def test_the_form_works_in_private_places(ws, live, channel):
    ws.submit(await form(ws, live, channel), {"log_text": PASTE})
    await quiet(ws, live)
    assert VERDICT in seen(ws)
    assert in_channel(ws, PUBLIC) == []


async def test_a_text_without_a_log_is_told_what_to_paste(ws, live):
    delivery = ws.submit(await form(ws, live), {"log_text": "lunch at noon?"})
    await quiet(ws, live)
    assert "Despool.log" in seen(ws) + str(delivery.response)


async def test_a_hostile_paste_pings_nobody(ws, live):
    evil = LOG.replace("filename.EXE", "<!channel><@U0SAM>`x`.EXE")
    ws.submit(await form(ws, live), {"log_text": f"<!here>\n{evil}"})
    await quiet(ws, live)
    assert ".EXE" in seen(ws)
    assert mentions([ws.ephemerals, ws.views, in_channel(ws, TALK)]) == []


async def test_what_was_explained_in_the_form_is_in_no_history(ws, live):
    ws.submit(await form(ws, live), {"log_text": PASTE})
    await quiet(ws, live)
    ws.command("history", user="morgan")
    await quiet(ws, live)
    assert "DOG0005D" not in told(ws, MORGAN)


async def test_a_form_that_was_open_when_the_bot_restarted_still_works(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path / "a") as live:
        view = await form(ws, live)
    async with listening(ws, mode, tmp_path / "b") as live:
        ws.submit(view, {"log_text": PASTE})
        await quiet(ws, live)
        assert VERDICT in seen(ws)


async def test_the_button_of_help_opens_the_form(ws, live):
    ws.command("help")
    await quiet(ws, live)
    ws.click(ws.ephemerals[-1], "open_paste")
    await quiet(ws, live)
    ws.submit(ws.views[ALEX], {"log_text": PASTE})
    await quiet(ws, live)
    assert VERDICT in seen(ws)


async def test_a_form_sent_twice_is_answered_once(ws, live):
    view = await form(ws, live)
    for _ in range(2):
        ws.submit(view, {"log_text": PASTE})
    await quiet(ws, live)
    assert sum(VERDICT in words(one) for one in ws.ephemerals) <= 1


@pytest.mark.parametrize("channel", [PUBLIC, OUTSIDE, PRIVATE, "G0BOARD"])
async def test_the_shortcut_explains_the_message_wherever_it_stands(ws, live, channel):
    ts = ws.post(channel, PASTE)
    await quiet(ws, live)
    delivery = ws.shortcut(channel, ts)
    await quiet(ws, live)
    assert delivery.failures == []
    assert VERDICT in seen(ws) + words({"all": ws.replies(channel, ts)})
    assert len(ws.replies(channel, ts)) <= 1


async def test_the_shortcut_reads_an_alert_without_text(ws, live):
    ts = ws.post(OUTSIDE, "", user="monitor", attachments=[{"text": PASTE}])
    ws.shortcut(OUTSIDE, ts)
    await quiet(ws, live)
    assert VERDICT in seen(ws)


async def test_the_shortcut_reads_the_file_of_a_message(ws, live):
    ts = ws.post(OUTSIDE, files={"despool.log": PASTE.encode()})
    ws.shortcut(OUTSIDE, ts)
    await quiet(ws, live)
    assert VERDICT in seen(ws)


async def test_the_shortcut_on_talk_says_what_to_paste(ws, live):
    ts = ws.post(PUBLIC, "lunch?")
    ws.shortcut(PUBLIC, ts)
    await quiet(ws, live)
    assert "Despool.log" in seen(ws)
    assert ws.replies(PUBLIC, ts) == []


async def test_the_shortcut_on_a_reply_joins_the_thread_it_stands_in(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    log = ws.post(PUBLIC, LOG, thread_ts=ts)
    await quiet(ws, live)
    ws.shortcut(PUBLIC, log)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_the_shortcut_used_twice_gives_no_second_reply_in_the_thread(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    for user in ("alex", "morgan"):
        await quiet(ws, live)
        ws.shortcut(PUBLIC, ts, user=user)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
