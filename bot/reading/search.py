"""Find where any of some patterns ends in a block of bytes, as fast as this machine can."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Find = Callable[[bytes], list[int]]


def finder(marks: Sequence[str]) -> Find:
    """Return a function that lists, in order, where matches of `marks` end.

    `marks` are regular expressions without regard to case, written in what `re` and Hyperscan
    both read; none of them should end in a repetition, of which the two see different ends.
    """
    if not marks:
        return lambda block: []
    try:
        return hyperscan_finder(marks)
    except ImportError:  # no wheel for this platform
        return re_finder(marks)


def hyperscan_finder(marks: Sequence[str]) -> Find:
    """Return a finder that looks for all patterns in one pass."""
    import hyperscan  # large, and needed for large inputs only

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[mark.encode() for mark in marks],
        ids=list(range(len(marks))),
        elements=len(marks),
        flags=hyperscan.HS_FLAG_CASELESS,
    )
    scratch = hyperscan.Scratch(database)

    def find(block: bytes) -> list[int]:
        ends: list[int] = []

        def on_match(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends.append(end)

        database.scan(block, match_event_handler=on_match, scratch=scratch)
        return ends

    return find


def re_finder(marks: Sequence[str]) -> Find:
    """Return a finder made of the standard library alone."""
    patterns = [re.compile(mark.encode(), re.IGNORECASE) for mark in marks]

    def find(block: bytes) -> list[int]:
        return sorted(match.end() for pattern in patterns for match in pattern.finditer(block))

    return find
