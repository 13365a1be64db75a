"""The steps of a finding, numbered: those that stand in the reply, and those that did not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.model import Finding
from handlers.slack_text import clip, cost, fitting
from handlers.verdicts import path_of

SHOWN = 3600  # what the steps may cost in the reply
STEP = 1400
WARNING = "*Warning!* "


def shown(finding: Finding, limit: int = SHOWN) -> list[str]:
    """Return the leading steps that fit, in Slack's markup; each is whole, with its warning."""
    return fitting(numbered(finding), limit)


def left(finding: Finding) -> list[str]:
    """Return the steps that did not fit into the reply, in Slack's markup."""
    return numbered(finding)[len(shown(finding)) :]


def numbered(finding: Finding) -> list[str]:
    """Return all steps in Slack's markup, in the order of the harm they can do."""
    return [
        f"{number}. {WARNING if step.warning else ''}{clip(_marked(step.text, finding), STEP)}"
        for number, step in enumerate(finding.advice, start=1)
    ]


def parts(rows: Iterable[str], limit: int) -> Iterator[str]:
    """Join steps to texts that each cost no more than `limit`."""
    part = ""
    for row in rows:
        if part and cost(part) + cost(row) + 2 > limit:
            yield part
            part = row
        else:
            part = f"{part}\n{row}" if part else row
    if part:
        yield part


def plain(finding: Finding) -> list[str]:
    """Return all steps as they are, not escaped."""
    return [
        f"{number}. {'Warning! ' if step.warning else ''}{step.text}"
        for number, step in enumerate(finding.advice, start=1)
    ]


def _marked(text: str, finding: Finding) -> str:
    """Show a path in a sentence as code: `_` and `*` in it would be taken for markup."""
    path = path_of(finding)
    if not path or "\\" not in path or path not in text:
        return text
    return f"`{path.replace('`', '[U+0060]')}`".join(text.split(path))
