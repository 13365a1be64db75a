"""What agents report by themselves: its thread, the holder in it, and who may ask for more."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.samples import ALERT
from bot.wire import Holder, ProbeReport, WhoHolds
from bot.wire.frames import written
from bot.wire.talk import CapturePush, Line, RecordPush, ReleasedPush
from tests.slack_bot import LOG, quiet
from tests.surfaces import ALEX, OTHER, PRIVATE, PUBLIC, in_channel, listening, only, told, words

PATH = "E:\\SMS_PKGE\\DOG0005D\\filename.EXE"
NOW = datetime.now(UTC).replace(microsecond=0)
BACKUP = Holder(
    kind="process",
    via=("proc",),
    first_seen=NOW,
    last_seen=NOW,
    pid=4711,
    started=NOW - timedelta(hours=3),
    name="beremote.exe",
    user="CORP\\backup",
)
HELD = WhoHolds(
    host="ntsite1",
    path=PATH,
    resolved="/srv/x",
    state="held",
    holders=(BACKUP,),
    probes=(ProbeReport(name="proc", holders=(BACKUP,)),),
    complete=True,
)
RECORD = RecordPush(
    id="record00000000000000001", seen_at=NOW, entry=Line(source="Despool.log", line=1, text=LOG)
)
CAPTURE = CapturePush(
    id="capture0000000000000001", record="record00000000000000001", at=NOW, holds=HELD, now="held"
)


@pytest.fixture
async def watched(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path, alert_channel=PUBLIC) as bot:
        yield bot


def roots(ws):
    """Return what the bot said in the channel outside of a thread."""
    held = in_channel(ws, PUBLIC)
    return [one for one in held if one.get("thread_ts", one["ts"]) == one["ts"]]


async def push(live, *pushes, agent="NTSITE1"):
    for one in pushes:
        payload = {"agent": {"id": "1", "name": agent}, "push": json.loads(written(one))}
        await live.bot.services.jobs.submit("push", payload, f"push:{agent}:{one.id}")


async def test_a_failure_opens_an_alert_thread_with_the_holder_in_its_reply(ws, watched):
    await push(watched, RECORD, CAPTURE)
    await quiet(ws, watched)
    (root,) = roots(ws)
    assert root["text"].startswith("NTSITE1: ")
    assert "filename.EXE" in root["text"]
    text = only(ws, PUBLIC, root["ts"])["text"]
    assert "filename.EXE" in text.splitlines()[0]
    assert "beremote.exe (pid 4711, user CORP\\backup)" in text
    assert "log of NTSITE1, line 1" in text
    (incident,) = await watched.bot.services.incidents.seen_from()
    assert (incident.state, incident.finding.server) == ("held", "NTSITE1")


async def test_a_capture_that_comes_before_its_record_waits_for_it(ws, watched):
    await push(watched, CAPTURE, RECORD)
    await quiet(ws, watched)
    (root,) = roots(ws)
    assert "4711" in only(ws, PUBLIC, root["ts"])["text"]


async def test_what_an_agent_sees_joins_the_alert_that_was_there_first(ws, watched):
    alert = ws.post(OTHER, ALERT)
    await quiet(ws, watched)
    await push(watched, RECORD, CAPTURE)
    await quiet(ws, watched)
    text = only(ws, OTHER, alert)["text"]
    assert "not disk space: filename.EXE was locked" in text
    assert "4711" in text
    assert in_channel(ws, PUBLIC) == []


async def test_an_alert_that_comes_after_the_agent_gets_one_link_line(ws, watched):
    await push(watched, RECORD, CAPTURE)
    await quiet(ws, watched)
    alert = ws.post(OTHER, ALERT)
    await quiet(ws, watched)
    assert "this incident is answered in" in only(ws, OTHER, alert)["text"]
    (root,) = roots(ws)
    assert "not disk space" in only(ws, PUBLIC, root["ts"])["text"].lower()


async def test_a_private_alert_channel_stays_private(ws, mode, tmp_path):
    async with listening(ws, mode, tmp_path, alert_channel=PRIVATE) as live:
        await push(live, RECORD, CAPTURE)
        await quiet(ws, live)
        alert = ws.post(OTHER, ALERT)
        await quiet(ws, live)
        text = only(ws, OTHER, alert)["text"]
        assert "filename.EXE" not in text
        assert PRIVATE not in text
        assert len(in_channel(ws, PRIVATE)) == 2
        assert [one for one in await live.bot.services.incidents.seen_from() if one.private] == []


async def test_the_same_push_again_says_nothing_again(ws, watched):
    for _ in range(3):
        await push(watched, RECORD, CAPTURE)
    await quiet(ws, watched)
    assert len(in_channel(ws, PUBLIC)) == 2


async def test_a_release_is_told_with_who_held_it_before(ws, watched):
    await push(watched, RECORD, CAPTURE)
    await quiet(ws, watched)
    free = replace(HELD, state="free", holders=())
    await push(
        watched,
        ReleasedPush(
            id="release0000000000000001",
            watch="watch000000000000000001",
            at=NOW,
            after=42.0,
            holds=free,
        ),
    )
    await quiet(ws, watched)
    (root,) = roots(ws)
    text = only(ws, PUBLIC, root["ts"])["text"]
    assert "Released after 42 s" in text
    assert "4711" in text
    (incident,) = await watched.bot.services.incidents.seen_from()
    assert incident.state == "free"


async def test_nobody_seen_and_could_not_look_are_different_answers(ws, watched):
    blind = ProbeReport(name="proc", blind=("3 processes of other users",))
    unknown = replace(HELD, state="unknown", holders=(), probes=(blind,), complete=False)
    await push(watched, RECORD, replace(CAPTURE, holds=unknown, now="unknown"))
    await quiet(ws, watched)
    (root,) = roots(ws)
    text = only(ws, PUBLIC, root["ts"])["text"]
    assert "could not be found out" in text
    assert "3 processes of other users" in text
    assert "Nobody holds it" not in text


async def test_a_healthy_line_is_no_alert(ws, watched):
    line = LOG.replace(", Failed, Win32 Error = 32", ", OK")
    await push(watched, replace(RECORD, entry=Line(source="Despool.log", line=1, text=line)))
    await quiet(ws, watched)
    assert in_channel(ws, PUBLIC) == []


async def test_what_a_server_says_pings_nobody(ws, watched):
    evil = replace(BACKUP, name="<!channel> `x` <https://evil.example|y>")
    held = replace(HELD, holders=(evil,))
    await push(watched, RECORD, replace(CAPTURE, holds=held))
    await quiet(ws, watched)
    shown = str(in_channel(ws, PUBLIC))
    assert "<!" not in shown
    assert "<https://evil" not in shown


async def test_a_server_that_enrols_is_announced_with_a_button_that_takes_it_back(ws, watched):
    payload = {"name": "NTSITE1", "host": "ntsite1.corp", "fingerprint": "SHA256:abc"}
    await watched.bot.services.jobs.submit("enrolled", payload, "enrolled:1")
    await quiet(ws, watched)
    (said,) = in_channel(ws, PUBLIC)
    for name in ("NTSITE1", "ntsite1.corp", "SHA256:abc"):
        assert name in words(said)
    ws.click(said, "revoke")
    await quiet(ws, watched)
    assert "DESPOOL_ADMINS" in told(ws)


@pytest.mark.parametrize(
    ("admins", "says"),
    [
        pytest.param((), "DESPOOL_ADMINS names nobody", id="nobody is"),
        pytest.param(("U0MORGAN",), "Only admins", id="somebody else is"),
        pytest.param(("S0ADMINS",), "Only admins", id="a group is, without them"),
    ],
)
async def test_who_is_no_admin_invites_nobody(ws, mode, tmp_path, admins, says):
    async with listening(ws, mode, tmp_path, admins=admins) as live:
        ws.command("agents invite NTSITE1")
        await quiet(ws, live)
        assert says in told(ws, ALEX)


@pytest.mark.parametrize("admins", [("U0ALEX",), ("S0ADMINS",)])
async def test_an_admin_gets_a_code_that_nobody_else_sees(ws, mode, tmp_path, admins):
    ws.group.add(ALEX)
    async with listening(ws, mode, tmp_path, admins=admins) as live:
        ws.command("agents invite NTSITE1")
        await quiet(ws, live)
        assert "--code " in told(ws, ALEX)
        assert in_channel(ws, PUBLIC) == []
