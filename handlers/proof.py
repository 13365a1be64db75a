"""Which of a finding's quoted lines prove it, and the part of them that does."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Sequence

from bot.knowledge import path_of
from bot.model import Finding, Quote
from handlers.slack_text import ELLIPSIS, cost, escape, line, middle, one_line

QUOTE = 220
PLACE = 80
EVENT_FILES = (".evt", ".evtx")

_WRAP = re.compile(r"\s*\n\s*")  # an entry that was wrapped and indented reads on
_SENTENCE = re.compile(
    r"(?:Failed\s+to\s+install\s+package\.\s+)?There\s+isn|sufficient\s+disk\s+space",
    re.IGNORECASE,
)
_FAILURE = re.compile(r"Failed|0x8007|Win32|\berror\b", re.IGNORECASE)
_SUCCESS = re.compile(r",\s*OK\b")
_BY_EVENT = frozenset({"false-disk-space", "event-only"})
_BLANK = re.compile(r" +")
_HALF = re.compile(r"[a-z][^.]*\. ")  # the end of a sentence that began before the entry


def decisive(finding: Finding) -> list[str]:
    """Return the escaped lines that a verdict rests on, at most two.

    They are the event and the failure of the file in the headline; or that failure and what
    settles or upsets it: a later success, or a failure with another error.
    """
    evidence = dict.fromkeys(finding.evidence)
    events = [quote for quote in evidence if is_event(quote)]
    others = [quote for quote in evidence if not is_event(quote)]
    healing = _last([quote for quote in others if _SUCCESS.search(quote.text)])
    failures = [quote for quote in others if not (finding.resolved and quote == healing)]
    failure = _failure(finding, failures)
    rest = [quote for quote in failures if quote != failure]
    if not events and finding.kind in _BY_EVENT:
        events = rest[:1]
    other = healing if finding.resolved else None
    if finding.certainty == "unknown" and finding.failed:
        other = _last(rest)
    chosen = (other or _last(events), failure)
    return [_row(quote, finding) for quote in evidence if quote in chosen]


def is_event(quote: Quote) -> bool:
    """Tell whether a quote is event 109 and no line of a log."""
    return bool(_SENTENCE.search(quote.text))


def place(quote: Quote) -> str:
    """Return what a quote is and where it stands."""
    kind = "Event" if is_event(quote) else "Log line"
    unit = "record" if quote.source.casefold().endswith(EVENT_FILES) else "line"
    return f"{kind} ({one_line(quote.source)}, {unit} {quote.line})"


def _row(quote: Quote, finding: Finding) -> str:
    where = line(middle(place(quote), PLACE), PLACE)
    return f"{where}: {_excerpt(quote.text, finding)}"


def _last(quotes: Sequence[Quote]) -> Quote | None:
    return quotes[-1] if quotes else None


def _failure(finding: Finding, quotes: Sequence[Quote]) -> Quote | None:
    """Return the latest failure that names the file of the headline, or at least its error."""
    name, error = _name(finding), _error(finding)

    def fits(quote: Quote) -> tuple[bool, bool]:
        return bool(name) and name in quote.text.casefold(), bool(error.search(quote.text))

    return max(reversed(quotes), key=fits, default=None)


def _name(finding: Finding) -> str:
    path = path_of(finding)
    return ntpath.basename(path).casefold() if path else ""


def _error(finding: Finding) -> re.Pattern[str]:
    code = finding.win32_error or 0
    return re.compile(rf"(?<!\d)(?:=|error) *{code}\b|0x8007{code:04x}", re.IGNORECASE)


def _excerpt(text: str, finding: Finding) -> str:
    """Return the part that decides, escaped; it begins at a word, after "…" where more stands."""
    text = _until_it_is_said(one_line(_WRAP.sub(" ", text)), finding)
    start = _start(text, finding)
    # an entry that begins in lower case was cut by whoever pasted it
    before = ELLIPSIS if start or text[:1].islower() else ""
    return line(f"{before}{text[start:]}", QUOTE)


def _until_it_is_said(text: str, finding: Finding) -> str:
    """Cut what follows the error or the success: the stamp of the entry stands in the facts."""
    said = _error(finding).search(text) or _SUCCESS.search(text)
    rest = text[said.end() :] if said and not _SENTENCE.search(text) else ""
    return f"{text[: len(text) - len(rest)]}{ELLIPSIS}" if rest.strip() else text


def _start(text: str, finding: Finding) -> int:
    if sentence := _SENTENCE.search(text):
        return sentence.start()
    failure = _error(finding).search(text) or _FAILURE.search(text)
    end = failure.end() if failure else 0
    half = _HALF.match(text)
    if half and half.end() < end:
        return half.end()
    nearest = max(0, end - QUOTE)  # what is further away fits in no case
    words = (nearest + blank.end() for blank in _BLANK.finditer(text[nearest:end]))
    starts = (0, *words) if nearest == 0 else words
    return next((at for at in starts if cost(escape(text[at:end])) < QUOTE - 1), nearest)
