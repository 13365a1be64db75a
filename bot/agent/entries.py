"""What new lines of a log report: failures, their later successes, and events 109."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.agent.lines import Lines
from bot.model import EventRecord, LogRecord
from bot.reading import recognises
from bot.reading.records import event_records, log_records
from bot.reading.unmangle import read_page
from bot.rules import LOCKED

_AROUND = 8  # lines before new ones, in which an entry that is now whole may begin
_UNCLOSED = 64  # lines of one entry of ConfigMgr, at most
_AT_ONCE = 400  # lines that are read as one page
_FAILED = 2000  # files whose success would be told
_OPEN, _CLOSED = "<![LOG[", "]LOG]!>"
_SUCCESS = re.compile(r",\s{0,4}OK\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry that the bot is to hear of."""

    source: str
    line: int
    text: str
    path: str | None = None
    locked: bool = False  # the failure of a copy or open with Win32 error 32
    at: datetime | None = None  # as the log wrote it; with one, the same text is the same entry
    succeeded: bool = False


class Entries:
    """Reads the entries of one log in the order in which they are written."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._around: list[str] = []
        self._open = False  # whether the last of these lines may go on
        self._told: set[int] = set()
        self._failed: OrderedDict[str, None] = OrderedDict()

    def read(self, lines: Lines) -> list[Entry]:
        """Return what the new lines report, together with the last ones before them."""
        rows = lines.text.split("\n")
        is_open = rows[-1] != ""
        rows = rows if is_open else rows[:-1]
        if self._open:
            rows[0] = self._around.pop() + rows[0]
        self._open = is_open
        found: list[Entry] = []
        for start in range(0, len(rows), _AT_ONCE):
            found += self._page(rows[start : start + _AT_ONCE], lines.line + start)
        return found

    def restart(self) -> None:
        """Forget the lines before: what comes is the beginning of another file."""
        self._around, self._open, self._told = [], False, set()

    def _page(self, rows: list[str], first: int) -> list[Entry]:
        held = self._around + rows
        begin = first - len(self._around)
        text = "\n".join(held)
        found = list(self._new(text, begin)) if self._concerns(text) else []
        self._around = held[-_kept(held) :]
        oldest = begin + len(held) - len(self._around)
        self._told = {line for line in self._told if line >= oldest}
        return found

    def _concerns(self, text: str) -> bool:
        return recognises(text) or bool(self._failed and _SUCCESS.search(text))

    def _new(self, text: str, begin: int) -> Iterator[Entry]:
        page = read_page(self._source, begin, text)
        records: list[LogRecord | EventRecord] = [*log_records(page), *event_records(page)]
        for record in sorted(records, key=lambda each: each.quote.line):
            line = record.quote.line
            if line in self._told or not self._matters(record):
                continue
            self._told.add(line)
            yield entry_of(record, self._source)

    def _matters(self, record: LogRecord | EventRecord) -> bool:
        """Tell whether to report a record: a success only after a failure of the same file."""
        if isinstance(record, EventRecord):
            return True
        key = (record.path or "").casefold()
        if record.succeeded:
            return self._failed.pop(key, self) is None
        if key:
            self._failed[key] = None
            if len(self._failed) > _FAILED:
                self._failed.popitem(last=False)
        return True


def entry_of(record: LogRecord | EventRecord, source: str) -> Entry:
    """Return a record as it goes to the bot: the lines themselves, for the bot's own analysis."""
    if isinstance(record, EventRecord):
        at = record.at[0].value if record.at else None
        return Entry(source=source, line=record.quote.line, text=record.quote.text, at=at)
    return Entry(
        source=source,
        line=record.quote.line,
        text=record.quote.text,
        path=record.path,
        locked=record.win32_error == LOCKED and not record.succeeded,
        at=record.at.value if record.at else None,
        succeeded=record.succeeded,
    )


def _kept(rows: list[str]) -> int:
    """Return how many of the last lines may belong to an entry that goes on."""
    for back in range(1, min(len(rows), _UNCLOSED) + 1):
        row = rows[-back]
        if _CLOSED in row:
            break
        if _OPEN in row:
            return max(back, _AROUND)
    return _AROUND
