"""A reply as text: what a notification shows and a screen reader reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.knowledge import Knowledge
from bot.model import Finding
from handlers import steps
from handlers.proof import decisive
from handlers.slack_text import clip, cost, fitting, line, middle
from handlers.verdicts import article_url, certainty, facts, failures, headline, healed

TEXT = 4000  # of chat.update: https://docs.slack.dev/reference/methods/chat.update
HEADER = 150
FACT = 150
PATH = 300
ROW = 260
NOTE = 200
MORE = 150  # kept free for what says that something is left out
SHOWN = 10
OTHERS = 6


def text(
    findings: Sequence[Finding],
    knowledge: Knowledge,
    *,
    marked: str | None,
    notes: Sequence[str],
    rest: str,
) -> str:
    """Return the whole answer line by line; `rest` says where what does not fit is found."""
    leading, *others = findings
    head = [*_verdict(leading, knowledge, marked), *_what(leading, knowledge)]
    tail = [f"Evidence: {row}" for row in decisive(leading)]
    tail += [f"Also: {row}" for row in compact(others, knowledge, 700, rest)]
    tail += fitting((line(note, NOTE) for note in notes), 400)
    tail += [article(leading)] if leading.article else []
    spent = sum(cost(part) + 2 for part in (*head, *tail))
    shown = fitting(_steps(leading), TEXT - MORE - spent)
    if left := len(leading.advice) - len(shown):
        shown.append(f"and {left:,} more steps {rest}.")
    return "\n".join((*head, *shown, *tail))


def compact(findings: Sequence[Finding], knowledge: Knowledge, limit: int, rest: str) -> list[str]:
    """Return the other findings on one escaped line each, and how many did not fit."""
    rows = (one_row(finding, knowledge) for finding in findings[:OTHERS])
    shown = fitting(rows, limit - MORE)
    if left := len(findings) - len(shown):
        shown.append(f"{left:,} more {rest}")
    return shown


def one_row(finding: Finding, knowledge: Knowledge) -> str:
    """Return a finding on one escaped line: verdict, file, package, server and time."""
    verdict = headline(finding, knowledge)
    names = [middle(name, 40) for name in (finding.package, finding.server) if name]
    at = str(finding.at).replace("T", " ") if finding.at else ""
    known = ", ".join(
        part for part in (*names, at, finding.article) if part and part not in verdict
    )
    shown = line(verdict, HEADER)
    return f"{shown} ({line(known, ROW - HEADER)})" if known else shown


def article(finding: Finding) -> str:
    """Return the article's name and address, escaped."""
    name = line(finding.article or "", 40)
    url = article_url(finding.article)
    return f"Microsoft Knowledge Base: {name} {url}" if url else f"Microsoft Knowledge Base: {name}"


def _verdict(finding: Finding, knowledge: Knowledge, marked: str | None) -> Iterator[str]:
    yield line(headline(finding, knowledge, resolved=marked is not None), HEADER)
    if marked:
        yield line(marked, NOTE)
    if healing := healed(finding):
        yield healing
    yield clip(certainty(finding, knowledge), 300)


def _what(finding: Finding, knowledge: Knowledge) -> list[str]:
    rows = [f"{name}: {line(value, FACT)}" for name, value in facts(finding, knowledge)]
    rows += _listed("Locked", finding.files, 500)
    return rows + _listed("Failed", failures(finding, knowledge), 300)


def _listed(title: str, rows: Sequence[str], limit: int) -> list[str]:
    shown = fitting((f"{title}: {line(middle(row, PATH), PATH)}" for row in rows[:SHOWN]), limit)
    left = len(rows) - len(shown)
    return [*shown, f"{title}: and {left:,} more"] if left else shown


def _steps(finding: Finding) -> list[str]:
    return [clip(step, steps.STEP) for step in steps.plain(finding)]
