"""Reports as Block Kit and text; every size limit of Slack is held here, by budgets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.knowledge import Knowledge
from bot.model import Finding, Quote, Report
from handlers.slack_text import clip, code, cost, fitting, line
from handlers.verdicts import certainty, facts, headline

# Slack's own: https://docs.slack.dev/reference/block-kit/blocks and, for the sum over all blocks,
# https://github.com/slackapi/bolt-js/issues/2509. chat.update takes 4,000 characters of text.
HEADER = 150
SECTION = 3000
BLOCKS = 50
SUM = 13_200
TEXT = 4000

# What each part may cost; together they stay under SUM with every part at its fullest.
LEAD = 900
FACT = 150
FILES = 1500
FAILED = 700
ADVICE = 4800
EVIDENCE = 1700
COMPACT = 1000
FILES_SHOWN = 10
COMPACT_SHOWN = 6
STEP = 1400
QUOTE = 560
PATH = 300
NOTE = 120  # kept free for "and N more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is posted: the whole finding as text, and the same for the eye."""

    text: str
    blocks: list[dict[str, Any]]


def render(report: Report, knowledge: Knowledge) -> Reply:
    """Turn a report with findings into the one reply; the leading finding is shown in full."""
    leading, *others = report.findings
    blocks = [*_leading(leading, knowledge), *_others(others, knowledge)]
    return Reply(
        text=_text(leading, others, knowledge), blocks=[block.to_dict() for block in blocks]
    )


def article_url(article: str | None) -> str | None:
    """Return where the public archive keeps an article of the Knowledge Base."""
    if article is None or not re.fullmatch(r"Q\d{4,6}", article):
        return None
    return f"https://jeffpar.github.io/kbarchive/kb/{int(article[1:]) // 1000:03d}/{article}/"


def _leading(finding: Finding, knowledge: Knowledge) -> Iterator[Block]:
    yield HeaderBlock(text=_plain(line(headline(finding, knowledge), HEADER)))
    yield _section(_lead(finding, knowledge))
    fields = [_plain(f"{name}: {line(value, FACT)}") for name, value in facts(finding, knowledge)]
    if fields:
        yield SectionBlock(fields=fields)
    if finding.files:
        yield _section(_paths("Locked files", list(finding.files), FILES))
    if finding.failed:
        yield _section(_paths("Failed for another reason", _failures(finding, knowledge), FAILED))
    for part in _advice(finding):
        yield _section(part)
    if finding.evidence:
        yield _section(_evidence(finding.evidence))
    if link := _article(finding):
        yield ContextBlock(elements=[MarkdownTextObject(text=link, verbatim=True)])


