"""Find where any of some patterns ends in a block of bytes, as fast as this machine can.

Words are found many times faster than patterns, by Hyperscan in one pass or by `bytes.find`;
`re` then looks only around the words that a pattern must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.reading.words import Core

Find = Callable[[bytes], list[int]]
Ends = Callable[[bytes], Mapping[str, Sequence[int]]]  # where each word ends in a block
_Pattern = tuple[re.Pattern[bytes] | None, Core]  # None: the word is all there is to find

_BEYOND = re.compile(r"[^\x00-\x7f]+")


def finder(marks: Sequence[str]) -> Find:
    """Return a function that lists, in order, where matches of `marks` end.

    `marks` are regular expressions, read without regard to case, whose matches are short.
    """
    try:
        return hyperscan_finder(marks)
    except ImportError:  # no wheel for this platform
        return re_finder(marks)


def word_finder(words: Sequence[str]) -> Find:
    """Return a function that lists, in order, where any of many plain words ends."""
    words = sorted({word.lower() for word in words})
    try:
        ends_of_words = _hyperscan_ends(words)
    except ImportError:
        ends_of_words = _plain_ends(words)

    def found(block: bytes) -> list[int]:
        return sorted(set().union(*ends_of_words(block).values()))

    return found


def hyperscan_finder(marks: Sequence[str]) -> Find:
    """Return a finder that looks for all words in one pass."""
    patterns = _patterns(marks)
    words = _all_words(patterns)
    if not words:
        return re_finder(marks)
    return _confirmed(patterns, _hyperscan_ends(words))


def re_finder(marks: Sequence[str]) -> Find:
    """Return a finder made of the standard library alone."""
    patterns = _patterns(marks)
    return _confirmed(patterns, _plain_ends(_all_words(patterns)))


def _hyperscan_ends(words: Sequence[str]) -> Ends:
    import hyperscan  # large, and needed for large inputs only

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

    return ends_of_words


def _plain_ends(words: Sequence[str]) -> Ends:
    def ends_of_words(block: bytes) -> dict[str, list[int]]:
        lowered = block.lower()
        return {word: list(_ends(lowered, word.encode())) for word in words}

    return ends_of_words


def _patterns(marks: Sequence[str]) -> list[_Pattern]:
    plain = {mark.lower() for mark in marks}
    cores = ((mark, Core.of(mark)) for mark in marks)
    return [
        # a word that is a mark itself needs no second look
        (None if len(core.words) == 1 and core.words[0] in plain else _in_bytes(mark), core)
        for mark, core in cores
    ]


def _all_words(patterns: Sequence[_Pattern]) -> list[str]:
    return sorted({word for _, core in patterns for word in core.words})


def _ends(lowered: bytes, word: bytes) -> Iterator[int]:
    at = lowered.find(word)
    while at >= 0:
        yield at + len(word)
        at = lowered.find(word, at + 1)


def _confirmed(patterns: Sequence[_Pattern], ends_of_words: Ends) -> Find:
    """Return a finder that looks for each pattern only around its words."""

    def found(block: bytes) -> list[int]:
        ends = ends_of_words(block)
        hits: set[int] = set()
        for pattern, core in patterns:
            near = sorted(end for word in core.words for end in ends[word])
            if pattern is None:
                hits.update(near)
                continue
            for begin, end in core.around(near) if core.words else ((0, len(block)),):
                hits.update(match.end() for match in pattern.finditer(block, begin, end))
        return sorted(hits)

    return found


def _in_bytes(mark: str) -> re.Pattern[bytes]:
    """Return a pattern for bytes of any encoding: beyond ASCII it takes whatever stands there."""
    wild = _BEYOND.sub(lambda run: f"[^\\r\\n]{{1,{4 * len(run[0])}}}", mark)
    return re.compile(wild.encode(), re.IGNORECASE)
