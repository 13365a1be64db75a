"""Events 109 out of event logs: exported files, and the event log of a Windows server."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.agent.capturing import Captures
from bot.agent.events import EventFile, WindowsLog, event_log, space_events
from bot.agent.outbox import Outbox
from bot.agent.recent import recent
from bot.agent.reporting import Reporter, follow_events
from bot.analysis import analyse
from bot.knowledge import load as load_knowledge
from bot.reading.sources import BytesSource
from bot.wire.frames import said_by_agent
from tests.agents import lock, until
from tests.event_files import Written, evt_file, evtx_file

AT = datetime(1998, 9, 10, 14, 55, 30, tzinfo=UTC)
UNC = "\\\\NTSITE1\\SMS_PKGE\\DOG0005D"


def event(number=1, **changes):
    held = {"number": number, "at": AT, "source": "SMS_DESPOOLER", "strings": (UNC, "", "")}
    return Written(**(held | changes))


class Api:
    """The functions of win32evtlog that are used, over events in memory, as Windows gives them."""

    EVENTLOG_BACKWARDS_READ, EVENTLOG_SEQUENTIAL_READ = 8, 1

    def __init__(self, *events):
        self.events, self.open = list(events), 0

    def OpenEventLog(self, server, name):  # noqa: N802 - the API's own names
        assert server is None
        if name == "Closed":
            raise Denied("Access is denied.")
        assert name == "Application"
        self.open += 1
        return SimpleNamespace(place=0)

    def CloseEventLog(self, handle):  # noqa: N802
        self.open -= 1

    def GetNumberOfEventLogRecords(self, handle):  # noqa: N802
        return len(self.events)

    def GetOldestEventLogRecord(self, handle):  # noqa: N802
        return self.events[0].number if self.events else 0

    def ReadEventLog(self, handle, flags, offset):  # noqa: N802
        assert flags == self.EVENTLOG_BACKWARDS_READ | self.EVENTLOG_SEQUENTIAL_READ
        rows = self.events[::-1][handle.place : handle.place + 3]
        handle.place += 3
        return [self._row(one) for one in rows]

    def _row(self, one):
        return SimpleNamespace(
            RecordNumber=one.number,
            TimeGenerated=one.at,
            SourceName=one.source,
            EventID=one.qualifiers << 16 | one.event_id,
            ComputerName=one.computer,
            StringInserts=tuple(one.strings) or None,
        )


class Denied(Exception):
    """What pywin32 raises, which is no OSError."""


def windows_log(
    *events, said=lambda *_: "<The description could not be found.>", name="Application"
):
    return WindowsLog(name, Api(*events), Denied, said)


def judged(*texts):
    sources = [BytesSource(name=f"{n}", data=text.encode()) for n, text in enumerate(texts)]
    return analyse(sources, load_knowledge()).findings


@pytest.mark.parametrize("form", [evt_file, evtx_file])
def test_an_event_of_a_file_and_a_lock_of_the_log_give_the_proved_verdict(tmp_path, form):
    path = tmp_path / f"export.{'evt' if form is evt_file else 'evtx'}"
    path.write_bytes(form([event(1), event(2, event_id=110), event(3, source="Kernel-Power")]))
    [entry] = space_events(EventFile(path), path.name, 0)
    assert entry.line == 1
    [finding] = judged(entry.text, lock())
    # bare strings do not tell which of them would be the figures
    assert (finding.kind, finding.certainty) == ("false-disk-space", "likely")
    assert (finding.server, finding.package) == ("NTSITE1", "DOG0005D")


def sentence(available, required):
    return (
        f"Failed to install package. There isn't sufficient disk space on package server {UNC}. "
        f"Disk space available on that server is {available} megabytes, "
        f"space required is {required} megabytes."
    )


def test_an_event_that_windows_words_is_proof():
    log = windows_log(event(5), said=lambda *_: sentence("", ""))
    [entry] = space_events(log, "Application", 0)
    [finding] = judged(entry.text, lock())
    assert (finding.kind, finding.certainty) == ("false-disk-space", "proved")


def test_an_event_with_figures_keeps_them_and_its_time():
    log = windows_log(event(5), said=lambda *_: sentence(118, 640))
    [entry] = space_events(log, "Application", 0)
    [finding] = judged(entry.text)
    assert (finding.kind, finding.available_mb, finding.required_mb) == ("disk-space", 118, 640)
    assert finding.at.value == AT


def test_what_an_event_says_cannot_break_out_of_its_text():
    strings = (UNC, "</Data><Data>1", "]]>&lt;")
    [entry] = space_events(windows_log(event(5, strings=strings)), "A", 0)
    assert entry.text.count("<Data>") == 3
    assert "\n" not in entry.text


def test_of_a_windows_log_the_events_behind_a_record_come_oldest_first():
    log = windows_log(*(event(number) for number in range(100, 120)))
    assert log.newest() == 119
    assert [one.record for one in log.after(110)] == list(range(111, 120))
    assert list(log.after(119)) == []
    assert len(list(log.after(0))) == 20
    assert windows_log().newest() == 0
    assert log._api.open == 0
    with pytest.raises(OSError, match="Access is denied"):
        windows_log(name="Closed").newest()


def test_recent_events_of_a_file_are_read_for_a_check(tmp_path):
    path = tmp_path / "app.evt"
    path.write_bytes(evt_file([event(1), event(2, at=AT + timedelta(hours=3))]))
    now = AT + timedelta(hours=3, minutes=1)
    heard = recent([], [str(path), str(tmp_path / "none.evt")], timedelta(hours=1), now)
    assert [(entry.source, entry.line) for entry in heard.entries] == [("app.evt", 2)]
    assert [one.partition(":")[0] for one in heard.blind] == ["none.evt"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is an event log on Windows")
def test_where_there_is_no_event_log_none_is_opened():
    assert event_log("Application") is None


async def test_an_event_is_pushed_once_and_a_cleared_log_is_begun_anew(tmp_path):
    outbox = Outbox(tmp_path / "outbox.db", pushes=99, size=99_999)
    captures = Captures(None, None, None)  # no event names a file that could be looked at
    reporter = Reporter(outbox, captures, asyncio.Event())
    log = windows_log(event(7))
    api, logs = log._api, [("Application", log)]

    def pushed():
        return [said_by_agent(frame).entry.line for _, frame in outbox.oldest(0, 99)]

    @contextlib.asynccontextmanager
    async def following():
        task = asyncio.create_task(follow_events(logs, outbox, reporter, every=0.01))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async with following():
        await until(lambda: outbox.mark("event log Application") == "7")
        api.events += [event(8, at=AT + timedelta(1)), event(9, source="Other")]
        await until(lambda: pushed() == [8])
    api.events.append(event(10, at=AT + timedelta(2)))
    async with following():
        await until(lambda: pushed() == [8, 10])
        api.events[:] = [event(1, at=AT + timedelta(3))]
        await until(lambda: pushed() == [8, 10, 1])
    outbox.close()
