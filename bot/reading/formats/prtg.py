"""A notification of PRTG: the sensor's status and time, then the message."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "prtg"
HINTS: tuple[str, ...] = ("status",)
_STATUS = re.compile(
    r"\bStatus\b[ \t:*]{0,4}(?:Down|Warning|Up|Unusual|Paused|Error)[^\n]{0,40}?"
    r"\bon\b[ \t]+(?P<date>[^\n]{6,60})",
    re.IGNORECASE,
)
_REACH = 2000


def containers(page: Page) -> Iterator[Container]:
    """Yield each notification with the text that follows it."""
    heads = list(_STATUS.finditer(page.text))
    for index, head in enumerate(heads):
        following = heads[index + 1].start() if index + 1 < len(heads) else len(page.text)
        end = min(head.end() + _REACH, following)
        yield made(NAME, page.line_start(head.start()), end, {"date": head["date"]})
