"""A report as a text file, every finding whole: for what fits into no message of Slack's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.knowledge import Knowledge
from bot.model import Finding, Quote, Report
from handlers import steps
from handlers.facts import facts, failed, files_title
from handlers.slack_text import one_line, visible
from handlers.verdicts import (
    article_url,
    certainty,
    headline,
    healed,
    steps_title,
    summary,
)

NAME = "despool-findings.txt"
RULE = "=" * 72
INDENT = "    "


def report_file(report: Report, knowledge: Knowledge) -> tuple[str, bytes]:
    """Return the name and the bytes of the file that holds everything, nothing cut."""
    count = len(report.findings)
    rows = [f"Despool: {count:,} {'finding' if count == 1 else 'findings'}"]
    for number, finding in enumerate(report.findings, start=1):
        rows += ["", RULE, f"{number} of {count}", *_finding(finding, knowledge)]
    return NAME, ("\n".join(rows) + "\n").encode()


def _finding(finding: Finding, knowledge: Knowledge) -> Iterator[str]:
    # the whole name stands here: the room of a phone is no matter in a file
    yield _one(headline(finding, knowledge, room=100_000))
    yield ""
    yield from filter(None, (healed(finding), summary(finding, knowledge)))
    yield _one(certainty(finding, knowledge))
    yield ""
    for name, value in facts(finding, knowledge):
        yield f"{name}: {_one(value)}"
    yield f"Rule: {_one(finding.rule)}"
    if finding.article:
        link = article_url(finding.article) or ""
        yield f"Microsoft Knowledge Base: {_one(finding.article)} {link}".rstrip()
    yield from _listed(files_title(finding), [_one(path) for path in finding.files])
    for title, paths in failed(finding, knowledge):
        yield from _listed(title, [_one(path) for path in paths])
    advice = steps.plain(finding, knowledge)
    yield from _listed(steps_title(finding), [_one(step) for step in advice])
    yield from _listed("Evidence", [row for quote in finding.evidence for row in _quote(quote)])


def _listed(title: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield ""
        yield f"{title}:"
        yield from (f"{INDENT}{row}" for row in rows)


def _quote(quote: Quote) -> Iterator[str]:
    yield f"{_one(quote.source)}:{quote.line}"
    yield from (f"{INDENT}{visible(row)}" for row in quote.text.splitlines())


def _one(text: str) -> str:
    return visible(one_line(text))
