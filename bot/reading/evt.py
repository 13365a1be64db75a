"""Read the records of a Windows NT event log file (.evt), also where it is damaged.

The layout is EVENTLOGRECORD of the Windows SDK: 56 fixed bytes, two names, the strings, a SID and
data, and the length once more. https://learn.microsoft.com/windows/win32/api/winnt/ns-winnt-eventlogrecord
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_SIGNATURE = b"LfLe"
_FIXED = struct.Struct("<I4s4I4H6I")
_HEADER = 48
_LONGEST = 256 * 1024  # ReportEvent takes no more than 32 strings of 31,839 characters
_MOST_STRINGS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFields:
    """What an event file stores of one event, before anybody asks what it means."""

    record: int  # the event's number in its log
    at: datetime | None  # when it was reported; aware, UTC
    source: str
    event_id: int  # the lower 16 bits, as viewers show it
    computer: str | None
    strings: tuple[str, ...]  # insertion strings
    message: str | None = None  # the sentence, where the file carries it


def read_evt(data: bytes) -> Iterator[EventFields]:
    """Yield the events of a .evt file, oldest first where it is whole; damaged ones are skipped."""
    start = _oldest(data)
    yield from _walk(data, start, len(data))
    yield from _walk(data, 0, start)


def _oldest(data: bytes) -> int:
    """Return where the oldest record begins, since a full log goes on behind its header."""
    if len(data) < _HEADER or data[:8] != struct.pack("<I4s", _HEADER, _SIGNATURE):
        return 0
    (start,) = struct.unpack_from("<I", data, 16)
    return int(start) if _HEADER <= start < len(data) else 0


def _walk(data: bytes, begin: int, end: int) -> Iterator[EventFields]:
    """Go from signature to signature; the lengths are believed only where they agree."""
    at = begin
    while True:
        signature = data.find(_SIGNATURE, at + 4, end + 4)
        if signature < 0:
            return
        begin = signature - 4
        at = signature
        if begin < 0:
            continue
        raw = _record_bytes(data, begin)
        if raw is None:
            continue
        event = _event(raw)
        if event is not None:
            yield event
        if raw[-4:] == raw[:4]:
            at = begin + len(raw) - 4


def _record_bytes(data: bytes, begin: int) -> bytes | None:
    """Return the bytes of the record, put together where the end of the file cuts it in two."""
    (length,) = struct.unpack_from("<I", data, begin)
    if length == _HEADER:
        return None
    if length < _FIXED.size or length > _LONGEST:
        length = _up_to_next(data, begin)
    raw = data[begin : begin + length]
    missing = length - len(raw)
    if missing:
        rest = data[_HEADER : _HEADER + missing]
        if (raw + rest)[-4:] == raw[:4]:
            raw += rest
    return raw if len(raw) >= _FIXED.size else None


def _up_to_next(data: bytes, begin: int) -> int:
    following = data.find(_SIGNATURE, begin + 8, begin + _LONGEST)
    return (following - 4 if following >= 0 else min(len(data), begin + _LONGEST)) - begin


def _event(raw: bytes) -> EventFields | None:
    fields = _FIXED.unpack_from(raw)
    number, generated, event_id = fields[2], fields[3], fields[5]
    count, offset = fields[7], fields[11]
    source, end = _text(raw, _FIXED.size)
    computer, _ = _text(raw, end)
    if not source.isprintable():
        return None
    return EventFields(
        record=number,
        at=datetime.fromtimestamp(generated, UTC) if generated else None,
        source=source,
        event_id=event_id & 0xFFFF,
        computer=computer or None,
        strings=tuple(_strings(raw, offset, count)),
    )


def _strings(raw: bytes, offset: int, count: int) -> Iterator[str]:
    for _ in range(min(count, _MOST_STRINGS)):
        if not _FIXED.size <= offset < len(raw):
            return
        text, offset = _text(raw, offset)
        yield text


def _text(raw: bytes, offset: int) -> tuple[str, int]:
    """Return the UTF-16 text at an offset and where the next one begins."""
    end = raw.find(b"\x00\x00", offset)
    while end >= 0 and (end - offset) % 2:
        end = raw.find(b"\x00\x00", end + 1)
    if end < 0:
        end = offset + (len(raw) - offset) // 2 * 2
    return raw[offset:end].decode("utf-16-le", "replace"), end + 2
