"""Take out of a regular expression the words without which it cannot match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

REACH = 512  # bytes that a match is believed to extend to, where its pattern sets no bound
_SHORTEST = 3
_WIDEST = 4  # bytes of a character

_PART = re.compile(
    r"\((?P<either>[\w ]{3,}(?:\|[\w ]{3,})+)\)"
    r"|(?P<plain>(?a:\w)+(?![\w?*+{]))"  # a whole word at once
    r"|\\(?P<escaped>.)|(?P<set>\[(?:\\.|[^\]\\])+\])|(?P<char>[^\\])",
    re.DOTALL,
)
_COUNT = re.compile(r"(?P<some>[?*+])|\{(?P<least>\d*),?(?P<most>\d*)\}")
_SPECIAL = ".^$()[]{}?*+|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What every match of a pattern holds."""

    words: tuple[str, ...] = ()  # one of them, in lower case; none if there are no such words
    before: int = 0  # the most bytes of a match before the end of the word
    after: int = 0  # the most bytes of a match after the end of the word

    @classmethod
    def of(cls, mark: str) -> Core:
        """Take the longest word out of a pattern, or a choice of words."""
        return max(_cores(mark), key=lambda core: min(map(len, core.words)), default=cls())

    def around(self, ends: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the surroundings of words, joined where they meet, so that none is read twice."""
        begin = last = None
        for end in ends:
            if begin is None or last is None:
                begin = end
            elif end - last > self.before + self.after:
                yield max(0, begin - self.before), last + self.after
                begin = end
            last = end
        if begin is not None and last is not None:
            yield max(0, begin - self.before), last + self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One character, set or group of a pattern, with its repetition."""

    words: tuple[str, ...] = ()  # what it stands for, if every match holds it
    width: int  # in bytes, at most
    repeated: bool = False


def _cores(mark: str) -> Iterator[Core]:
    parts = list(_parts(mark))
    total = sum(part.width for part in parts)
    run, reached = "", 0
    for part, following in zip_longest(parts, parts[1:]):
        reached += part.width
        around = {"before": min(reached, REACH), "after": min(total - reached, REACH)}
        if len(part.words) > 1:
            yield Core(words=part.words, **around)
            continue
        run += "".join(part.words)
        if following and len(following.words) == len(part.words) == 1 and not part.repeated:
            continue
        if len(run) >= _SHORTEST:
            yield Core(words=(run,), **around)
        run = ""


def _parts(mark: str) -> Iterator[_Part]:
    """Yield the parts outside of groups; a group is one part, a choice between patterns none."""
    if _chooses(mark):
        return
    at = depth = 0
    while part := _PART.match(mark, at):
        count = _COUNT.match(mark, part.end())
        at = count.end() if count else part.end()
        char = part["char"]
        depth += (char == "(") - (char == ")")
        if depth or char == ")":
            yield _Part(width=REACH if char in ("(", ")") else 0)
            continue
        words = _words(part)
        width = max(map(len, words), default=_WIDEST) * _most(count)
        yield _Part(words=words if _least(count) else (), width=width, repeated=bool(count))


def _chooses(mark: str) -> bool:
    """Tell whether the pattern as a whole is a choice."""
    depth = 0
    for part in _PART.finditer(mark):
        depth += (part["char"] == "(") - (part["char"] == ")")
        if part["char"] == "|" and not depth:
            return True
    return False


def _words(part: re.Match[str]) -> tuple[str, ...]:
    if part["either"]:
        return tuple(part["either"].lower().split("|"))
    if part["plain"]:
        return (part["plain"].lower(),)
    char = part["escaped"] or part["char"] or ""
    special = char.isalnum() if part["escaped"] else char in _SPECIAL
    return () if special or not char.isascii() else (char.lower(),)


def _least(count: re.Match[str] | None) -> int:
    if count is None:
        return 1
    return int(count["some"] == "+") if count["some"] else int(count["least"] or 0)


def _most(count: re.Match[str] | None) -> int:
    if count is None or count["some"] == "?":
        return 1
    if count["some"] or (not count["most"] and "," in count[0]):
        return REACH
    return int(count["most"] or count["least"] or 0)
