"""Check results of NSClient++ and SNClient: `CRITICAL: 5 message(s) Application SMS (…)`."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "nsclient"
HINTS: tuple[str, ...] = ("message(s)",)
_HEAD = re.compile(r"\b(?:CRITICAL|WARNING|OK|UNKNOWN)\b[\s:|-]{1,4}\d{1,6} message\(s\)", re.I)
_WITH_TEXT = re.compile(r"(?:Application|System)\s+(?P<source>[A-Za-z][\w -]{0,60}?)\s*\(")
_ID_ALONE = re.compile(
    r"(?P<id>\d{1,5})\s+(?:Application|System)-(?P<source>[\w ]+?(?:-[\w ]+?)*)-(?P=id)\b"
)
_REACH = 3000


def containers(page: Page) -> Iterator[Container]:
    """Yield each message of a result; the text is often cut in its middle."""
    for head in _HEAD.finditer(page.text):
        limit = min(head.end() + _REACH, len(page.text))
        pieces = [
            *_ID_ALONE.finditer(page.text, head.end(), limit),
            *_WITH_TEXT.finditer(page.text, head.end(), limit),
        ]
        pieces.sort(key=lambda piece: piece.start())
        for index, piece in enumerate(pieces):
            end = pieces[index + 1].start() if index + 1 < len(pieces) else limit
            start = head.start() if index == 0 else piece.start()
            yield made(NAME, start, end, piece.groupdict())
