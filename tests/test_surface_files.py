"""Uploaded files and snippets, as a suspicious customer shares them."""

import gzip
import json

import pytest

from bot.samples import UTF16_LOG
from bot.workspace import Workspace
from bot.workspace.cast import SCOPES
from tests.event_files import Written, evt_file, evtx_file
from tests.slack_bot import EVENT, LOG, PASTE, quiet
from tests.surfaces import (
    EVENT_ONLY,
    LOCK_ONLY,
    MORGAN,
    PRIVATE,
    PUBLIC,
    TALK,
    VERDICT,
    add,
    called,
    in_channel,
    listening,
    lock,
    mentions,
    only,
    refused,
    share,
    share_all,
    told,
    words,
    zipped,
)

LOG_FILE = LOG.encode()
EVENT_FILE = EVENT.encode()
RECORD = Written(strings=("\\\\NTSITE1\\SMS_PKGE\\DOG0005D", "", ""))
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize("mode", ["http"])  # the rows of this table differ in nothing else
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("despool.log", PASTE.encode()),
        ("despool.lo_", PASTE.encode()),
        ("paste.txt", PASTE.encode("utf-16")),
        ("DESPOOL.LOG", PASTE.encode("cp1252")),
        ("despool.log.gz", gzip.compress(PASTE.encode())),
        ("logs.zip", zipped(despool__log=PASTE.encode())),
        ("two.zip", zipped(event__txt=EVENT_FILE, despool__log=LOG_FILE)),
        ("crlf.log", PASTE.replace("\n", "\r\n").encode()),
    ],
)
async def test_an_uploaded_log_is_answered_in_its_thread(ws, live, name, data):
    ts = ws.post(PUBLIC, files={name: data})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    assert refused(ws) == []


@pytest.mark.parametrize("mode", ["http"])  # the rows of this table differ in nothing else
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("application.evt", evt_file([RECORD])),
        ("application.evtx", evtx_file([RECORD])),
        ("events.csv", f'Level,Source,Event ID,Message\nError,SMS,109,"{EVENT}"\n'.encode()),
        (
            "events.json",
            json.dumps([{"Id": 109, "ProviderName": "SMS", "Message": EVENT}]).encode(),
        ),
        (
            "events.xml",
            b"<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
            b"<Provider Name='SMS'/><EventID>109</EventID><Computer>NTSITE1</Computer></System>"
            b"<EventData><Data>\\\\NTSITE1\\SMS_PKGE\\DOG0005D</Data><Data></Data><Data></Data>"
            b"</EventData></Event></Events>",
        ),
    ],
)
async def test_an_uploaded_event_is_answered_in_its_thread(ws, live, name, data):
    ts = ws.post(PUBLIC, files={name: data})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(EVENT_ONLY)


async def test_a_utf_16_log_is_read(ws, live):
    ts = ws.post(PUBLIC, files={"despool.log": UTF16_LOG})
    await quiet(ws, live)
    assert "data1.cab" in only(ws, PUBLIC, ts)["text"][:80]


async def test_a_long_paste_that_became_a_snippet_is_read(ws, live):
    healthy = "\n".join(f"Copying E:\\a{n}.exe to E:\\b{n}.exe, OK" for n in range(400))
    snippet = {"Untitled.txt": f"{healthy}\n{PASTE}".encode()}
    ts = ws.post(PUBLIC, files=snippet, file_mode="snippet")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_an_event_and_a_log_in_two_files_of_one_message_are_joined(ws, live):
    ts = ws.post(PUBLIC, files={"event.txt": EVENT_FILE, "despool.log": LOG_FILE})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_two_archives_with_a_log_each_are_both_read(ws, live):
    logs = {f"{name}__log": lock(name).encode() for name in ("AAA00001", "BBB00002")}
    ts = ws.post(PUBLIC, files={"logs.zip": zipped(**logs)})
    await quiet(ws, live)
    said = words(only(ws, PUBLIC, ts))
    assert "AAA00001" in said
    assert "BBB00002" in said