def _lead(finding: Finding, knowledge: Knowledge) -> str:
    cause = knowledge.causes.get(finding.rule)
    summary = clip(cause.summary, LEAD // 2) if cause else ""
    healed = "A later line says that the file was copied after all." if finding.resolved else ""
    sure = clip(certainty(finding, knowledge), LEAD // 3)
    return "\n".join(part for part in (summary, sure, healed) if part)


def _paths(title: str, rows: list[str], limit: int) -> str:
    shown = fitting((line(row, PATH) for row in rows[:FILES_SHOWN]), limit - NOTE)
    left = len(rows) - len(shown)
    more = f"\nand {left:,} more; `despool explain --json` lists them all" if left else ""
    return f"*{title}* ({len(rows):,})\n{code(shown)}{more}"


def _failures(finding: Finding, knowledge: Knowledge) -> list[str]:
    return [
        f"{failure.path or '(path unknown)'}: {knowledge.error(failure.win32_error)}"
        for failure in finding.failed
    ]


def _advice(finding: Finding) -> Iterator[str]:
    steps = _steps(finding, "*Warning!* ")
    shown = fitting(steps, ADVICE - NOTE)
    if left := len(steps) - len(shown):
        shown.append(f"{left:,} more steps: `despool explain` shows them all.")
    part = "*What to do, in this order*" if shown else ""
    for step in shown:
        if cost(part) + cost(step) + 2 > SECTION:
            yield part
            part = step
        else:
            part = f"{part}\n{step}"
    if part:
        yield part


def _steps(finding: Finding, warning: str) -> list[str]:
    return [
        f"{number}. {warning if step.warning else ''}{clip(step.text, STEP)}"
        for number, step in enumerate(finding.advice, start=1)
    ]


def _evidence(quotes: tuple[Quote, ...]) -> str:
    shown = fitting((_quote(quote) for quote in quotes[:FILES_SHOWN]), EVIDENCE - NOTE)
    left = len(quotes) - len(shown)
    more = f"\nand {left:,} more lines" if left else ""
    return f"*Evidence*\n{code(shown)}{more}"


def _quote(quote: Quote) -> str:
    return f"{line(quote.source, 80)}:{quote.line}  {line(quote.text, QUOTE)}"


def _article(finding: Finding) -> str | None:
    url = article_url(finding.article)
    if url is not None:
        return f"Microsoft Knowledge Base: <{url}|{finding.article}>"
    return f"Microsoft Knowledge Base: {line(finding.article, 40)}" if finding.article else None


def _others(findings: list[Finding], knowledge: Knowledge) -> Iterator[Block]:
    if not findings:
        return
    yield DividerBlock()
    rows = _compact(findings, knowledge)
    yield _section(f"*Also in this log*\n{chr(10).join(rows)}")


def _compact(findings: list[Finding], knowledge: Knowledge) -> list[str]:
    rows = [f"• {_row(finding, knowledge)}" for finding in findings[:COMPACT_SHOWN]]
    shown = fitting(rows, COMPACT - NOTE)
    if left := len(findings) - len(shown):
        shown.append(f"and {left:,} more; `despool explain` shows them all")
    return shown


def _row(finding: Finding, knowledge: Knowledge) -> str:
    package = f" [{finding.package}]" if finding.package else ""
    at = f" at {str(finding.at).replace('T', ' ')}" if finding.at else ""
    article = f" ({finding.article})" if finding.article else ""
    return line(f"{headline(finding, knowledge)}{package}{at}{article}", HEADER)


def _text(leading: Finding, others: list[Finding], knowledge: Knowledge) -> str:
    """Return the whole finding for a screen reader and a notification: plain, line by line."""
    head = [line(headline(leading, knowledge), HEADER), clip(certainty(leading, knowledge), 300)]
    head += [f"{name}: {line(value, FACT)}" for name, value in facts(leading, knowledge)]
    head += _listed("Locked", list(leading.files), 500)
    head += _listed("Failed", _failures(leading, knowledge), 300)
    tail = [_article_plain(leading)] if leading.article else []
    tail += [f"Also: {row}" for row in _compact(others, knowledge)[:4]]
    spent = sum(cost(part) + 2 for part in (*head, *tail))
    quotes = fitting((f"Evidence: {_quote(quote)}" for quote in leading.evidence[:3]), 700)
    spent += sum(cost(part) + 2 for part in quotes)
    steps = _steps(leading, "Warning! ")
    shown = fitting(steps, TEXT - NOTE - spent)
    if left := len(steps) - len(shown):
        shown.append(f"{left:,} more steps stand in the message itself.")
    return "\n".join((*head, *shown, *quotes, *tail))


def _listed(title: str, rows: list[str], limit: int) -> list[str]:
    shown = fitting((f"{title}: {line(row, PATH)}" for row in rows[:FILES_SHOWN]), limit)
    left = len(rows) - len(shown)
    return [*shown, f"{title}: and {left:,} more"] if left else shown


def _article_plain(finding: Finding) -> str:
    name = line(finding.article or "", 40)
    url = article_url(finding.article)
    return f"Microsoft Knowledge Base: {name} {url}" if url else f"Microsoft Knowledge Base: {name}"


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _section(text: str) -> SectionBlock:
    # `verbatim` keeps Slack from making links and mentions of what it finds in the text
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))
