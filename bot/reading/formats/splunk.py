"""Events as Splunk indexes them: `LogName=…`, `EventCode=109`, `SourceName=SMS`, `Message=…`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.reading.containers import Container, Labels
from bot.reading.moments import moments
from bot.reading.page import Page

NAME = "splunk"
HINTS: tuple[str, ...] = ("eventcode=",)
_FIELDS = Labels(
    format=NAME,
    fields={
        "log": r"LogName\s*=",
        "id": r"EventCode\s*=",
        "type": r"EventType\s*=",
        "source": r"SourceName\s*=",
        "computer": r"ComputerName\s*=",
        "message": r"Message\s*=",
        "other": r"(?:User|Sid|SidType|Type|RecordNumber|Keywords|TaskCategory|OpCode)\s*=",
    },
    opening=("log",),
    required=("id", "source"),
)
_LINE_ABOVE = re.compile(r"[^\n]{6,60}\s*$")


def containers(page: Page) -> Iterator[Container]:
    """Yield the events of a page, each with the time on the line above it."""
    for found in _FIELDS.containers(page):
        above = _LINE_ABOVE.search(page.text[max(0, found.start - 80) : found.start])
        at = moments(above[0]) if above else ()
        start = found.start - len(above[0]) if above and at else found.start
        yield replace(found, at=at, start=start)
