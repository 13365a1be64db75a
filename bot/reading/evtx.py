"""Read the records of a .evtx file, chunk by chunk, so that a damaged one costs no other."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bot.reading.evt import EventFields

_HEADER = 4096
_CHUNK = 65536
_TABLES = slice(128, 512)  # where names and templates lie; a loop in them would never end
_END = object()
_MAGIC = b"ElfChnk\x00"


def read_evtx(data: bytes) -> Iterator[EventFields]:
    """Yield the events of a .evtx file; damaged ones are skipped."""
    for begin in _chunks(data):
        yield from _chunk_events(data[begin : begin + _CHUNK])


def _chunks(data: bytes) -> Iterator[int]:
    """Yield where chunks begin, also when bytes before them were lost."""
    at = data.find(_MAGIC)
    while at >= 0:
        yield at
        at = data.find(_MAGIC, at + _CHUNK)


def _chunk_events(chunk: bytes) -> Iterator[EventFields]:
    from evtx import PyEvtxParser  # needed for event files only

    file = io.BytesIO(_file_of(chunk))
    records = _tried(lambda: PyEvtxParser(file, number_of_threads=1).records_json())
    if records is None:
        return
    while (event := _tried(lambda: _next(records))) is not _END:
        if event is not None:
            yield event


def _next(records: Iterator[dict[str, Any]]) -> Any:
    record = next(records, None)
    return _END if record is None else _event(json.loads(record["data"], strict=False))


def _file_of(chunk: bytes) -> bytes:
    """Return the chunk as a file of its own."""
    header = bytearray(_HEADER)
    header[0:8] = b"ElfFile\x00"
    header[24:32] = (1).to_bytes(8, "little")  # the next record's number
    header[32:36] = (128).to_bytes(4, "little")
    header[36:42] = b"\x01\x00\x03\x00\x00\x10"  # version 3.1, size of this block
    header[42:44] = (1).to_bytes(2, "little")  # chunks
    body = bytearray(chunk.ljust(_CHUNK, b"\x00"))
    body[_TABLES] = bytes(_TABLES.stop - _TABLES.start)
    return bytes(header + body)


def _tried(step: Callable[[], Any]) -> Any:
    """Return what the parser gives, or None for a damaged record."""
    try:
        return step()
    except (RuntimeError, OSError, ValueError):
        return None
    except BaseException as problem:  # a panic of Rust is no Exception
        if type(problem).__name__ != "PanicException":
            raise
        return None


def _event(document: Any) -> EventFields | None:
    event = _child(document, "Event")
    system = _child(event, "System")
    provider = _child(_child(system, "Provider"), "#attributes")
    number, event_id = _text(system, "EventRecordID"), _text(system, "EventID")
    if not number.isdecimal() or not event_id.isdecimal():
        return None
    written = _child(_child(system, "TimeCreated"), "#attributes").get("SystemTime")
    return EventFields(
        record=int(number),
        at=_moment(written),
        source=_text(provider, "EventSourceName") or _text(provider, "Name"),
        event_id=int(event_id) & 0xFFFF,
        computer=_text(system, "Computer") or None,
        strings=_strings(event),
        message=_text(_child(event, "RenderingInfo"), "Message") or None,
    )


def _child(node: Any, name: str) -> dict[str, Any]:
    child = node.get(name) if isinstance(node, dict) else None
    return child if isinstance(child, dict) else {}


def _text(node: dict[str, Any], name: str) -> str:
    """Return an element's text, with or without attributes beside it."""
    value = node.get(name)
    if isinstance(value, dict):
        value = value.get("#text")
    return str(value) if isinstance(value, str | int) else ""


def _moment(written: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _strings(event: dict[str, Any]) -> tuple[str, ...]:
    values = (*_leaves(event.get("EventData")), *_leaves(event.get("UserData")))
    return values if values != ("",) else ()


def _leaves(node: Any) -> Iterator[str]:
    """Yield the texts below a node in their order, without attributes and raw data."""
    if isinstance(node, dict):
        for name, child in node.items():
            if name not in ("#attributes", "Binary"):
                yield from _leaves(child)
    elif isinstance(node, list):
        for child in node:
            yield from _leaves(child)
    elif node is not None:
        yield str(node)
