"""Entries copied from a log viewer's columns, before the text or behind it."""

import re

from bot.model import Stamp
from bot.reading.moments import moments
from bot.reading.page import Page
from bot.reading.stamps import Frame

NAME = "viewer"
_DATE = r"(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4})"
_TIME = r"(?P<time>\d{1,2}:\d\d(?::\d\d)?(?:[.:]\d{1,7})?(?:\s?[AaPp][Mm])?)"
_THREAD = r"(?P<thread>\d{1,10})\s*\(0x[0-9A-Fa-f]{1,8}\)"
_COMPONENT = r"(?<!\w)(?P<component>(?!(?:ERROR|WARNING|INFO)\b)[A-Za-z][A-Za-z0-9_.-]{2,63})"
_BEHIND = re.compile(
    rf"(?:[^\n$<]{{0,200}}?[\s~]|\s{{1,80}}){_COMPONENT}\s+{_DATE}(?:\s+{_TIME})?(?:\s+{_THREAD})?"
)
_WIDTH = 240  # characters that columns before a text may take
_BEFORE = re.compile(
    rf"(?:{_DATE}\s+{_TIME}\s+)?{_COMPONENT}\s+(?:(?P<date2>{_DATE.replace('?P<date>', '')})\s+"
    rf"(?P<time2>{_TIME.replace('?P<time>', '')})\s+)?{_THREAD}\s+$"
)


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the columns beside a statement; a date whose order is unknown gives no time."""
    if match := _BEHIND.match(page.text, end):
        at = _moment(match["date"], match["time"])
        return Frame(end=match.end(), at=at, component=match["component"], thread=match["thread"])
    line = page.line_start(start)
    match = _before(page.text[line:start])
    if match is None:  # perhaps broken behind the component, which its underscore then tells
        line = page.line_start(max(line - 1, 0))
        match = _before(page.text[line:start])
        if match is None or "_" not in match["component"]:
            return None
    at = _moment(match["date"] or match["date2"], match["time"] or match["time2"])
    return Frame(start=line, end=end, at=at, component=match["component"], thread=match["thread"])


def _before(columns: str) -> re.Match[str] | None:
    return _BEFORE.search(columns[-_WIDTH:].rstrip("~") + " ")


def _moment(date: str | None, time: str | None) -> Stamp | None:
    found = moments(f"{date} {time}") if date and time else ()
    return found[0] if len(found) == 1 else None
