"""Log text made harmless for Slack, and short enough for the place it goes to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate

ELLIPSIS = "…"
FENCE = "```"
# https://docs.slack.dev/messaging/formatting-message-text#escaping
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# JSON writes these with a backslash before them, and Slack measures blocks as JSON
_DOUBLED = frozenset('"\\\n\t')
# a format character can turn a file name around for the eye; a lone surrogate breaks the request
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_BREAKS = re.compile(r"[^\S ]+")  # blanks in a file name stay as they are
_NOT_ASCII = re.compile(r"[^\x20-\x7e\n\t]")  # all else may be unseen, and is looked at one by one
# two backticks in a row could end a block of code; what parts them does not show
_SECOND_BACKTICK = re.compile(r"(?<=`)`")
_PARTED = "\N{ZERO WIDTH SPACE}`"


def escape(text: str) -> str:
    """Return the text so that Slack shows it as it is: no mention, no link, nothing unseen."""
    text = visible(text)
    for char, entity in _ENTITIES.items():  # "&" comes first
        text = text.replace(char, entity)
    return _SECOND_BACKTICK.sub(_PARTED, text)


def clip(text: str, limit: int) -> str:
    """Escape a text and cut it, visibly, where it would cost more than `limit`."""
    if len(text) <= limit and cost(escaped := escape(text)) <= limit:
        return escaped
    kept: list[str] = []
    left = limit
    for piece in _pieces(text):
        left -= cost(piece)
        if left < 0:
            return _cut(kept, limit)
        kept.append(piece)
    return "".join(kept)


def line(text: str, limit: int) -> str:
    """Clip a text and keep it on one line, for a title or a field."""
    # far more than fits: no need to walk through a text of a hundred thousand blanks
    return clip(one_line(text[: limit * 4]), limit)


def one_line(text: str) -> str:
    """Return a text without its line breaks; blanks inside a file name stay as they are."""
    return _BREAKS.sub(" ", text).strip() or "(blank)"


def middle(text: str, limit: int) -> str:
    """Shorten a text in its middle until it costs no more than `limit` once it is escaped.

    What is told apart by its ends, as file names are, keeps its beginning and its extension.
    """
    text = one_line(text)
    costs = [_weight(char) for char in text[: limit + 1]]
    if len(text) <= limit and sum(costs) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    tail = _taken(reversed(text[-limit:]), room * 2 // 5)
    head = _taken(text[:limit], room - sum(_weight(char) for char in text[len(text) - tail :]))
    return f"{text[:head]}{ELLIPSIS}{text[len(text) - tail :]}"


def visible(text: str) -> str:
    """Return a text for a plain file: nothing unseen in it, and no marks of Slack's."""
    return _NOT_ASCII.sub(lambda odd: _shown(odd[0]), text)


def code(lines: Iterable[str]) -> str:
    """Return escaped lines as one block of code, which no backtick in them can end."""
    return "\n".join((FENCE, *lines, FENCE))


def cost(text: str) -> int:
    """Return how long an escaped text is in the JSON that is sent."""
    return len(text) + sum(map(text.count, _DOUBLED))


def fitting(parts: Iterable[str], limit: int) -> list[str]:
    """Return the leading escaped parts that fit into `limit` when each stands on its own line."""
    kept: list[str] = []
    for part in parts:
        limit -= cost(part) + 2
        if limit < 0:
            break
        kept.append(part)
    return kept


def _pieces(text: str) -> Iterator[str]:
    previous = ""
    for char in text:
        # two backticks in a row could end a block of code; what parts them does not show
        yield _PARTED if char == previous == "`" else _safe(char)
        previous = char


def _safe(char: str) -> str:
    return _ENTITIES.get(char) or _shown(char)


def _shown(char: str) -> str:
    if char not in "\n\t" and unicodedata.category(char) in _UNSEEN:
        return f"[U+{ord(char):04X}]"
    return char


def _weight(char: str) -> int:
    return 2 if char == "`" else cost(_safe(char))  # the second of two backticks is parted


def _taken(chars: Iterable[str], room: int) -> int:
    """Return how many leading characters cost no more than `room`."""
    return sum(spent <= room for spent in accumulate(map(_weight, chars)))


def _cut(kept: list[str], limit: int) -> str:
    size = sum(map(cost, kept))
    while kept and size > limit - len(ELLIPSIS):
        size -= cost(kept.pop())
    return "".join(kept) + ELLIPSIS
