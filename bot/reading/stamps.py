"""The stamp `$$<COMPONENT><time><thread=…>` with which SMS and ConfigMgr servers end an entry."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Stamp
from bot.reading.page import Page

# Articles and pastes have one "$", ">" for "<", a missing or doubled bracket, or no time at all.
_STAMP = re.compile(
    r"\${1,2}[<>](?P<component>[^<>$]{1,64})[<>]{0,2}"
    r"(?:(?P<time>[^<>$]{10,90})[<>]{0,3}thread=(?P<thread>[0-9A-Fa-f]{1,10})(?![0-9A-Fa-f])"
    r"(?P<hexadecimal>\(0x[0-9A-Fa-f]{1,8}\)?)?>?)?",
    re.IGNORECASE,
)
_REACH = 400  # characters between what a line says and its stamp
_NEXT_ENTRY = re.compile(r"\n\s*(?=[~A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds a statement in its log: which component wrote it, when, on which thread."""

    end: int  # offset in the page's text
    start: int | None = None  # where the entry begins, when the frame tells
    at: Stamp | None = None
    component: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawStamp:
    """A stamp as found, its time not yet read."""

    end: int
    component: str
    time: str  # may hold line breaks
    thread: str | None
    has_hexadecimal: bool


def stamp_after(page: Page, end: int) -> RawStamp | None:
    """Return the stamp that closes the entry in which a statement ends at `end`."""
    known = page.memory.get(("stamp", end), page)
    if known is page:
        known = page.memory["stamp", end] = _stamp_after(page, end)
    return known if isinstance(known, RawStamp) else None


def _stamp_after(page: Page, end: int) -> RawStamp | None:
    squeezed = page.squeezed
    begin = squeezed.position(end)
    match = _STAMP.search(squeezed.text, begin, begin + _REACH + 200)
    if match is None:
        return None
    gap = page.text[end : squeezed.origin(match.start())]
    if len(gap) > _REACH or _NEXT_ENTRY.search(gap.rstrip(" \t\n~.,;)\"'`")):
        return None
    time = ""
    if match["time"]:
        first, last = match.span("time")
        time = page.text[squeezed.origin(first) : squeezed.end_origin(last)]
    return RawStamp(
        end=squeezed.end_origin(match.end()),
        component=match["component"].strip(" ~"),
        time=time.strip(" ~\n"),
        thread=match["thread"],
        has_hexadecimal=bool(match["hexadecimal"]),
    )
