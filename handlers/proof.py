"""Which of a finding's quoted lines prove it, and the part of them that does."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Sequence

from bot.model import Finding, Quote
from handlers.slack_text import ELLIPSIS, line, middle, one_line
from handlers.verdicts import path_of

QUOTE = 280
SOURCE = 60
BEFORE = 180  # characters in front of the decisive words of a long entry

_WRAP = re.compile(r"\s*\n\s*")  # an entry that was wrapped and indented reads on
_SENTENCE = re.compile(
    r"(?:Failed\s+to\s+install\s+package\.\s+)?There\s+isn|sufficient\s+disk\s+space",
    re.IGNORECASE,
)
_FAILURE = re.compile(r"Failed|0x8007|Win32|\berror\b", re.IGNORECASE)
_SUCCESS = re.compile(r",\s*OK\b")
_BY_EVENT = frozenset({"false-disk-space", "event-only"})


def decisive(finding: Finding) -> list[str]:
    """Return the escaped lines that a verdict rests on, at most three.

    They are the event, the failure of the file in the headline, and what settles or upsets them:
    a later success, or a failure with another error.
    """
    evidence = dict.fromkeys(finding.evidence)
    events = [quote for quote in evidence if _SENTENCE.search(quote.text)]
    others = [quote for quote in evidence if not _SENTENCE.search(quote.text)]
    healing = _last([quote for quote in others if _SUCCESS.search(quote.text)])
    failures = [quote for quote in others if not (finding.resolved and quote == healing)]
    failure = _failure(finding, failures)
    rest = [quote for quote in failures if quote != failure]
    if not events and finding.kind in _BY_EVENT:
        events = rest[:1]
    third = healing if finding.resolved else None
    if finding.certainty == "unknown" and finding.failed:
        third = _last(rest)
    chosen = (_last(events), failure, third)
    return [_row(quote) for quote in evidence if quote in chosen]


def _row(quote: Quote) -> str:
    return f"{line(middle(quote.source, SOURCE), SOURCE)}:{quote.line}  {_excerpt(quote.text)}"


def _last(quotes: Sequence[Quote]) -> Quote | None:
    return quotes[-1] if quotes else None


def _failure(finding: Finding, quotes: Sequence[Quote]) -> Quote | None:
    """Return the latest failure that names the file of the headline, or at least its error."""
    path = path_of(finding)
    name = ntpath.basename(path).casefold() if path else ""
    code = finding.win32_error or 0
    error = re.compile(rf"\b{code}\b|0x8007{code:04x}", re.IGNORECASE)

    def fits(quote: Quote) -> tuple[bool, bool]:
        return bool(name) and name in quote.text.casefold(), bool(error.search(quote.text))

    return max(reversed(quotes), key=fits, default=None)


def _excerpt(text: str) -> str:
    text = one_line(_WRAP.sub(" ", text))
    start = 0
    if sentence := _SENTENCE.search(text):
        start = sentence.start()
    elif len(text) > QUOTE and (failure := _FAILURE.search(text)):
        start = max(0, failure.start() - BEFORE)
    return line(f"{ELLIPSIS}{text[start:]}" if start else text, QUOTE)
