"""Find the neighbourhoods of a large text that are worth reading closely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.reading.blocks import Blocks
from bot.reading.decode import Text
from bot.reading.neighbours import Neighbours, Stretch
from bot.reading.search import Find, finder
from bot.reading.words import REACH

WHOLE = 256 * 1024  # bytes up to which a text is one passage
_SEAM = 2 * REACH  # bytes on both sides of a block's border in which a hit over it is found


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Some whole lines of a text, decoded and joined by line feeds.

    A long passage comes in pieces that overlap, so that no entry is read without its lines:
    take from each only the entries that begin on a line it `owns`.
    """

    first_line: int  # 1-based, in the input
    text: str
    fresh_from: int = 1  # the first line that no earlier piece owns
    fresh_until: int | None = None  # the first line that the next piece owns

    def owns(self, line: int) -> bool:
        """Tell whether an entry that begins on this line is to be taken from this passage."""
        return self.fresh_from <= line and (self.fresh_until is None or line < self.fresh_until)


class Scan:
    """The passages of a text; `lines` and `encoding` are final when all have been taken."""

    def __init__(
        self,
        text: Text,
        marks: Sequence[str],
        on_bytes: Callable[[int], None] | None = None,
        *,
        alone: str | None = None,
        find: Find | None = None,
    ) -> None:
        """Prepare a scan for `marks`.

        `on_bytes` is told how many bytes were read since it was last called. A hit on a line
        that holds the pattern `alone` is an entry by itself, and brings only the lines beside it.
        """
        self._text = text
        self._marks = marks
        self._find = find
        self._alone = re.compile(alone.encode(), re.IGNORECASE) if alone else None
        self._blocks = Blocks(text, on_bytes)
        self.lines = 0

    @property
    def encoding(self) -> str:
        """Return the codec name; a late byte of a large text can decide it."""
        return self._blocks.encoding

    def __iter__(self) -> Iterator[Passage]:
        if self._text.size <= WHOLE:
            raw = b"".join(self._blocks).rstrip(b"\x1a")
            self.lines = raw.count(b"\n") + (raw[-1:] not in (b"", b"\n"))
            yield Passage(first_line=1, text=self._blocks.decoded(raw))
            return
        near = Neighbours(self._alone)
        for stretch in self._stretches(near, self._find or finder(self._marks)):
            yield Passage(
                first_line=stretch.first_line,
                text=self._blocks.decoded(stretch.raw),
                fresh_from=stretch.fresh_from,
                fresh_until=stretch.fresh_until,
            )
        self.lines = near.lines

    def _stretches(self, near: Neighbours, find: Find) -> Iterator[Stretch]:
        tail = b""
        for block in self._blocks:
            hits = find(block)
            seam = [end - len(tail) for end in find(tail + block[:_SEAM]) if end > len(tail)]
            merged = sorted({*hits, *seam}) if seam else hits
            yield from near.add(block, merged, near.count(block))
            tail = block[-_SEAM:]
        yield from near.close()
