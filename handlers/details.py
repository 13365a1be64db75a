"""What stands behind "Details": all findings with their evidence, as a modal or as text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    HeaderBlock,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.knowledge import Knowledge
from bot.model import Finding, Quote, Report
from handlers import steps
from handlers.elements import marked, plain, section
from handlers.facts import facts, failed, files_title, marked_up
from handlers.plain import HEADER, compact
from handlers.proof import place
from handlers.report_file import NAME as FILE
from handlers.slack_text import clip, code, cost, escape, fitting, line, one_line
from handlers.verdicts import certainty, headline, healed, steps_title, summary

BLOCKS = 98  # of the 100 a view takes: https://docs.slack.dev/reference/views/modal-views
SIZE = 180_000  # as JSON; views.open refuses what is above 250 KB
SECTION = 2900  # of 3,000 characters
ROW = 2800
TEXT = 3700  # of the 4,000 characters of a text; the rest is kept free for what is left out
FACT = 500
# What each part of one finding may take as JSON.
FILES, FAILED, EVIDENCE, STEPS = 16_000, 8_000, 24_000, 12_000


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Blocks, and how many of each thing found no room among them."""

    blocks: list[Block] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)

    def takes(self, other: _Sheet) -> bool:
        many = len(self.blocks) + len(other.blocks) >= BLOCKS
        return not self.blocks or not (many or self.size() + other.size() > SIZE)

    def size(self) -> int:
        return sum(_size(block.to_dict()) for block in self.blocks)

    def clip(self, text: str, limit: int = ROW) -> str:
        # a long text is not walked through: what is left of it is too long in any case
        self.left["long line"] += len(text) > limit or cost(escape(text)) > limit
        return clip(text[: limit + 1], limit)

    def fact(self, text: str) -> str:
        return self.clip(one_line(text), FACT)

    def parts(self, kind: str, rows: Iterable[str], limit: int, count: int) -> Iterator[list[str]]:
        """Divide the leading escaped rows that fit into sections; the others are counted."""
        part: list[str] = []
        length = 0
        for row in rows:
            limit -= _size(row)
            if limit < 0:
                break
            count -= 1
            length += len(row) + 1
            if part and length > SECTION:
                yield part
                part, length = [], len(row) + 1
            part.append(row)
        self.left[kind] += count
        if part:
            yield part

    def code(self, kind: str, title: str, rows: Sequence[str], limit: int) -> None:
        number = f" ({len(rows):,})" if len(rows) > 1 else ""
        escaped = (self.clip(row) for row in rows)
        for index, part in enumerate(self.parts(kind, escaped, limit, len(rows))):
            heading = "" if index else f"*{title}*{number}\n"
            self.blocks.append(section(f"{heading}{code(part)}"))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a finding stands, and the number of the first one of the same rule."""

    number: int
    count: int
    like: int

    def __str__(self) -> str:
        return f"{self.number} of {self.count}. " if self.count > 1 else ""


def details_view(report: Report, knowledge: Knowledge) -> dict[str, Any]:
    """Return the modal with every finding, its evidence, and the steps the reply left out."""
    sheet = _sheet(report, knowledge)
    blocks = sheet.blocks
    if left := _counted(sheet.left):
        rest = f"Everything is in {FILE} in the thread, or run `despool explain`."
        blocks = [*blocks, section(f"Not shown here: {left}. {rest}")]
    return View(
        type="modal",
        callback_id="details_view",
        title=plain("Details"),
        close=plain("Close"),
        blocks=blocks,
    ).to_dict()


def is_cut(report: Report, knowledge: Knowledge) -> bool:
    """Tell whether the modal has no room for all there is to say."""
    return bool(_counted(_sheet(report, knowledge).left))


def details_text(report: Report, knowledge: Knowledge) -> str:
    """Return the same, shorter, as text in Slack's markup for where no modal can be opened."""
    leading, *others = report.findings
    sheet = _Sheet()
    parts = [line(headline(leading, knowledge), HEADER), clip(certainty(leading, knowledge), 300)]
    known = (f"{name}: {line(value, 150)}" for name, value in facts(leading, knowledge))
    parts += fitting(known, 500)
    lists = [("line of evidence", "Evidence", [_quote(quote) for quote in leading.evidence], 1000)]
    lists.append(("file", files_title(leading), list(leading.files), 300))
    lists += [("failure", title, rows, 150) for title, rows in failed(leading, knowledge)]
    for kind, title, rows, limit in lists:
        shown = fitting((sheet.clip(row, limit * 2 // 3) for row in rows), limit)
        sheet.left[kind] += len(rows) - len(shown)
        parts += [f"{title}:", code(shown)] if shown else []
    others_too = compact(others, knowledge, 500, "in `despool explain`", among=report.findings)
    spent = sum(cost(part) + 2 for part in (*parts, *others_too))
    places = steps.chosen(leading, knowledge, over=False, few=True)
    advice = steps.numbered(leading, knowledge)
    ahead = [row for place, row in enumerate(advice) if place not in places]
    parts += (shown := fitting(ahead, TEXT - spent))
    sheet.left["step"] += len(ahead) - len(shown)
    parts += others_too
    if left := _counted(sheet.left):
        parts.append(f"Not shown here: {left}; `despool explain` shows everything.")
    return "\n".join(parts)


def _sheet(report: Report, knowledge: Knowledge) -> _Sheet:
    sheet = _Sheet()
    first: dict[str, int] = {}
    count = len(report.findings)
    for number, finding in enumerate(report.findings, start=1):
        place = _Place(number, count, like=first.setdefault(finding.rule, number))
        one = _finding(finding, knowledge, place, report)
        if not sheet.takes(one):
            sheet.left["finding"] += count - number + 1
            break
        sheet.blocks.extend([DividerBlock(), *one.blocks] if sheet.blocks else one.blocks)
        sheet.left.update(one.left)
    return sheet


def _finding(finding: Finding, knowledge: Knowledge, place: _Place, report: Report) -> _Sheet:
    sheet = _Sheet()
    words = f"{place}{headline(finding, knowledge, among=report.findings)}"
    sheet.blocks.append(HeaderBlock(text=plain(line(words, HEADER))))
    why = [healed(finding), certainty(finding, knowledge)]
    if place.number == place.like and not finding.resolved:
        why.insert(0, summary(finding, knowledge))
    sheet.blocks.append(section("\n".join(clip(part, 900) for part in why if part)))
    known = [*facts(finding, knowledge), ("Rule", finding.rule)]
    fields = [marked(marked_up(label, value, sheet.fact)) for label, value in known]
    sheet.blocks.append(SectionBlock(fields=fields))
    quotes = [_quote(quote) for quote in finding.evidence]
    sheet.code("line of evidence", "Evidence", quotes, EVIDENCE)
    sheet.code("file", files_title(finding), finding.files, FILES)
    for title, paths in failed(finding, knowledge):
        sheet.code("failure", title, paths, FAILED)
    _steps(sheet, finding, knowledge, place)
    return sheet


def _steps(sheet: _Sheet, finding: Finding, knowledge: Knowledge, place: _Place) -> None:
    """Add all steps in their order, unless they stand with an earlier finding."""
    title = f"*{steps_title(finding)}*"
    for step in finding.advice:
        sheet.clip(step.text, steps.STEP)
    if place.like < place.number:
        words = f"{title}: the steps of finding {place.like}, with these names."
        sheet.blocks.append(section(words))
        return
    rows = steps.numbered(finding, knowledge)
    for index, part in enumerate(sheet.parts("step", rows, STEPS, len(rows))):
        sheet.blocks.append(section("\n".join(part if index else [title, *part])))


def _counted(left: Counter[str]) -> str:
    names = {"line of evidence": "lines of evidence", "long line": "long lines (cut)"}
    return ", ".join(
        f"{count:,} {kind if count == 1 else names.get(kind, f'{kind}s')}"
        for kind, count in left.items()
        if count
    )


def _quote(quote: Quote) -> str:
    return f"{place(quote)}:\n{quote.text}"


def _size(value: Any) -> int:
    return len(json.dumps(value))  # as it is sent: what is no ASCII takes six characters or more
