"""Rows of the Resource Kit's `dumpel`: date, time, type, category, id, source or user, strings."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "dumpel"
HINTS: tuple[str, ...] = ("109", "3221225581")
_NEXT = r"\n(?![ \t\"]*\d{1,2}[/.-]\d)"  # a line that is no row of its own
_ROW = re.compile(
    r"(?m:^|\")[ \t]*(?P<date>\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})[\s,]+"
    r"(?P<time>\d{1,2}:\d\d:\d\d(?:\s[AP]M)?)[\s,]+"
    r"\d{1,2}[\s,]+\d{1,5}[\s,]+(?P<id>\d{1,10})[\s,]+"
    # the UNC name may have been wrapped to one of the next lines
    r"(?P<columns>[^\n]{1,800}(?:(?:"
    + _NEXT
    + r"[^\n\\~$]{1,80}){0,2}"
    + _NEXT
    + r"[^\n\\~$]{0,80}\\\\[^\n]{1,400})?)",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"(?<![\w\\.])SMS(?:_[A-Z0-9_]{1,40})?(?![\w\\.])")


def containers(page: Page) -> Iterator[Container]:
    """Yield the rows; user and source stand in either order, the strings behind the computer."""
    for row in _ROW.finditer(page.text):
        columns = row["columns"]
        source = _SOURCE.search(columns[:120])
        rest = columns[source.end() :].split() if source else []
        values = row.groupdict() | {
            "source": source[0] if source else columns.split()[0] if columns.split() else "",
            "computer": next((name for name in rest if "\\" not in name and name != "N/A"), ""),
            "strings": columns,
        }
        yield made(NAME, row.start(), row.end(), values)