async def test_an_event_in_the_text_and_a_log_in_its_file_are_joined(ws, live):
    ts = ws.post(PUBLIC, EVENT, files={"despool.log": LOG_FILE})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_log_uploaded_into_the_thread_of_an_event_joins_it(ws, live):
    ts = ws.post(PUBLIC, EVENT)
    await quiet(ws, live)
    ws.post(PUBLIC, "here it is", files={"despool.log": LOG_FILE}, thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_a_restarted_bot_joins_a_log_to_the_uploaded_event(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path / "a") as live:
        ts = ws.post(PUBLIC, files={"event.txt": EVENT_FILE})
        await quiet(ws, live)
        before = only(ws, PUBLIC, ts)
    async with listening(ws, mode, tmp_path / "b") as live:
        ws.post(PUBLIC, LOG, thread_ts=ts)
        await quiet(ws, live)
        assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
        assert only(ws, PUBLIC, ts)["ts"] == before["ts"]


@pytest.mark.parametrize("channel", [PRIVATE, TALK])
async def test_a_file_in_a_private_channel_or_a_dm_is_answered_there(ws, live, channel):
    ts = ws.post(channel, files={"despool.log": PASTE.encode()})
    await quiet(ws, live)
    assert only(ws, channel, ts)["text"].startswith(VERDICT)
    assert in_channel(ws, PUBLIC) == []


@pytest.mark.parametrize("mode", ["http"])  # the rows of this table differ in nothing else
@pytest.mark.parametrize("name", ["shot.png", "screen.jpg", "call.mp4", "plan.pdf", "list.xlsx"])
async def test_an_image_or_document_is_not_even_fetched(ws, live, name):
    gone = {add(ws, one, PASTE.encode())["id"]: one for one in (name, "despool.log")}
    for file_id in gone:
        ws.contents.pop(file_id)  # so that fetching it fails, and is told
    for file_id in gone:
        share(ws, ws.files[file_id])
        await quiet(ws, live)
        assert bool(told(ws)) == (gone[file_id] == "despool.log")
    assert in_channel(ws, PUBLIC) == []


async def test_an_uploaded_file_without_a_log_is_met_with_silence(ws, live):
    ws.post(PUBLIC, files={"notes.txt": b"lunch at noon, error 32 in line 109"})
    await quiet(ws, live)
    assert in_channel(ws, PUBLIC) == []
    assert ws.ephemerals == []


async def test_a_file_too_large_is_named_to_the_uploader_alone(ws, live):
    share(ws, add(ws, "despool.log", LOG_FILE, size=300 * MEGABYTE))
    await quiet(ws, live)
    assert "despool.log" in told(ws)
    assert "256" in told(ws)
    assert {one["ephemeral_for"] for one in ws.ephemerals} == {"U0ALEX"}
    assert in_channel(ws, PUBLIC) == []


async def test_what_can_be_read_is_answered_although_another_file_cannot(ws, live):
    large = add(ws, "huge.log", LOG_FILE, size=300 * MEGABYTE)
    good = add(ws, "despool.log", PASTE.encode())
    ts = share_all(ws, [large, good], user=MORGAN)
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    assert "huge.log" in told(ws, MORGAN)


async def test_a_login_page_with_status_200_is_named_to_the_uploader_alone(mode, tmp_path):
    scopes = ",".join(scope for scope in SCOPES.split(",") if scope != "files:read")
    async with Workspace(scopes=scopes) as ws, listening(ws, mode, tmp_path) as live:
        ws.post(PUBLIC, files={"despool.log": LOG_FILE})
        await quiet(ws, live)
        assert "files:read" in told(ws)
        assert "reinstall" in told(ws).lower()
        assert told(ws, MORGAN) == ""
        assert in_channel(ws, PUBLIC) == []


async def test_a_file_of_which_the_event_holds_a_stub_alone_is_asked_for(ws, live):
    ws.hides_files = True  # https://docs.slack.dev/reference/objects/file-object
    ts = ws.post(PUBLIC, files={"despool.log": PASTE.encode()})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)
    assert called(ws, "files.info")


async def test_a_stub_that_proves_to_be_an_image_is_met_with_silence(ws, live):
    ws.hides_files = True
    ws.post(PUBLIC, files={"shot.png": b"\x89PNG"})
    await quiet(ws, live)
    assert (in_channel(ws, PUBLIC), ws.ephemerals) == ([], [])


async def test_a_file_removed_before_it_could_be_read_is_told_to_its_uploader(ws, live):
    file = add(ws, "despool.log", LOG_FILE)
    share(ws, file)
    ws.contents.pop(file["id"])
    ws.files.pop(file["id"])
    await quiet(ws, live)
    assert "despool.log" in told(ws)
    assert in_channel(ws, PUBLIC) == []


async def test_the_events_about_a_file_do_not_answer_it_a_second_time(ws, live):
    ts = ws.post(PUBLIC, files={"despool.log": PASTE.encode()})
    (file,) = ws.files.values()
    for kind in ("file_shared", "file_created", "file_public"):
        event = {"type": kind, "file_id": file["id"], "user_id": "U0ALEX", "channel_id": PUBLIC}
        ws.send(event | {"file": {"id": file["id"]}})
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    assert [one.failures for one in ws.deliveries if one.failures] == []


async def test_a_hostile_name_pings_nobody_and_names_no_path(ws, live):
    name = "<!channel> ..&..<@U0SAM>.log"
    ts = share(ws, add(ws, "x.log", PASTE.encode(), name=name, title=name))
    await quiet(ws, live)
    assert mentions(only(ws, PUBLIC, ts)) == []


async def test_a_shared_file_that_is_no_log_but_mentions_the_bot_is_told_what_to_paste(ws, live):
    ts = ws.post(PUBLIC, "@despool explain", files={"notes.txt": b"nothing of interest"})
    await quiet(ws, live)
    assert "Despool.log" in words(only(ws, PUBLIC, ts))


async def test_a_log_alone_in_a_file_names_the_locked_file(ws, live):
    ts = ws.post(PUBLIC, files={"despool.log": LOG_FILE})
    await quiet(ws, live)
    assert LOCK_ONLY in only(ws, PUBLIC, ts)["text"][:80]
