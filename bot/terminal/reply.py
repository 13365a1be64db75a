"""The words of a whole report: plain for a pipe, coloured for a terminal, or that there is none."""

from __future__ import annotations

from typing import TextIO

from bot.knowledge import Knowledge
from bot.model import Input, Report
from bot.terminal.answer import answers
from bot.terminal.plain import plain
from bot.terminal.visible import visible


def render(report: Report, knowledge: Knowledge, response: str | None = None) -> str:
    """Return the report as plain text; `response` is the Response setting of the site, if known."""
    if report.findings:
        return plain(answers(report, knowledge, response))
    text = nothing_found(report)
    return f"{text}\n" if text else ""


def show(
    report: Report,
    knowledge: Knowledge,
    stream: TextIO,
    response: str | None = None,
    width: int | None = None,
) -> None:
    """Print the report on a terminal, coloured and wrapped; `width` overrules the terminal's."""
    from rich.console import Console
    from rich.text import Text

    from bot.terminal.colour import show as show_answers

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    if report.findings:
        show_answers(answers(report, knowledge, response), console)
    elif text := nothing_found(report):
        console.print(Text(text))


def nothing_found(report: Report) -> str:
    """Say what was read and what to paste instead; empty when nothing could be read at all."""
    read = [item for item in report.inputs if item.error is None]
    if not read:
        return ""
    what = visible(read[0].name) if len(read) == 1 else f"{len(read)} inputs"
    what = "the standard input" if what == "-" else what
    size = f"{sum(item.bytes for item in read):,} bytes"
    return (
        f"Nothing to explain in {what} ({size}): no event 109 of SMS, and no file operation that"
        " failed with a Windows error. Paste the whole text of the event together with the lines"
        ' of SMS\\LOGS\\Despool.log around "Failed, Win32 Error".'
    )


def complaint(item: Input) -> str:
    """Return the line for an input that could not be read."""
    return f"despool: {visible(item.name)}: {visible(item.error or 'could not be read')}"
