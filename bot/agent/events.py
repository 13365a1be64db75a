"""Events 109 of SMS in an event log, written as the XML that every reader of events knows."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from bot.agent.entries import Entry
from bot.agent.opening import open_log
from bot.reading import recognises
from bot.reading.containers import SPACE_EVENT, Container
from bot.reading.evt import EventFields, read_evt

_LARGEST = 64 * 1024 * 1024  # bytes of an event file
_LONGEST = 4000  # characters of an entry that is sent
_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


Said = Callable[[Any, str], str]  # an event's sentence, by the text of the program that wrote it


class EventLog(Protocol):
    """An event log that can be read from a record on."""

    def newest(self) -> int:
        """Return the number of the last record, 0 where there is none; raise OSError."""

    def after(self, record: int) -> Iterator[EventFields]:
        """Yield the events behind a record, oldest first; raise OSError."""


class EventFile:
    """An exported event log."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> int:
        """Return the number of the last record."""
        return max((event.record for event in self.after(0)), default=0)

    def after(self, record: int) -> Iterator[EventFields]:
        """Yield the events behind a record."""
        with open_log(self._path) as file:
            data = file.read(_LARGEST)
        for event in _decoded(data):
            if event.record > record:
                yield event


class WindowsLog:
    """An event log of this Windows server, through the API that Windows NT 3.1 had already."""

    def __init__(self, name: str, api: Any, error: type[Exception], said: Said) -> None:
        """Take the log's name, pywin32's functions, its exception, and what words an event."""
        self._name, self._api, self._error, self._said = name, api, error, said

    def newest(self) -> int:
        """Return the number of the last record."""
        with self._open() as handle:
            count = self._api.GetNumberOfEventLogRecords(handle)
            return int(self._api.GetOldestEventLogRecord(handle) + count - 1) if count else 0

    def after(self, record: int) -> Iterator[EventFields]:
        """Yield the events behind a record, oldest first."""
        how = self._api.EVENTLOG_BACKWARDS_READ | self._api.EVENTLOG_SEQUENTIAL_READ
        found: list[EventFields] = []
        with self._open() as handle:
            # seeking by number fails once records were overwritten, so it is read from the end
            while rows := self._api.ReadEventLog(handle, how, 0):
                found += [self._fields(row) for row in rows if row.RecordNumber > record]
                if rows[-1].RecordNumber <= record + 1:
                    break
        yield from reversed(found)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        try:
            handle = self._api.OpenEventLog(None, self._name)
            try:
                yield handle
            finally:
                self._api.CloseEventLog(handle)
        except self._error as error:
            raise OSError(0, f"{self._name}: {error}") from error

    def _fields(self, row: Any) -> EventFields:
        event_id = row.EventID & 0xFFFF
        return EventFields(
            record=row.RecordNumber,
            at=datetime.fromtimestamp(row.TimeGenerated.timestamp(), UTC),
            source=row.SourceName,
            event_id=event_id,
            computer=row.ComputerName,
            strings=tuple(row.StringInserts or ()),
            message=self._worded(row) if event_id == SPACE_EVENT else None,
        )

    def _worded(self, row: Any) -> str | None:
        """Return the sentence; where its program is not installed Windows only excuses itself."""
        sentence = self._said(row, self._name)
        return sentence if recognises(sentence) else None


def event_log(source: str) -> EventLog | None:
    """Return the event log that a configuration names; None where this system has no such."""
    if source.lower().endswith((".evt", ".evtx")):
        return EventFile(Path(source))
    if sys.platform != "win32":
        return None
    return WindowsLog(
        source,
        importlib.import_module("win32evtlog"),
        importlib.import_module("pywintypes").error,
        importlib.import_module("win32evtlogutil").SafeFormatMessage,
    )


def space_events(log: EventLog, source: str, record: int) -> list[Entry]:
    """Return the events 109 of SMS behind a record."""
    return [_entry(event, source) for event in log.after(record) if _is_of_sms(event)]


def _entry(event: EventFields, source: str) -> Entry:
    return Entry(source=source, line=event.record, text=as_xml(event)[:_LONGEST], at=event.at)


def as_xml(event: EventFields) -> str:
    """Return an event as Windows itself exports it, on one line."""
    at = f"<TimeCreated SystemTime={quoteattr(_time(event.at))}/>" if event.at else ""
    data = "".join(f"<Data>{escape(text)}</Data>" for text in event.strings)
    message = event.message or ""
    said = f"<RenderingInfo><Message>{escape(message)}</Message></RenderingInfo>" if message else ""
    text = (
        f"<Event xmlns='{_NAMESPACE}'><System><Provider Name={quoteattr(event.source)}/>"
        f"<EventID>{event.event_id}</EventID>{at}<EventRecordID>{event.record}</EventRecordID>"
        f"<Computer>{escape(event.computer or '')}</Computer></System>"
        f"<EventData>{data}</EventData>{said}</Event>"
    )
    return " ".join(text.split())


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_of_sms(event: EventFields) -> bool:
    container = Container(
        format="", start=0, end=0, event_id=event.event_id & 0xFFFF, source=event.source
    )
    return event.event_id & 0xFFFF == SPACE_EVENT and container.is_space_event()


def _decoded(data: bytes) -> Iterator[EventFields]:
    if data.startswith(b"ElfFile\x00"):
        from bot.reading.evtx import read_evtx  # the extension module costs every start otherwise

        yield from read_evtx(data)
    else:
        yield from read_evt(data)
