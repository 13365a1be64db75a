"""Bytes in, records out: what the logs and events in one input report."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from bot.model import EventRecord, Input, LogRecord
from bot.reading.decode import EventFile, Text, unpack
from bot.reading.formats import MARKS, WHOLE_ENTRY
from bot.reading.page import Squeezed
from bot.reading.records import event_records, log_records
from bot.reading.scan import WHOLE, Scan
from bot.reading.search import word_finder
from bot.reading.sources import Limits, Source
from bot.reading.unmangle import read_page
from bot.reading.words import Core

__all__ = ["Reading", "healed", "read", "recognises"]

_ASCII = re.compile(r"[\x20-\x7e]+")
OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one input (or one member of an archive) held."""

    input: Input
    logs: tuple[LogRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()
    text: Text | None = None  # for a second look, when the input was only scanned


# what `re` takes for an ASCII letter when case is ignored, and lower() does not make one
_LIKE_ASCII = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")


@cache
def _marks() -> list[tuple[tuple[str, ...], re.Pattern[str]]]:
    """Return each mark with words of which every match holds one: they are found far faster."""
    squeezed = (re.sub(r"\\s\{\d,\d\}| |\\W$", "", mark) for mark in MARKS)
    marks = dict.fromkeys((*MARKS, *squeezed))
    return [(Core.of(mark).words or ("",), re.compile(mark, re.IGNORECASE)) for mark in marks]


def _is_marked(text: str) -> bool:
    folded = (text if text.isascii() else text.translate(_LIKE_ASCII)).lower()
    return any(
        any(word in folded for word in words) and mark.search(text) for words, mark in _marks()
    )


def recognises(text: str) -> bool:
    """Tell cheaply whether a pasted text may hold anything that analysis would recognise.

    It errs towards yes: a text it refuses has no finding.
    """
    page = read_page("", 1, text)
    return _is_marked(page.text) or _is_marked(Squeezed.of(page.text).text)


def read(source: Source, limits: Limits, on_bytes: OnBytes | None = None) -> Iterator[Reading]:
    """Read an input, whatever it is packed in; an input that fails has its `error` set."""
    for content in unpack(source, limits):
        if isinstance(content, Input):
            yield Reading(input=content)
        elif isinstance(content, EventFile):
            yield _read_event_file(content)
        else:
            yield _read_text(content, on_bytes)


def healed(text: Text, paths: Sequence[str], on_bytes: OnBytes | None = None) -> list[LogRecord]:
    """Look through a scanned input again for `…, OK` lines about the given paths."""
    said = {
        "\\".join(path.split("\\")[-2:]) + ending for path in paths for ending in (", OK", ",OK")
    }
    # Other letters are other bytes in every encoding, so that a name is found by its longest run.
    find = word_finder([max(_ASCII.findall(text), key=len) for text in said])
    return [
        record
        for passage in Scan(text, (), on_bytes, alone=WHOLE_ENTRY, find=find)
        for record in log_records(read_page(text.name, passage.first_line, passage.text))
        if record.succeeded and passage.owns(record.quote.line)
    ]


def _read_text(text: Text, on_bytes: OnBytes | None) -> Reading:
    scan = Scan(text, MARKS, on_bytes, alone=WHOLE_ENTRY)
    logs: list[LogRecord] = []
    events: list[EventRecord] = []
    for passage in scan:
        page = read_page(text.name, passage.first_line, passage.text)
        logs += [record for record in log_records(page) if passage.owns(record.quote.line)]
        events += [record for record in event_records(page) if passage.owns(record.quote.line)]
    return Reading(
        input=Input(
            name=text.name,
            bytes=text.size,
            lines=scan.lines,
            encoding=scan.encoding,
            error=text.error,
        ),
        logs=tuple(_in_time_order(logs)),
        events=tuple(events),
        text=text if text.size > WHOLE else None,
    )


def _read_event_file(file: EventFile) -> Reading:
    from bot.reading.event_files import event_file_records  # costs every start otherwise

    records, count = event_file_records(file)
    return Reading(
        input=Input(name=file.name, bytes=file.size, lines=count, error=file.error),
        events=tuple(records),
    )


def _in_time_order(logs: list[LogRecord]) -> list[LogRecord]:
    """Turn round what a viewer showed newest first, so that order means time again."""
    times = [record.at.value.replace(tzinfo=None) for record in logs if record.at]
    pairs = list(itertools.pairwise(times))
    falls = sum(later < earlier for earlier, later in pairs)
    rises = sum(later > earlier for earlier, later in pairs)
    if falls <= rises:
        return logs
    orders = sorted((record.order for record in logs), reverse=True)
    return [
        replace(record, order=-order) for record, order in zip(logs, orders[::-1], strict=True)
    ][::-1]
