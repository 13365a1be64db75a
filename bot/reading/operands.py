"""From where to where: the paths between the verb of a statement and its code."""

from __future__ import annotations

import re

from bot.reading.page import Page
from bot.reading.paths import PATH_START, readings, tail

_TWO_PATHS = frozenset(
    {"copy", "move", "rename", "decompress", "extract", "replace", "install", "store", "transfer"}
)
_PATH = re.compile(PATH_START)
_TO = re.compile(r"[\s'\"`]t\n?o[\s'\"`]+(?=" + PATH_START + r")", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.])[^\s\\/:*?\"'<>|,;()]{1,64}\.[A-Za-z0-9_]{2,4}(?![\w.])")
_FAILED_COMMA = re.compile(r",\s*" + r"\s?".join("failed") + r"$", re.IGNORECASE)
_BESIDE_CODE = " \t\n,.;:~(['\"`*=-"
_WORD_BESIDE_CODE = re.compile(
    r"[\s,](?:failed|failure|with|error|code|has|exception|hr|hresult|from|status|return|and|message"
    r"|directory)$",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\.?,?\s+(?:because|since|due\s+to|while|when|after|for\s+\w+ing|in\s+order|to\s+content\s+library"
    r"|doesn.?t\s+exist|does\s+not\s+exist|the\s+file\s+is)\b",
    re.IGNORECASE,
)
_HAS_EXTENSION = re.compile(r"(?:\.\w{1,8}|\\)['\"`]?$")


def operands(page: Page, operation: str, between: str, start: int) -> tuple[str | None, str | None]:
    """Return the paths an operation went from and to; one path alone is the second."""
    hard = len(page.raw[page.row(start)]) == page.hard_width
    split = _TO.search(between) if operation in _TWO_PATHS else None
    if split is None:
        first = _PATH.search(between)
        if first:
            return None, _single(between, first.start(), hard)
        name = _NAME.search(between) if operation != "access" else None
        return None, name[0] if name else None
    destinations = list(readings(_before_code(between[split.end() :]), hard=hard))
    rooted = _PATH.search(between, 0, split.start())
    sources = list(readings(between[rooted.start() if rooted else 0 : split.start()], hard=hard))
    for destination in destinations:
        for source in sources:
            if tail(destination) == tail(source):
                return source or None, destination or None
    return sources[0] or None, destinations[0] or None


def _single(between: str, first: int, hard: bool) -> str | None:
    quote = between[first - 1 : first]
    if quote and quote in "'\"`":
        closing = re.compile(re.escape(quote) + r"(?=[\s,.;:)]|$)").search(between, first)
        if closing:
            return next(readings(between[first : closing.start()], hard=hard)) or None
    text = _before_code(between[first:])
    reason = _REASON.search(text)
    if reason and (
        _HAS_EXTENSION.search(text[: reason.start()]) or not _HAS_EXTENSION.search(text)
    ):
        text = text[: reason.start()]
    return next(readings(text, hard=hard)) or None


def _before_code(text: str) -> str:
    """Cut what stands between a path and its code: `, Failed,`, `failed with error`, `(`."""
    while True:
        text = text.rstrip(_BESIDE_CODE)
        end = _FAILED_COMMA.search(text[-40:]) or _WORD_BESIDE_CODE.search(text[-40:])
        if end is None:
            return text
        text = text[: len(text) - len(end[0])]
        if end.re is _FAILED_COMMA:
            return text
