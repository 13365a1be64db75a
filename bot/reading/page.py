"""A passage of text as readers see it: damage undone, each character knowing its line."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from bot.model import EVIDENCE_TEXT_LIMIT, Quote

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, kw_only=True)
class Squeezed:
    """A text without its blanks, so that a pattern holds wherever a line was wrapped."""

    text: str
    _starts: tuple[int, ...]  # where each word begins here
    _origins: tuple[int, ...]  # where the same word begins in the original

    @classmethod
    def of(cls, text: str) -> Squeezed:
        """Remove all white space, remembering where everything stood."""
        words = text.split()
        origins = [match.start() for match in _WORD.finditer(text)]
        starts = itertools.accumulate((len(word) for word in words), initial=0)
        return cls(
            text="".join(words),
            _starts=tuple(itertools.islice(starts, len(words))),
            _origins=tuple(origins),
        )

    @cached_property
    def folded(self) -> str:
        """The text in small letters, character for character."""
        return self.text.replace("\u0130", "i").lower()  # the one letter that lower() makes two

    def origin(self, offset: int) -> int:
        """Return where the character at `offset` stood in the original text."""
        word = bisect_right(self._starts, offset) - 1
        return self._origins[word] + offset - self._starts[word] if word >= 0 else 0

    def end_origin(self, offset: int) -> int:
        """Return where the original text goes on after the character before `offset`."""
        return self.origin(offset - 1) + 1 if offset else 0

    def position(self, origin: int) -> int:
        """Return where the original offset `origin` (or the next word after it) stands here."""
        word = bisect_right(self._origins, origin) - 1
        if word < 0:
            return 0
        end = self._starts[word + 1] if word + 1 < len(self._starts) else len(self.text)
        return min(self._starts[word] + origin - self._origins[word], end)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some consecutive lines of one input."""

    source: str
    first_line: int  # the number of the first line in the input, from 1
    raw: tuple[str, ...]  # the lines as decoded
    text: str  # the same with Slack's, mail's and viewers' damage undone
    starts: tuple[int, ...] = field(repr=False)  # where each raw line begins in `text`

    @cached_property
    def squeezed(self) -> Squeezed:
        """The text without its blanks."""
        return Squeezed.of(self.text)

    @cached_property
    def memory(self) -> dict[object, object]:
        """What readers of this page found out that others will ask for again."""
        return {}

    @cached_property
    def hard_width(self) -> int | None:
        """The column at which a terminal broke the lines, or None when nothing looks broken so."""
        widths = [len(line) for line in self.raw if line.strip()]
        longest = max(widths, default=0)
        full = sum(1 for width in widths if width == longest)
        return longest if full >= 2 and longest >= 20 else None

    def row(self, offset: int) -> int:
        """Return the index of the raw line that holds the character at `offset` of the text."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    @cached_property
    def paragraphs(self) -> tuple[int, ...]:
        """Where each paragraph begins in the text; one only, when every other line is empty."""
        rows = [bool(line.strip(" \t>\r")) for line in self.raw]
        full = sum(rows)
        doubled = full > 2 and sum(rows[row] and rows[row + 1] for row in range(len(rows) - 1)) == 0
        if doubled:
            return (0,)
        begins = [row for row in range(1, len(rows)) if rows[row] and not rows[row - 1]]
        return (0, *(self.starts[row] for row in begins))

    def paragraph_start(self, offset: int) -> int:
        """Return where the paragraph that holds `offset` begins in the text."""
        return self.paragraphs[bisect_right(self.paragraphs, offset) - 1]

    def line_start(self, offset: int) -> int:
        """Return where the line of `offset` begins, as it was before mail broke it."""
        return self.text.rfind("\n", 0, offset) + 1

    def quote(self, start: int, end: int, claim: tuple[int, int]) -> Quote:
        """Quote the raw lines from `start` to `end`.

        Where they are too many characters, quote from the line on which the claim stands.
        """
        first, last = self.row(start), self.row(max(start, end - 1))
        text = "\n".join(self.raw[first : last + 1])
        over = self._distance(first, claim[1]) > EVIDENCE_TEXT_LIMIT
        if over:
            first = self.row(claim[0])
            text = "\n".join(self.raw[first : last + 1])
            begin = max(0, self._claimed(first, claim[1]) - EVIDENCE_TEXT_LIMIT)
            text = text[min(begin, len(self.raw[first])) :]
        return Quote(
            source=self.source, line=self.first_line + first, text=text[:EVIDENCE_TEXT_LIMIT]
        )

    def _claimed(self, first: int, offset: int) -> int:
        """Return where, after the start of a row, the raw characters of a claim end.

        A row that was escaped is longer than its text: there the claim's last words are looked
        for near the place they should have.
        """
        row = self.row(max(offset - 1, 0))
        length = self.starts[row + 1] if row + 1 < len(self.starts) else len(self.text)
        share = (offset - self.starts[row]) / max(1, length - self.starts[row])
        likely = int(share * len(self.raw[row]))
        words = self.text[max(self.starts[row], offset - 9) : offset]
        places = [match.end() for match in re.finditer(re.escape(words), self.raw[row])]
        before = sum(len(line) + 1 for line in self.raw[first:row])
        return before + min(places, key=lambda end: abs(end - likely), default=likely) + 8

    def unwrapped(self, start: int, end: int) -> str:
        """Return a stretch of the text with the lines joined that a terminal broke."""
        text = self.text[start:end]
        if self.hard_width is None:
            return text
        rows = range(self.row(start), self.row(max(start, end - 1)) + 1)
        full = [row for row in rows if len(self.raw[row]) == self.hard_width]
        cuts = [self.starts[row + 1] - 1 - start for row in full if row + 1 < len(self.starts)]
        ends = [0, *(cut for cut in cuts if 0 < cut < len(text)), len(text)]
        return "".join(text[a:b].removeprefix("\n") for a, b in itertools.pairwise(ends))

    def _distance(self, first: int, offset: int) -> int:
        """Return how many raw characters lie, roughly, between a line's start and an offset."""
        row = self.row(max(offset - 1, 0))
        before = sum(len(line) + 1 for line in self.raw[first:row])
        return before + min(offset - self.starts[row], len(self.raw[row]))
