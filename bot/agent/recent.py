"""What the named logs and event logs report of the last hours, for the bot's own analysis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.agent.entries import Entries, Entry
from bot.agent.events import event_log, space_events
from bot.agent.following import Piece, put_aside
from bot.agent.lines import whole_lines
from bot.agent.opening import open_log
from bot.reading.formats import LOG_FORMATS
from bot.reading.unmangle import read_page

_END = 1024 * 1024  # bytes at the end of a log that are read
_HEAD = 64 * 1024
_LAST = 20  # lines in which the newest time of a log is looked for
MOST = 100  # entries of one source


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was found, and which sources could not be read."""

    entries: tuple[Entry, ...]
    blind: tuple[str, ...]


def recent(logs: Iterable[Path], events: Iterable[str], back: timedelta, now: datetime) -> Heard:
    """Return the entries of the last `back` of all sources; `now` is aware."""
    entries: list[Entry] = []
    blind: list[str] = []
    for log in logs:
        try:
            entries += _of_log(log, back, now)
        except OSError as error:
            blind.append(f"{log.name}: {error.strerror or error}")
    for source in events:
        try:
            entries += _of_events(source, back, now)
        except OSError as error:
            blind.append(f"{Path(source).name}: {error.strerror or error}")
    return Heard(entries=tuple(entries), blind=tuple(blind))


def _of_log(log: Path, back: timedelta, now: datetime) -> list[Entry]:
    """Return the recent entries of a log, and of the one that was put aside before it."""
    found: list[Entry] = []
    if put_aside(log).is_file():
        found += _of_file(put_aside(log), back, now)
    return (found + _of_file(log, back, now))[-MOST:]


def _of_file(path: Path, back: timedelta, now: datetime) -> list[Entry]:
    piece, written = _end_of(path)
    lines = whole_lines(piece)
    entries = Entries(path.name).read(lines)
    # By the log's own clock: its stamps have no zone, and may be of a machine whose clock is
    # wrong, but its last line was written when the file was.
    idle = now - written
    newest = _newest(lines.text)
    return [entry for entry in entries if idle + _older(entry.at, newest) <= back]


def _older(at: datetime | None, newest: datetime | None) -> timedelta:
    """Return by how much an entry is older than the newest line; without times not at all."""
    if at is None or newest is None:
        return timedelta()
    return max(timedelta(), newest.replace(tzinfo=None) - at.replace(tzinfo=None))


def _end_of(path: Path) -> tuple[Piece, datetime]:
    with open_log(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(_HEAD)
        start = max(0, size - _END) // 4 * 4  # whole letters of every encoding
        file.seek(start)
        data = file.read(_END + 4)
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if start:
        data = data[data.find(b"\n") + 1 :] if b"\x00" not in data[:64] else data
    return Piece(data=data, head=head, line=1 if start == 0 else 0, closed=True), written


def _newest(text: str) -> datetime | None:
    """Return the latest time that the last lines of a log carry."""
    rows = text.rstrip("\n").split("\n")[-_LAST:]
    page = read_page("", 1, "\n".join(rows))
    found = []
    for start in page.starts:
        for form in LOG_FORMATS:
            frame = form.frame(page, start, min(start + 1, len(page.text)))
            if frame is not None:
                if frame.at is not None:
                    found.append(frame.at.value.replace(tzinfo=None))
                break
    return max(found, default=None)


def _of_events(source: str, back: timedelta, now: datetime) -> list[Entry]:
    log = event_log(source)
    if log is None:
        raise OSError(0, f"{source} is no event log of this system")
    found = space_events(log, Path(source).name, 0)
    return [entry for entry in found if entry.at is None or now - entry.at <= back][-MOST:]
