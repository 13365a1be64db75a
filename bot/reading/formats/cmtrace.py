"""Logs in CMTrace's form: `<![LOG[text]LOG]!><time="…" date="…" component="…" … thread="…" …>`."""

import re

from bot.reading.moments import biased_moment
from bot.reading.page import Page
from bot.reading.stamps import Frame

NAME = "cmtrace"
_OPENING, _CLOSING = "<![LOG[", "]LOG]!>"
_ATTRIBUTE = re.compile(r'(time|date|component|thread)="([^"]{0,120})"', re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,9})?)([+-]\d{1,4})?")
_REACH = 4000


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the attributes behind the text that a statement stands in."""
    squeezed = page.squeezed
    begin = squeezed.position(end)
    closing = squeezed.text.find(_CLOSING, begin, begin + _REACH)
    if closing < 0 or _OPENING in squeezed.text[begin:closing]:
        return None
    first = closing + len(_CLOSING)
    last = squeezed.text.find(">", first, first + 600)
    values = {
        name.casefold(): value
        for name, value in _ATTRIBUTE.findall(squeezed.text, first, last if last > 0 else first)
    }
    if "time" not in values and "date" not in values:
        return None
    opening = squeezed.text.rfind(_OPENING, max(0, squeezed.position(start) - _REACH), begin)
    time = _TIME.fullmatch(values.get("time", ""))
    return Frame(
        start=squeezed.origin(opening) if opening >= 0 else None,
        end=squeezed.end_origin(last + 1),
        at=biased_moment(values.get("date", ""), time[1], time[2]) if time else None,
        component=values.get("component") or None,
        thread=values.get("thread") or None,
    )
