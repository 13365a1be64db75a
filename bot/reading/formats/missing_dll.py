"""Events shown without their message file: only the id, the source and the insertion strings."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, made
from bot.reading.page import Page

NAME = "missing_dll"
HINTS: tuple[str, ...] = ("descriptionforeventid",)
_HEAD = re.compile(
    r"description\s+for\s+Event\s+ID\s+\(?\s*'?(?P<id>\d{1,10})'?\s*\)?\s+(?:in|from)\s+source\s+"
    r"[('\"]?\s*(?P<source>[\w -]{1,60}?)\s*[)'\"]?\s+(?:could|can)(?:not|\s+not)?\b",
    re.IGNORECASE,
)
_STRINGS = re.compile(r"insertion\s+string\(?s?\)?\s*:|included\s+with\s+the\s+event\s*:?", re.I)
_REACH = 2500


def containers(page: Page) -> Iterator[Container]:
    """Yield each event with the text in which its strings stand."""
    heads = list(_HEAD.finditer(page.text))
    for index, head in enumerate(heads):
        following = heads[index + 1].start() if index + 1 < len(heads) else len(page.text)
        end = min(head.end() + _REACH, following)
        strings = _STRINGS.search(page.text, head.end(), end)
        begin = strings.end() if strings else head.end()
        if strings:  # the strings end where an empty line and other text follow them
            gap = re.compile(r"\S\s*?\n[ \t]*\n\s*\S").search(page.text, begin + 2, end)
            end = gap.end() - 1 if gap else end
        values = head.groupdict() | {"strings": page.text[begin:end]}
        yield made(NAME, head.start(), end, values)
