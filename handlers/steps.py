"""The steps of a finding, numbered: the few that stand in the reply, and all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.knowledge import Knowledge, Step, path_of
from bot.model import Finding
from handlers.slack_text import clip, cost, fitting

ALL = 3600  # what the steps may cost where nothing stands behind the reply
FEW = 1200  # steps that cost no more are all shown
SHOWN = 4  # of more steps than that: look, ask, and one that acts, with its warning
STEP = 1400
WHEN_OVER = frozenset({"look", "prevent"})  # what is of use once nothing is wrong any more


def chosen(finding: Finding, knowledge: Knowledge, *, over: bool, few: bool) -> list[int]:
    """Return the places of the steps for the reply.

    `over` is an incident that is marked as resolved; without `few` all steps that fit are shown.
    """
    rows = numbered(finding, knowledge)
    places = list(range(len(rows)))
    if few and (over or finding.resolved):
        known = _known(finding, knowledge)
        ids = {name for name, step in known.items() if step.stage in WHEN_OVER}
        places = [place for place in places if finding.advice[place].id in ids]
    if few and sum(cost(rows[place]) + 2 for place in places) > FEW:
        places = places[:SHOWN]
    return places[: len(fitting((rows[place] for place in places), ALL))]


def left_out(count: int, rest: str) -> str:
    """Say how many steps are not here, and where they are."""
    return f"{count:,} more step{'' if count == 1 else 's'} {rest}"


def numbered(finding: Finding, knowledge: Knowledge) -> list[str]:
    """Return all steps in Slack's markup, in the order of the harm they can do."""
    return [
        " ".join(
            (
                f"{number}.",
                *(f"*{word}*" for word in leads),
                clip(_marked(text, finding), STEP),
            )
        )
        for number, leads, text in _rows(finding, knowledge)
    ]


def plain(finding: Finding, knowledge: Knowledge) -> list[str]:
    """Return all steps as they are, not escaped."""
    return [
        " ".join((f"{number}.", *leads, text)) for number, leads, text in _rows(finding, knowledge)
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


def _known(finding: Finding, knowledge: Knowledge) -> dict[str, Step]:
    return {step.advice.id: step for step in knowledge.steps(finding)}


def _rows(finding: Finding, knowledge: Knowledge) -> Iterator[tuple[int, list[str], str]]:
    """Give each step: its number, the words that lead it, and the rest of its text."""
    known = _known(finding, knowledge)
    for number, step in enumerate(finding.advice, start=1):
        lead = known[step.id].lead if step.id in known else ""
        if not lead:
            leads, text = [], step.text
        elif step.text.startswith(f"{lead} ") and not step.warning:
            leads, text = [lead], step.text.removeprefix(f"{lead} ")
        else:
            leads, text = [f"{lead}."], step.text
        yield number, [*leads, *(["Warning!"] if step.warning else [])], text


def _marked(text: str, finding: Finding) -> str:
    """Show a path in a sentence as code: `_` and `*` in it would be taken for markup."""
    path = path_of(finding)
    if not path or "\\" not in path or path not in text:
        return text
    return f"`{path.replace('`', '[U+0060]')}`".join(text.split(path))
