"""Cut the neighbourhoods of hits out of a stream of blocks, with little of it in memory."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LINES = 40  # before and after a hit
FEW = 1  # before and after a hit whose line is an entry by itself
REACH = 12 * 1024  # bytes before and after a hit
PIECE = 1024 * 1024  # bytes at which a neighbourhood is delivered in pieces
_KEPT = 2 * REACH  # bytes that a hit in the next block may want
_STEP = 64 * 1024  # bytes from one remembered line number to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some whole lines of the stream, undecoded."""

    raw: bytes
    first_line: int
    fresh_from: int
    fresh_until: int | None


class Neighbours:
    """Collects blocks and hits, and gives stretches as soon as they are complete."""

    def __init__(self, alone: re.Pattern[bytes] | None = None) -> None:
        self._alone = alone  # what a line holds that needs few neighbours
        self._buffer = b""
        self._base = 0  # where the buffer begins in the stream
        self._offsets = [0]  # in the stream, of the remembered line numbers
        self._numbers = [1]
        self._start: int | None = None  # of the stretch under way, in the stream
        self._last = 0  # its last hit
        self._lines = LINES  # that its last hit needs
        self._wide: int | None = None  # its last hit that needs many
        self._fresh = 1
        self._floor = 0  # the end of what was delivered
        self.newlines = 0
        self.ends_open = False  # whether the last line has no newline

    @property
    def lines(self) -> int:
        """Return the number of lines so far."""
        return self.newlines + self.ends_open

    def count(self, block: bytes) -> list[int]:
        """Return the newlines of each step of the block; the caller may do so beforehand."""
        return [block.count(b"\n", at, at + _STEP) for at in range(0, len(block), _STEP)]

    def add(self, block: bytes, hits: Sequence[int], counts: Sequence[int]) -> Iterator[Stretch]:
        """Take the next block, its newlines, and the hits in it as offsets into the block."""
        begin = self._base + len(self._buffer)
        self._remember(begin, begin + len(block), counts)
        if text := block.rstrip(b"\x1a"):  # what DOS wrote behind the end is no line
            self.ends_open = not text.endswith(b"\n")
        if not hits and self._start is None and len(block) >= _KEPT:
            self._buffer, self._base = block, begin  # nothing to deliver: not worth a copy
            self._forget()
            return
        self._buffer += block
        for hit in hits:
            yield from self._hit(begin + hit)
        if self._start is not None and begin + len(block) - self._last > _KEPT:
            yield self._finished()
        self._forget()

    def close(self) -> Iterator[Stretch]:
        """Give the stretch that was under way at the end."""
        if self._start is not None:
            yield self._finished()

    def _remember(self, begin: int, end: int, counts: Sequence[int]) -> None:
        for number, count in enumerate(counts, 1):
            self.newlines += count
            self._offsets.append(min(begin + number * _STEP, end))
            self._numbers.append(self.newlines + 1)

    def _hit(self, hit: int) -> Iterator[Stretch]:
        at = max(hit - 1, 0)
        lines = FEW if self._stands_alone(at) else LINES
        if self._start is not None and not self._touches(at, lines):
            yield self._finished()
        if self._start is None:
            self._start = max(self._before(at, lines), self._floor)
            self._fresh = self._line(self._start)
        self._last, self._lines = at, lines
        if lines == LINES:
            self._wide = at
        while self._last - self._start > PIECE:
            yield self._piece()

    def _stands_alone(self, at: int) -> bool:
        if self._alone is None:
            return False
        here = at - self._base
        begin = self._buffer.rfind(b"\n", max(0, here - REACH), here) + 1
        end = self._buffer.find(b"\n", here, here + REACH)
        return end >= 0 and self._alone.search(self._buffer, begin, end) is not None

    def _touches(self, at: int, lines: int) -> bool:
        return self._reaches(self._last, self._lines + lines, at) or (
            self._wide is not None and self._reaches(self._wide, LINES + lines, at)
        )

    def _reaches(self, earlier: int, lines: int, at: int) -> bool:
        if at - earlier > 2 * REACH:
            return False
        if at - earlier <= lines:  # so few bytes hold no more line ends
            return True
        return self._buffer.count(b"\n", earlier - self._base, at - self._base) <= lines + 1

    def _finished(self) -> Stretch:
        start, end = self._begun(), self._after(self._last, self._lines)
        if self._wide is not None:
            end = max(end, self._after(max(self._wide, start), LINES))
        self._start, self._wide, self._floor = None, None, end
        return self._stretch(start, end, None)

    def _piece(self) -> Stretch:
        """Cut off a piece, and leave its last lines to the next, which sees what follows them."""
        start = self._begun()
        newline = self._buffer.rfind(b"\n", 0, start + PIECE - self._base) + 1 + self._base
        end = newline if newline > start + PIECE // 2 else start + PIECE
        own = self._before(end - 1, LINES)
        line = self._line(own)
        piece = self._stretch(start, end, line if line > self._fresh else None)
        self._start, self._fresh, self._floor = self._before(own, LINES), line, end
        return piece

    def _stretch(self, start: int, end: int, until: int | None) -> Stretch:
        raw = self._buffer[start - self._base : end - self._base]
        return Stretch(
            raw=raw, first_line=self._line(start), fresh_from=self._fresh, fresh_until=until
        )

    def _begun(self) -> int:
        return self._base if self._start is None else self._start

    def _before(self, at: int, lines: int) -> int:
        """Return where the neighbourhood before a hit begins: at a line, if one is in reach."""
        here = at - self._base
        low = max(0, here - REACH)
        parts = self._buffer[low:here].rsplit(b"\n", lines + 1)
        if len(parts) == lines + 2:
            return self._base + low + len(parts[0]) + 1
        if low == 0 and self._base == 0:
            return 0
        newline = self._buffer.find(b"\n", max(0, low - 1), here)
        return self._base + (newline + 1 if newline >= 0 else low)

    def _after(self, at: int, lines: int) -> int:
        """Return where the neighbourhood after a hit ends."""
        here = at - self._base
        high = min(len(self._buffer), here + REACH)
        parts = self._buffer[here:high].split(b"\n", lines + 1)
        if len(parts) == lines + 2:
            return self._base + high - len(parts[-1])
        if high == len(self._buffer):
            return self._base + high
        newline = self._buffer.rfind(b"\n", here, high)
        return self._base + (newline + 1 if newline >= 0 else high)

    def _line(self, offset: int) -> int:
        """Return the number of the line in which the offset lies."""
        step = bisect_right(self._offsets, offset) - 1
        known = self._offsets[step]
        return self._numbers[step] + self._buffer.count(
            b"\n", known - self._base, offset - self._base
        )

    def _forget(self) -> None:
        """Drop what no stretch can need any more."""
        end = self._base + len(self._buffer)
        keep = max(self._base, end - _KEPT)
        if self._start is not None:
            keep = min(keep, self._start)
        step = bisect_right(self._offsets, keep) - 1
        keep = max(self._base, self._offsets[step])
        self._buffer = self._buffer[keep - self._base :]
        self._base = keep
        del self._offsets[:step], self._numbers[:step]
