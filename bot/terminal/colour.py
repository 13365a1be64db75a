"""The answer for a terminal: coloured, prose wrapped to its width, paths left whole."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bot.terminal.answer import Answer, Evidence, Fact

SHOWN = 10  # files or quotes of one finding; --json and a pipe give all of them

_HEADLINES = {"false-disk-space": "bold yellow", "disk-space": "bold red"}
_LABEL = 11  # the width of the longest label and a blank


def show(answers: Sequence[Answer], console: Console) -> None:
    """Print all answers, the leading one first."""
    for answer in answers:
        if answer.number > 1:
            console.print()
        _show(answer, console)
    _in_short(console, answers[0])


def _in_short(console: Console, answer: Answer) -> None:
    """Repeat the verdict at the end: on a small screen the first one has scrolled away."""
    console.print()
    _prose(console, Text(f"In short: {answer.headline}", _style(answer)))
    for fact in answer.facts[:1]:
        _fact(console, fact)


def _style(answer: Answer) -> str:
    return _HEADLINES.get(answer.kind, "bold cyan")


def _show(answer: Answer, console: Console) -> None:
    if answer.count > 1:
        console.print(Text(f"Finding {answer.number} of {answer.count}", "dim"))
    _prose(console, Text(answer.headline, _style(answer)))
    if answer.summary:
        _prose(console, Text(answer.summary))
    console.print()
    _facts(console, answer.facts)
    _steps(console, answer)
    _evidence(console, answer.evidence)


def _facts(console: Console, facts: Sequence[Fact]) -> None:
    shown: dict[str, int] = {}
    for fact in facts:
        shown[fact.label] = shown.get(fact.label, 0) + 1
        if shown[fact.label] <= SHOWN:
            _fact(console, fact)
    for label, count in shown.items():
        _more(console, count, label.lower())


def _fact(console: Console, fact: Fact) -> None:
    label = Text(f"{fact.label:<{_LABEL}}", "dim")
    value = Text(fact.value, "bold" if fact.exact else "")
    if not fact.exact:
        _prose(console, value, label)
    elif _LABEL + value.cell_len <= console.width:
        console.print(label + value, soft_wrap=True)
    else:
        console.print(label, soft_wrap=True)
        console.print(value, soft_wrap=True)


def _steps(console: Console, answer: Answer) -> None:
    if answer.steps_title:
        console.print()
        _prose(console, Text(answer.steps_title, "bold"))
    for number, step in enumerate(answer.steps, start=1):
        text = Text("WARNING ", "bold red") if step.warning else Text()
        _prose(console, text.append(step.text), Text(f"{number:>2}. ", "bold"))


def _evidence(console: Console, evidence: Sequence[Evidence]) -> None:
    if evidence:
        console.print()
        console.print(Text("Evidence:", "bold"))
    for quote in evidence[:SHOWN]:
        console.print(Text(quote.place, "cyan"), soft_wrap=True)
        for line in quote.lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    _more(console, len(evidence), "quote")


def _more(console: Console, count: int, what: str) -> None:
    if count > SHOWN:
        console.print(Text(f"... and {count - SHOWN} more ({what}); --json lists all", "dim"))


def _prose(console: Console, text: Text, lead: Text | None = None) -> None:
    """Print a text wrapped to the width, its further lines hanging under its first."""
    indent = lead.cell_len if lead else 0
    lines = text.wrap(console, max(console.width - indent, 20), overflow="fold")
    for index, line in enumerate(lines):
        line.rstrip()
        start = lead if lead and index == 0 else Text(" " * indent)
        console.print(start + line, soft_wrap=True)
