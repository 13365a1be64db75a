"""Events as XML, with their rendered message or with insertion strings alone."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "event_xml"
HINTS: tuple[str, ...] = ("<eventid",)
_EVENT = re.compile(r"<Event(?=[\s>])|<System>", re.IGNORECASE)
_END = re.compile(r"</Event\s*>", re.IGNORECASE)
_FIELDS = {
    "id": re.compile(r"<EventID(?:\s[^<>]{0,80})?>\s*(\d{1,10})", re.IGNORECASE),
    "source": re.compile(r"<Provider\s[^<>]{0,200}?Name=['\"]([^'\"<>]{1,128})", re.IGNORECASE),
    "date": re.compile(
        r"<TimeCreated\s[^<>]{0,40}?SystemTime=['\"]([^'\"<>]{1,64})", re.IGNORECASE
    ),
    "computer": re.compile(r"<Computer>([^<>]{1,128})", re.IGNORECASE),
    "strings": re.compile(r"<EventData[^<>]*>(.{0,3000}?)(?:</EventData|$)", re.I | re.DOTALL),
}
_REACH = 8000


def containers(page: Page) -> Iterator[Container]:
    """Yield the Event elements of a page, whole or cut."""
    starts = [match.start() for match in _EVENT.finditer(page.text)]
    end = 0
    for index, start in enumerate(starts):
        if start < end:
            continue
        limit = min(start + _REACH, len(page.text))
        closing = _END.search(page.text, start, limit)
        following = [
            other for other in starts[index + 1 : index + 3] if page.text[other + 1] == "E"
        ]
        end = closing.end() if closing else min([limit, *following])
        values = {
            name: match[1]
            for name, pattern in _FIELDS.items()
            if (match := pattern.search(page.text, start, end))
        }
        if "id" in values:
            yield made(NAME, start, end, values)
