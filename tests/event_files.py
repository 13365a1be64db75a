"""Writers of .evt and .evtx files, which no library offers: enough for readers to accept them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_FILE_HEADER = 4096
_CHUNK = 65536
_CHUNK_HEADER = 512
_ERROR = 1
_WIDE, _WORD, _FILETIME, _QUAD, _WIDE_ARRAY = 0x01, 0x06, 0x11, 0x0A, 0x81


@dataclass(frozen=True, kw_only=True)
class Written:
    """One event for a file."""

    number: int = 1
    at: datetime = datetime(1998, 9, 10, 14, 55, 37, tzinfo=UTC)
    source: str = "SMS"
    event_id: int = 109
    qualifiers: int = 0xC000
    computer: str = "NTSITE1"
    strings: Sequence[str] = ()
    message: str | None = None  # only forwarded events carry one


# ------------------------------------------------------------------------------- .evt


def evt_record(event: Written, *, sid: bytes = b"", data: bytes = b"") -> bytes:
    """Return one EVENTLOGRECORD."""
    names = _zero_ended(event.source) + _zero_ended(event.computer)
    strings = b"".join(map(_zero_ended, event.strings))
    sid_at = 56 + len(names) + -(56 + len(names)) % 4
    strings_at = sid_at + len(sid)
    data_at = strings_at + len(strings)
    length = data_at + len(data) + -(data_at + len(data)) % 4 + 4
    seconds = int(event.at.timestamp())
    fixed = struct.pack(
        "<I4s4I4H6I",
        *(length, b"LfLe", event.number, seconds, seconds),
        event.qualifiers << 16 | event.event_id,
        *(_ERROR, len(event.strings), 7, 0, 0, strings_at),
        *(len(sid), sid_at, len(data), data_at),
    )
    body = (fixed + names).ljust(sid_at, b"\x00") + sid + strings + data
    return body.ljust(length - 4, b"\x00") + struct.pack("<I", length)


def evt_file(events: Sequence[Written]) -> bytes:
    """Return a whole .evt file."""
    records = b"".join(map(evt_record, events))
    return evt_around(records, start=48, end=48 + len(records), events=events)


def evt_around(records: bytes, *, start: int, end: int, events: Sequence[Written]) -> bytes:
    """Return a .evt file around record bytes that may already hold its end in their middle."""
    first, following = events[0].number, events[-1].number + 1
    header = struct.pack(
        "<I4s10I", 48, b"LfLe", 1, 1, start, end, following, first, 48 + len(records), 0, 0, 48
    )
    return header + records + evt_end(start=start, end=end, first=first, following=following)


def evt_end(*, start: int, end: int, first: int, following: int) -> bytes:
    """Return the record that marks the newest end of a log."""
    signature = (0x11111111, 0x22222222, 0x33333333, 0x44444444)
    return struct.pack("<10I", 40, *signature, start, end, following, first, 40)


def evt_wrapped(events: Sequence[Written], *, split: int) -> bytes:
    """Return a full log: its newest events stand in front, and the oldest-but-last is cut in two.

    `split` is how many bytes of the record in the middle still fit at the end of the file.
    """
    records = [evt_record(event) for event in events]
    middle = len(records) // 2
    front = records[middle][split:] + b"".join(records[middle + 1 :])
    first, following = events[0].number, events[-1].number + 1
    end = 48 + len(front)
    start = end + 40
    back = b"".join(records[:middle]) + records[middle][:split]
    mark = evt_end(start=start, end=end, first=first, following=following)
    size = start + len(back)
    header = struct.pack("<I4s10I", 48, b"LfLe", 1, 1, start, end, following, first, size, 2, 0, 48)
    return header + front + mark + back


def _zero_ended(text: str) -> bytes:
    return text.encode("utf-16-le") + b"\x00\x00"


# ------------------------------------------------------------------------------- .evtx


def evtx_file(events: Sequence[Written], *, per_chunk: int = 50) -> bytes:
    """Return a whole .evtx file."""
    groups = [events[at : at + per_chunk] for at in range(0, len(events), per_chunk)]
    chunks = b"".join(_Chunk().written(group) for group in groups)
    header = struct.pack(
        "<8s3QI4H",
        *(b"ElfFile\x00", 0, max(0, len(groups) - 1), events[-1].number + 1 if events else 1),
        *(128, 1, 3, _FILE_HEADER, len(groups)),
    ).ljust(120, b"\x00")
    crc = struct.pack("<II", 0, zlib.crc32(header))
    return (header + crc).ljust(_FILE_HEADER, b"\x00") + chunks


class _Chunk:
    """One chunk of 64 KiB while it is written."""

    def __init__(self) -> None:
        self.data = bytearray(_CHUNK_HEADER)
        self.names: dict[str, int] = {}
        self.buckets = [0] * 64
        self.templates: dict[bool, int] = {}  # by whether the event carries a message

    def written(self, events: Sequence[Written]) -> bytes:
        last = 0
        for event in events:
            last = len(self.data)
            self.record(event)
        free = len(self.data)
        first, final = events[0].number, events[-1].number
        crc = zlib.crc32(self.data[_CHUNK_HEADER:])
        head = struct.pack(
            "<8s4Q4I", b"ElfChnk\x00", first, final, first, final, 128, last, free, crc
        )
        self.data[: len(head)] = head
        self.data[128:384] = struct.pack("<64I", *self.buckets)
        whole = zlib.crc32(self.data[:120] + self.data[128:_CHUNK_HEADER])
        self.data[124:128] = struct.pack("<I", whole)
        if free > _CHUNK:
            raise ValueError("too many events for one chunk")
        return bytes(self.data).ljust(_CHUNK, b"\x00")

    def record(self, event: Written) -> None:
        start = len(self.data)
        ticks = (event.at - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
        self.data += struct.pack("<IIQQ", 0x2A2A, 0, event.number, ticks)
        self.data += b"\x0f\x01\x01\x00"
        self.template(carries_message=event.message is not None)
        self.values(event, ticks)
        self.data += b"\x00"
        size = len(self.data) - start + 4
        self.data += struct.pack("<I", size)
        self.data[start + 4 : start + 8] = struct.pack("<I", size)

    def template(self, *, carries_message: bool) -> None:
        known = self.templates.get(carries_message)
        number = 7 + carries_message
        self.data += struct.pack("<BBI", 0x0C, 1, number)
        if known is not None:
            self.data += struct.pack("<I", known)
            return
        begin = self.templates[carries_message] = len(self.data) + 4
        self.data += struct.pack("<II", begin, 0)
        self.data += struct.pack("<I", number) + bytes(12)
        size_at = len(self.data)
        self.data += bytes(4) + b"\x0f\x01\x01\x00"
        self.event(carries_message=carries_message)
        self.data += b"\x00"
        self.data[size_at : size_at + 4] = struct.pack("<I", len(self.data) - size_at - 4)
        slot = 384 + 4 * (number % 32)
        self.data[slot : slot + 4] = struct.pack("<I", begin)

    def event(self, *, carries_message: bool) -> None:
        with_id = [("Qualifiers", 1, _WORD)]
        system = [
            lambda: self.element("Provider", [("Name", 0, _WIDE)]),
            lambda: self.element("EventID", with_id, lambda: self.slot(2, _WORD)),
            lambda: self.element("TimeCreated", [("SystemTime", 3, _FILETIME)]),
            lambda: self.element("EventRecordID", [], lambda: self.slot(4, _QUAD)),
            lambda: self.element("Computer", [], lambda: self.slot(5, _WIDE)),
        ]
        parts = [
            lambda: self.element("System", [], *system),
            lambda: self.element("EventData", [], self.strings_element),
        ]
        if carries_message:
            message = lambda: self.element("Message", [], lambda: self.slot(7, _WIDE))  # noqa: E731
            parts.append(lambda: self.element("RenderingInfo", [], message))
        self.element("Event", [], *parts)

    def strings_element(self) -> None:
        self.element("Data", [], lambda: self.slot(6, _WIDE_ARRAY))

    def element(self, name, attributes, *content) -> None:  # type: ignore[no-untyped-def]
        self.data += struct.pack("<BH", 0x41 if attributes else 0x01, 0xFFFF)
        size_at = self.hole()
        self.name(name)
        if attributes:
            list_at = self.hole()
            for number, (attribute, slot, kind) in enumerate(attributes, 1):
                self.data += b"\x46" if number < len(attributes) else b"\x06"
                self.name(attribute)
                self.slot(slot, kind)
            self.fill(list_at)
        if content:
            self.data += b"\x02"
            for part in content:
                part()
            self.data += b"\x04"
        else:
            self.data += b"\x03"
        self.fill(size_at)

    def hole(self) -> int:
        self.data += bytes(4)
        return len(self.data)

    def fill(self, end: int) -> None:
        self.data[end - 4 : end] = struct.pack("<I", len(self.data) - end)

    def slot(self, number: int, kind: int) -> None:
        self.data += struct.pack("<BHB", 0x0D, number, kind)

    def name(self, name: str) -> None:
        known = self.names.get(name)
        if known is not None:
            self.data += struct.pack("<I", known)
            return
        self.data += struct.pack("<I", len(self.data) + 4)
        self.names[name] = len(self.data)
        code = 0
        for char in name:
            code = (code * 65599 + ord(char)) & 0xFFFFFFFF
        bucket = (code & 0xFFFF) % 64
        self.data += struct.pack("<IHH", self.buckets[bucket], code & 0xFFFF, len(name))
        self.data += _zero_ended(name)
        self.buckets[bucket] = self.names[name]

    def values(self, event: Written, ticks: int) -> None:
        values = [
            (_WIDE, event.source.encode("utf-16-le")),
            (_WORD, struct.pack("<H", event.qualifiers)),
            (_WORD, struct.pack("<H", event.event_id)),
            (_FILETIME, struct.pack("<Q", ticks)),
            (_QUAD, struct.pack("<Q", event.number)),
            (_WIDE, event.computer.encode("utf-16-le")),
            (_WIDE_ARRAY, b"".join(map(_zero_ended, event.strings))),
        ]
        if event.message is not None:
            values.append((_WIDE, event.message.encode("utf-16-le")))
        self.data += struct.pack("<I", len(values))
        for kind, value in values:
            self.data += struct.pack("<HBB", len(value), kind, 0)
        for _, value in values:
            self.data += value
