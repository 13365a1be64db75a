"""A reply as text: what a notification shows and a screen reader reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.knowledge import Knowledge
from bot.model import Finding
from handlers import steps
from handlers.facts import facts, failed, moment
from handlers.proof import decisive
from handlers.slack_text import clip, cost, fitting, line, middle
from handlers.verdicts import article_url, certainty, headline, healed, leading_headline

TEXT = 4000  # of chat.update: https://docs.slack.dev/reference/methods/chat.update
HEADER = 150
FACT = 150
PATH = 300
ROW = 260
NOTE = 200
MORE = 150  # kept free for what says that something is left out
SHOWN = 10
OTHERS = 6
FAILED = 320
LOOKED = 500
UNTOLD = frozenset({"Disk space"})  # the headline gives the figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a reply is laid out, whatever its findings are."""

    marked: str | None  # who marked the incident as resolved, and when
    notes: Sequence[str]
    rest: str  # where what does not fit is found
    few: bool  # whether steps that stand there are left out
    looked: Sequence[str] = ()  # what the server's agent saw


def text(findings: tuple[Finding, ...], knowledge: Knowledge, layout: Layout) -> str:
    """Return the whole answer line by line."""
    leading, *others = findings
    head = [*_verdict(findings, knowledge, layout.marked), *_what(leading, knowledge)]
    head += fitting((line(one, NOTE) for one in layout.looked), LOOKED)
    tail = decisive(leading)
    rows = compact(others, knowledge, 700, layout.rest, among=findings)
    tail += [f"Also: {row}" for row in rows]
    tail += fitting((line(note, NOTE) for note in layout.notes), 400)
    tail += [article(leading)] if leading.article else []
    spent = sum(cost(part) + 2 for part in (*head, *tail))
    shown = fitting(_steps(leading, knowledge, layout), TEXT - MORE - spent)
    if left := len(leading.advice) - len(shown):
        shown.append(f"{steps.left_out(left, layout.rest)}.")
    return "\n".join((*head, *shown, *tail))


def compact(
    findings: Sequence[Finding],
    knowledge: Knowledge,
    limit: int,
    rest: str,
    *,
    among: Sequence[Finding],
    linked: bool = False,
) -> list[str]:
    """Return the other findings on one escaped line each, and how many did not fit."""
    rows = (_row(finding, knowledge, among, linked=linked) for finding in findings[:OTHERS])
    shown = fitting(rows, limit - MORE)
    if left := len(findings) - len(shown):
        shown.append(f"{left:,} more {rest}")
    return shown


def _row(finding: Finding, knowledge: Knowledge, among: Sequence[Finding], *, linked: bool) -> str:
    """Return a finding on one escaped line: verdict, package, server, time and article."""
    verdict = headline(finding, knowledge, among=among)
    names = [middle(name, 40) for name in (finding.package, finding.server) if name]
    known = ", ".join(part for part in (*names, moment(finding.at)) if part and part not in verdict)
    shown = [line(verdict, HEADER)]
    shown += [line(known, ROW - HEADER)] if known else []
    shown += [_linked(finding) if linked else line(finding.article, 40)] if finding.article else []
    return "; ".join(shown)


def article(finding: Finding) -> str:
    """Return the article's name and address, escaped."""
    name = line(finding.article or "", 40)
    url = article_url(finding.article)
    return f"Microsoft Knowledge Base: {name} {url}" if url else f"Microsoft Knowledge Base: {name}"


def _linked(finding: Finding) -> str:
    name = line(finding.article or "", 40)
    url = article_url(finding.article)
    return f"<{url}|{name}>" if url else name


def _verdict(
    findings: tuple[Finding, ...], knowledge: Knowledge, marked: str | None
) -> Iterator[str]:
    yield line(leading_headline(findings, knowledge, resolved=marked is not None), HEADER)
    if marked:
        yield line(marked, NOTE)
    if healing := healed(findings[0]):
        yield healing
    yield clip(certainty(findings[0], knowledge), 300)


def _what(finding: Finding, knowledge: Knowledge) -> list[str]:
    rows = [
        f"{name}: {line(value, FACT)}"
        for name, value in facts(finding, knowledge)
        if name not in UNTOLD
    ]
    rows += _listed("Locked", finding.files, 500)
    for title, paths in failed(finding, knowledge):
        rows += _listed(title, paths, FAILED)
    return rows


def _listed(title: str, rows: Sequence[str], limit: int) -> list[str]:
    shown = fitting((f"{title}: {line(middle(row, PATH), PATH)}" for row in rows[:SHOWN]), limit)
    left = len(rows) - len(shown)
    return [*shown, f"{title}: and {left:,} more"] if left else shown


def _steps(finding: Finding, knowledge: Knowledge, layout: Layout) -> list[str]:
    rows = steps.plain(finding, knowledge)
    over = layout.marked is not None
    # a screen reader reads this and skips the blocks: what is still to be done stands here whole
    few = layout.few and (over or finding.resolved)
    places = steps.chosen(finding, knowledge, over=over, few=few)
    return [clip(rows[place], steps.STEP) for place in places]
