"""A report as the one reply of its thread; every size limit of a message is held by budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from handlers.elements import marked, named, plain, section
from handlers.facts import facts, failed, files_title, marked_up
from handlers.plain import (
    FACT,
    HEADER,
    LOOKED,
    NOTE,
    PATH,
    TEXT,
    Layout,
    article,
    compact,
    text,
)
from handlers.proof import decisive
from handlers.report_file import NAME as FILE
from handlers.slack_text import clip, code, fitting, line, middle
from handlers.verdicts import (
    article_url,
    certainty,
    healed,
    leading_headline,
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
    "linked",
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
FAILED = 420  # of each error
COMPACT = 900
NOTES = 400
MORE = 100  # kept free for "and N more"
FILES_SHOWN = 10
LINKS_SHOWN = 3
SHOWN_FACTS = frozenset({"Package", "Share", "When", "Win32 error"})


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
    looked: Sequence[str] = (),
    links: Sequence[str] = (),
    actions: bool = True,
) -> Reply:
    """Turn a report with findings into the one reply; the leading finding is shown in full.

    `notes` are short plain lines, `looked` are what the server's agent saw; `links` are lines of
    markup about what another thread answers; without `actions` there are no buttons, as in an
    answer that only one person sees.
    """
    cut = is_cut(report, knowledge)
    rest = f"in {FILE} below" if cut else "under Details"
    if not actions:
        rest = "in `despool explain`"
    over = str(status) if status else None
    layout = Layout(marked=over, notes=notes, rest=rest, few=actions, looked=looked)
    draft = _Draft(report.findings, knowledge, layout)
    closing = f"Everything is in {FILE} below." if cut and actions else ""
    return Reply(
        text="\n".join(filter(None, (draft.text(), *links[:LINKS_SHOWN], closing))),
        blocks=named([*draft.blocks(), *_linked(links), *_closing(closing, report.findings[0])]),
        cut=cut,
    )


def withdrawn() -> Reply:
    """Return what replaces a reply whose log was deleted or edited away."""
    words = (
        "Withdrawn: the message with the log was deleted or no longer holds one, "
        "so what was quoted from it here is gone too."
    )
    return Reply(text=words, blocks=named([SectionBlock(text=plain(words))]))


def linked(links: Sequence[str]) -> Reply:
    """Return what stands in a thread whose incidents other threads answer: a line for each."""
    shown = links[:LINKS_SHOWN]
    return Reply(text="\n".join(shown), blocks=named(list(_linked(shown))))


def _linked(links: Sequence[str]) -> Iterator[Block]:
    if links:
        yield ContextBlock(elements=[marked("\n".join(links[:LINKS_SHOWN]))])


@dataclass(frozen=True, slots=True)
class _Draft:
    findings: tuple[Finding, ...]
    knowledge: Knowledge
    layout: Layout

    @property
    def over(self) -> bool:
        return self.layout.marked is not None

    def text(self) -> str:
        return text(self.findings, self.knowledge, self.layout)

    def blocks(self) -> Iterator[Block]:
        leading, *others = self.findings
        yield from self._verdict(leading)
        yield from self._what(leading)
        if seen := fitting((line(one, NOTE) for one in self.layout.looked), LOOKED):
            yield section("\n".join(("*Who holds it*", *seen)))
        if self.layout.few:  # without buttons nothing stands behind the reply
            yield buttons(leading, self.knowledge, resolved=self.over)
        yield from self._steps(leading)
        if quotes := decisive(leading):
            yield self._evidence(quotes, len(leading.evidence))
        if others:
            yield from self._others(others)
        if rows := "\n".join(fitting((line(note, NOTE) for note in self.layout.notes), NOTES)):
            yield ContextBlock(elements=[plain(rows)])

    def _others(self, others: Sequence[Finding]) -> Iterator[Block]:
        rows = compact(
            others, self.knowledge, COMPACT, self.layout.rest, among=self.findings, linked=True
        )
        yield DividerBlock()
        yield section("\n".join((f"*Also found* ({len(others):,})", *(f"• {row}" for row in rows))))

    def _verdict(self, finding: Finding) -> Iterator[Block]:
        words = leading_headline(self.findings, self.knowledge, resolved=self.over)
        yield HeaderBlock(text=plain(line(words, HEADER)))
        if self.layout.marked is not None:
            yield ContextBlock(elements=[plain(line(self.layout.marked, NOTE))])
        sure, _, reason = certainty(finding, self.knowledge).partition(": ")
        # what the summary tells is true of a failure that lasts
        lasts = not (finding.resolved or self.over)
        what = summary(finding, self.knowledge) if lasts else ""
        parts = (healed(finding), clip(what, LEAD // 2), f"*{sure}:* {clip(reason, LEAD // 3)}")
        yield section("\n".join(filter(None, parts)))

    def _what(self, finding: Finding) -> Iterator[Block]:
        if finding.files:
            yield self._paths(files_title(finding), finding.files, FILES)
        yield from self._failed(finding)
        fields = [
            marked(marked_up(label, value, _fact))
            for label, value in facts(finding, self.knowledge)
            if label in SHOWN_FACTS
        ]
        if fields:
            yield SectionBlock(fields=fields)

    def _failed(self, finding: Finding) -> Iterator[Block]:
        for title, paths in failed(finding, self.knowledge):
            yield self._paths(title, paths, FAILED)

    def _paths(self, title: str, rows: Sequence[str], limit: int) -> Block:
        if len(rows) == 1:
            return section(marked_up(title, rows[0], _path))
        paths = map(_path, rows[:FILES_SHOWN])
        shown = fitting(paths, limit - MORE)
        left = len(rows) - len(shown)
        more = f"and {left:,} more {self.layout.rest}" if left else ""
        listed = code(shown) if shown else ""
        return section("\n".join(filter(None, (f"*{title}* ({len(rows):,})", listed, more))))

    def _evidence(self, quotes: Sequence[str], count: int) -> Block:
        all_of_it = f" ({len(quotes)} of {count:,} lines, all {self.layout.rest})"
        more = all_of_it if count > len(quotes) else ""
        return section(f"*Evidence*{more}\n{code(quotes)}")

    def _steps(self, finding: Finding) -> Iterator[Block]:
        rows = steps.numbered(finding, self.knowledge)
        places = steps.chosen(finding, self.knowledge, over=self.over, few=self.layout.few)
        shown = [rows[place] for place in places]
        if left := len(finding.advice) - len(shown):
            shown.append(steps.left_out(left, self.layout.rest))
        if not shown:
            return
        title = steps_title(finding, resolved=self.over)
        for part in steps.parts((f"*{title}*", *shown), SECTION):
            # Slack may fold a long section behind "See more"; what to do is never folded
            yield section(part, expand=True)


def _closing(words: str, finding: Finding) -> Iterator[Block]:
    elements: list[MarkdownTextObject | PlainTextObject] = [plain(words)] if words else []
    url = article_url(finding.article)
    if url is not None:
        link = f"Microsoft Knowledge Base: <{url}|{finding.article}>"
        elements.append(marked(link))
    elif finding.article:
        elements.append(plain(article(finding)))
    if elements:
        yield ContextBlock(elements=elements)


def _path(value: str) -> str:
    return line(middle(value, PATH), PATH)


def _fact(value: str) -> str:
    return line(value, FACT)
