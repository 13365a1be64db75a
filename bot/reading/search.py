"""Find where any of some patterns ends in a block of bytes, as fast as this machine can.

Words are found many times faster than patterns, by Hyperscan in one pass or by `bytes.find`;
`re` then looks only around the words that a pattern must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.reading.words import Core

Find = Callable[[bytes], list[int]]

_BEYOND = re.compile(r"[^\x00-\x7f]+")


def finder(marks: Sequence[str]) -> Find:
    """Return a function that lists, in order, where matches of `marks` end.

    `marks` are regular expressions, read without regard to case, whose matches are short.
    """
    try:
        return hyperscan_finder(marks)
    except ImportError:  # no wheel for this platform
        return re_finder(marks)


def hyperscan_finder(marks: Sequence[str]) -> Find:
    """Return a finder that looks for all words in one pass."""
    import hyperscan  # large, and needed for large inputs only

    words = _all_words(marks)
    if not words:
        return re_finder(marks)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[re.escape(word).encode() for word in words],
        ids=list(range(len(words))),
        elements=len(words),
        flags=hyperscan.HS_FLAG_CASELESS,
    )
    scratch = hyperscan.Scratch(database)

    def ends_of_words(block: bytes) -> dict[str, list[int]]:
        ends: list[list[int]] = [[] for _ in words]

        def on_match(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends[number].append(end)

        database.scan(block, match_event_handler=on_match, scratch=scratch)
        return dict(zip(words, ends, strict=True))

    return _confirmed(marks, ends_of_words)


def re_finder(marks: Sequence[str]) -> Find:
    """Return a finder made of the standard library alone."""
    words = _all_words(marks)

    def ends_of_words(block: bytes) -> dict[str, list[int]]:
        lowered = block.lower()
        return {word: list(_ends(lowered, word.encode())) for word in words}

    return _confirmed(marks, ends_of_words)


def _all_words(marks: Sequence[str]) -> list[str]:
    return sorted({word for mark in marks for word in Core.of(mark).words})


def _ends(lowered: bytes, word: bytes) -> Iterator[int]:
    at = lowered.find(word)
    while at >= 0:
        yield at + len(word)
        at = lowered.find(word, at + 1)


def _confirmed(
    marks: Sequence[str], ends_of_words: Callable[[bytes], Mapping[str, Sequence[int]]]
) -> Find:
    """Return a finder that looks for each pattern only around its words."""
    patterns = [(re.compile(_in_bytes(mark), re.IGNORECASE), Core.of(mark)) for mark in marks]
    plain = {mark.lower() for mark in marks}

    def found(block: bytes) -> list[int]:
        ends = ends_of_words(block)
        hits: set[int] = set()
        for pattern, core in patterns:
            near = sorted(end for word in core.words for end in ends[word])
            if len(core.words) == 1 and plain.issuperset(core.words):
                hits.update(near)  # the word is a mark itself
                continue
            for begin, end in core.around(near) if core.words else ((0, len(block)),):
                hits.update(match.end() for match in pattern.finditer(block, begin, end))
        return sorted(hits)

    return found


def _in_bytes(mark: str) -> bytes:
    """Return a pattern for bytes of any encoding: beyond ASCII it takes whatever stands there."""
    return _BEYOND.sub(lambda run: f"[^\\r\\n]{{1,{4 * len(run[0])}}}", mark).encode()
