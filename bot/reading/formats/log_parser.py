"""Rows of Microsoft's Log Parser: two ISO times, the event's id, its source, its strings."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "log_parser"
HINTS: tuple[str, ...] = ("109", "3221225581", "2147483757", "1073741933")
_ROW = re.compile(
    r"(?m:^)[^\n]{0,200}?(?P<date>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[\"\s,;|]+"
    r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[\"\s,;|]+)?(?P<columns>[^\n]{1,2000})"
)
_ID = re.compile(r"(?<![\w.\\/-])(?P<id>109|3221225581|2147483757|1073741933)(?![\w.\\/-])")
_SOURCE = re.compile(r"(?<![\w\\.])SMS(?:_[A-Z0-9_]{1,40})?(?![\w\\.])")


def containers(page: Page) -> Iterator[Container]:
    """Yield the rows that hold the id and the source in columns of their own."""
    for row in _ROW.finditer(page.text):
        columns = row["columns"]
        number, source = _ID.search(columns), _SOURCE.search(columns)
        if number and source:
            values = {
                "id": number["id"],
                "source": source[0],
                "date": row["date"],
                "strings": columns[source.end() :],
            }
            yield made(NAME, row.start(), row.end(), values)
