"""What the readers of event containers share: a container's fields, and how labels mark them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Stamp
from bot.reading.moments import moments
from bot.reading.page import Page

SPACE_EVENT = 109
_REACH = 4000  # characters that one container may take
_SMS = re.compile(
    r"SMS(?:[\s_].*)?|Microsoft Systems Management Server.*", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One event as some program shows it; offsets are of the page's text."""

    format: str
    start: int
    end: int
    event_id: int | None = None
    source: str | None = None
    computer: str | None = None
    at: tuple[Stamp, ...] = ()
    component: str | None = None
    package: str | None = None  # where the container names it outside the sentence
    strings: str | None = None  # insertion strings, in which a UNC name is found by its shape

    def is_space_event(self) -> bool:
        """Tell whether this is SMS' event 109 without looking at its sentence."""
        return self.event_id == SPACE_EVENT and bool(self.source and _SMS.fullmatch(self.source))


class Spans:
    """Stretches of a text, asked which of them lie across another."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._order = sorted(range(len(spans)), key=lambda index: spans[index][0])
        self._starts = [spans[index][0] for index in self._order]
        self._ends = [spans[index][1] for index in self._order]
        self._longest = max((end - start for start, end in spans), default=0)

    def across(self, start: int, end: int) -> list[int]:
        """Return the places, in the given sequence, of the spans that share a character."""
        first = bisect_left(self._starts, start - self._longest)
        last = bisect_left(self._starts, end)
        return sorted(self._order[at] for at in range(first, last) if self._ends[at] > start)

    def touch(self, start: int, end: int) -> bool:
        """Tell whether any span shares a character with the stretch."""
        return bool(self.across(start, end))


class Boxes:
    """The containers of a page, in the order of the formats that found them."""

    def __init__(self, boxes: Sequence[Container]) -> None:
        self._boxes = boxes
        self._spans = Spans([(box.start, box.end) for box in boxes])

    def across(self, start: int, end: int) -> list[Container]:
        """Return the containers that share a character with a stretch of the page's text."""
        return [self._boxes[at] for at in self._spans.across(start, end)]

    def space_events(self) -> Iterator[tuple[int, int]]:
        """Yield where events 109 of SMS are; containers that overlap show one event."""
        spans = sorted((box.start, box.end) for box in self._boxes if box.is_space_event())
        start, end = -1, -1
        for begin, stop in spans:
            if begin < end:
                end = max(end, stop)
                continue
            if end > 0:
                yield start, end
            start, end = begin, stop
        if end > 0:
            yield start, end


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """A container whose fields stand behind labels, on lines of their own or all on one.

    `fields` maps a field to the label's pattern; a container begins at a label of `opening`,
    and needs all of `required`.
    """

    format: str
    fields: Mapping[str, str]
    opening: tuple[str, ...]
    required: tuple[str, ...]
    own_line: bool = False  # whether a label counts only at the beginning of a line

    def containers(self, page: Page) -> Iterator[Container]:
        """Yield the containers of a page."""
        hits = list(self._pattern().finditer(page.text))
        group: list[re.Match[str]] = []
        for hit in hits:
            seen = {other.lastgroup for other in group}
            far = bool(group) and hit.start() - group[0].start() > _REACH
            if far or (hit.lastgroup in seen and self._divides(hit, seen)):
                yield from self._container(page, group, hit.start())
                group = []
            if not group or hit.lastgroup not in seen:
                group.append(hit)
        yield from self._container(page, group, len(page.text))

    def _divides(self, hit: re.Match[str], seen: set[str | None]) -> bool:
        if hit.lastgroup == "other":
            return False
        return hit.lastgroup in self.opening or not seen.intersection(self.opening)

    def _pattern(self) -> re.Pattern[str]:
        before = r"(?m:^|\")[ \t\"'*|]*" if self.own_line else r"(?<![\w.])(?=[A-Za-z\"])"
        inner = "|".join(f"(?P<{field}>{label})" for field, label in self.fields.items())
        return _compiled(f"{before}(?:{inner})")

    def _container(self, page: Page, group: list[re.Match[str]], limit: int) -> Iterator[Container]:
        names = {hit.lastgroup for hit in group}
        if not names.issuperset(self.required):
            return
        values: dict[str, str] = {}
        ends = [hit.start() for hit in group[1:]] + [min(limit, group[-1].end() + _REACH)]
        for hit, end in zip(group, ends, strict=True):
            values[str(hit.lastgroup)] = page.text[hit.end() : end]
        yield made(self.format, group[0].start(), ends[-1], values)


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern not in _PATTERNS:
        _PATTERNS[pattern] = re.compile(pattern, re.IGNORECASE)
    return _PATTERNS[pattern]


def made(format_: str, start: int, end: int, values: Mapping[str, str]) -> Container:
    """Build a container from its fields' texts: id, source, computer, date, time, component, …"""
    return Container(
        format=format_,
        start=start,
        end=end,
        event_id=event_number(values.get("id", "")),
        source=first_line(values.get("source", "")),
        computer=first_line(values.get("computer", "")),
        at=moments(values.get("date", "")[:80], values.get("time", "")[:40]),
        component=first_line(values.get("component", "")),
        package=first_line(values.get("package", "")),
        strings=values.get("strings"),
    )


def event_number(text: str) -> int | None:
    """Read an event id; an instance id of 32 bits holds it in its lower half."""
    match = re.search(r"\d{1,10}", text[:80])
    return int(match[0]) & 0xFFFF if match else None


def first_line(text: str) -> str | None:
    """Return the first line of a field's text without what surrounds it, or None."""
    lines = text.strip(" \t\n\"',;|*`").splitlines()
    return lines[0].strip(" \t\"',;|*`")[:128] or None if lines else None
