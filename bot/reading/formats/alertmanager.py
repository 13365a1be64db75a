"""A notification of Prometheus Alertmanager: `[FIRING:1] name (labels)` and annotations."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "alertmanager"
HINTS: tuple[str, ...] = ("[firing", "[resolved")
_HEAD = re.compile(r"\[(?:FIRING|RESOLVED)(?::\d{1,4})?\][^\n]{0,400}")
_COMPUTER = re.compile(r"\b(?:instance|host|computer)\s?=\s?\"?(?P<computer>[\w.-]{1,64})")
_TIME = re.compile(r"\bstartsAt\"?\s?[:=]\s?\"?(?P<date>[\dT:.+Z-]{10,40})", re.IGNORECASE)
_REACH = 3000


def containers(page: Page) -> Iterator[Container]:
    """Yield each notification with the text that follows it."""
    heads = list(_HEAD.finditer(page.text))
    for index, head in enumerate(heads):
        following = heads[index + 1].start() if index + 1 < len(heads) else len(page.text)
        end = min(head.start() + _REACH, following)
        computer = _COMPUTER.search(page.text, head.start(), end)
        time = _TIME.search(page.text, head.start(), end)
        values = (computer.groupdict() if computer else {}) | (time.groupdict() if time else {})
        yield made(NAME, head.start(), end, values)
