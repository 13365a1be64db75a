"""An event copied from the Event Viewer of Windows 2008 or later, also when it became one line."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, Labels
from bot.reading.page import Page

NAME = "event_viewer"
HINTS: tuple[str, ...] = ("eventid:",)
_NUMBERED = re.compile(r"Event\s?\[\d+\]:?\s*$")  # such a heading is wevtutil's
_LABELS = Labels(
    format=NAME,
    fields={
        "log": r"Log\s+Name\s*:",
        "source": r"(?<!Event )Source\s*:",
        "date": r"(?:Date|Logged)\s*:",
        "id": r"Event\s+ID\s*:",
        "category": r"Task\s+Category\s*:",
        "level": r"Level\s*:",
        "keywords": r"Keywords\s*:",
        "user": r"User\s*:",
        "computer": r"Computer\s*:",
        "time": r"Time\s*:",
        "description": r"Description\s*:",
    },
    opening=("log",),
    required=("source", "id"),
)


def containers(page: Page) -> Iterator[Container]:
    """Yield the events of a page that no other program's heading stands above."""
    for found in _LABELS.containers(page):
        if not _NUMBERED.search(page.text[max(0, found.start - 24) : found.start]):
            yield found
