"""A report as the one reply of its thread; every size limit of a message is held by budgets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
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
from bot.model import Finding, Report
from handlers import steps
from handlers.buttons import actions as buttons
from handlers.buttons import share_button
from handlers.details import is_cut
from handlers.plain import FACT, HEADER, NOTE, PATH, TEXT, article, compact, text
from handlers.proof import decisive
from handlers.report_file import NAME as FILE
from handlers.slack_text import clip, code, fitting, line, middle
from handlers.verdicts import (
    article_url,
    certainty,
    facts,
    failed_title,
    failures,
    files_title,
    headline,
    healed,
    steps_title,
    summary,
)

__all__ = [
    "HEADER",
    "SECTION",
    "SUM",
    "TEXT",
    "Reply",
    "Status",
    "article_url",
    "render",
    "share_button",
    "withdrawn",
]

# Slack's own: https://docs.slack.dev/reference/block-kit/blocks
SECTION = 3000
BLOCKS = 50
# Slack publishes no limit for the sum over all blocks; what people met lies not far above these:
# https://github.com/slackapi/bolt-js/issues/2509 and https://github.com/slackapi/bolt-js/issues/2867
SUM = 9_600
JSON = 15_000

# What each part may cost; together they stay under SUM with every part at its fullest.
LEAD = 800
FILES = 1000
FAILED = 500
COMPACT = 600
NOTES = 400
MORE = 100  # kept free for "and N more"
FILES_SHOWN = 10
STEPS_FIRST = 3  # look, find and ask: what a reader needs before anything can do harm
SHOWN_FACTS = frozenset({"Package", "Server and share", "When", "Error", "Disk space"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is posted: the whole finding as text, and the same for the eye."""

    text: str
    blocks: list[dict[str, Any]]
    cut: bool = False  # something stands neither here nor in the details: attach the report's file


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Who marked the incident as resolved, and when, both as words for the reader."""

    resolved_by: str
    at: str

    def __str__(self) -> str:
        return f"Marked resolved by {self.resolved_by} at {self.at}"


def render(
    report: Report,
    knowledge: Knowledge,
    *,
    status: Status | None = None,
    notes: Sequence[str] = (),
    actions: bool = True,
) -> Reply:
    """Turn a report with findings into the one reply; the leading finding is shown in full.

    `notes` are short plain lines, such as what the server's agent said; without `actions` there
    are no buttons, as in an answer that only one person sees.
    """
    cut = is_cut(report, knowledge)
    rest = f"in {FILE} below" if cut else "under Details"
    if not actions:
        rest = "in `despool explain`"
    draft = _Draft(report.findings, knowledge, status, notes, actions, rest)
    closing = f"Everything is in {FILE} below." if cut and actions else ""
    return Reply(
        text="\n".join(filter(None, (draft.text(), closing))),
        blocks=_named([*draft.blocks(), *_closing(closing, report.findings[0])]),
        cut=cut,
    )


def withdrawn() -> Reply:
    """Return what replaces a reply whose log was deleted or edited away."""
    words = (
        "Withdrawn: the message with the log was deleted or no longer holds one, "
        "so what was quoted from it here is gone too."
    )
    return Reply(text=words, blocks=_named([SectionBlock(text=_plain(words))]))


@dataclass(frozen=True, slots=True)
class _Draft:
    findings: Sequence[Finding]
    knowledge: Knowledge
    status: Status | None
    notes: Sequence[str]
    actions: bool
    rest: str  # where to find what does not fit

    def text(self) -> str:
        marked = str(self.status) if self.status else None
        return text(self.findings, self.knowledge, marked=marked, notes=self.notes, rest=self.rest)

    def blocks(self) -> Iterator[Block]:
        leading, *others = self.findings
        yield from self._verdict(leading)
        yield from self._what(leading)
        if self.actions:
            yield buttons(leading, self.knowledge, resolved=self.status is not None)
        yield from self._steps(leading)
        if quotes := decisive(leading):
            yield self._evidence(quotes, len(leading.evidence))
        if others:
            rows = "\n".join(
                f"• {row}" for row in compact(others, self.knowledge, COMPACT, self.rest)
            )
            yield DividerBlock()
            yield _section(f"*Also found*\n{rows}")
        if rows := "\n".join(fitting((line(note, NOTE) for note in self.notes), NOTES)):
            yield ContextBlock(elements=[_plain(rows)])

    def _verdict(self, finding: Finding) -> Iterator[Block]:
        words = headline(finding, self.knowledge, resolved=self.status is not None)
        yield HeaderBlock(text=_plain(line(words, HEADER)))
        if self.status:
            yield ContextBlock(elements=[_plain(line(str(self.status), NOTE))])
        sure, _, reason = certainty(finding, self.knowledge).partition(": ")
        what = summary(finding, self.knowledge)
        if finding.kind == "event-only":  # what the event says is also why nothing is surer
            what, reason = "", f"{what[:1].lower()}{what[1:]}"
        parts = (healed(finding), clip(what, LEAD // 2), f"*{sure}:* {clip(reason, LEAD // 3)}")
        yield _section("\n".join(filter(None, parts)))

    def _what(self, finding: Finding) -> Iterator[Block]:
        if finding.files:
            yield self._paths(files_title(finding), finding.files, FILES)
        if finding.failed:
            rows = failures(finding, self.knowledge)
            yield self._paths(failed_title(finding), rows, FAILED)
        fields = [
            _plain(f"{name}: {line(value, FACT)}")
            for name, value in facts(finding, self.knowledge)
            if name in SHOWN_FACTS
        ]
        if fields:
            yield SectionBlock(fields=fields)

    def _paths(self, title: str, rows: Sequence[str], limit: int) -> Block:
        paths = (line(middle(row, PATH), PATH) for row in rows[:FILES_SHOWN])
        shown = fitting(paths, limit - MORE)
        left = len(rows) - len(shown)
        count = f" ({len(rows):,})" if len(rows) > 1 else ""
        more = f"\nand {left:,} more {self.rest}" if left else ""
        return _section(f"*{title}*{count}\n{code(shown)}{more}")

    def _evidence(self, quotes: Sequence[str], count: int) -> Block:
        more = (
            f" ({len(quotes)} of {count:,} lines, all {self.rest})" if count > len(quotes) else ""
        )
        return _section(f"*Evidence*{more}\n{code(quotes)}")

    def _steps(self, finding: Finding) -> Iterator[Block]:
        shown = steps.shown(finding)
        if left := len(finding.advice) - len(shown):
            shown.append(f"and {left:,} more steps {self.rest}")
        if not shown:
            return
        title = steps_title(finding, resolved=self.status is not None)
        first, others = shown[:STEPS_FIRST], shown[STEPS_FIRST:]
        # Slack may fold a long section behind "See more"; the first steps are never folded
        yield _section("\n".join((f"*{title}*", *first)), expand=True)
        for part in steps.parts(others, SECTION):
            yield _section(part)


def _closing(words: str, finding: Finding) -> Iterator[Block]:
    elements: list[MarkdownTextObject | PlainTextObject] = [_plain(words)] if words else []
    url = article_url(finding.article)
    if url is not None:
        link = f"Microsoft Knowledge Base: <{url}|{finding.article}>"
        elements.append(MarkdownTextObject(text=link, verbatim=True))
    elif finding.article:
        elements.append(_plain(article(finding)))
    if elements:
        yield ContextBlock(elements=elements)


def _named(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Give each block an id that changes with the content, as an update of a message asks for.

    https://docs.slack.dev/reference/block-kit/blocks
    """
    rows = [block.to_dict() for block in blocks]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:8]
    return [{**row, "block_id": f"{digest}-{index}"} for index, row in enumerate(rows)]


def _plain(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)


def _section(words: str, *, expand: bool | None = None) -> SectionBlock:
    # `verbatim` keeps Slack from making links and mentions of what it finds in the text
    return SectionBlock(text=MarkdownTextObject(text=words, verbatim=True), expand=expand)
