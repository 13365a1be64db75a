"""The whole of `despool explain`: inputs are gathered, analysed and answered."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from bot.analysis import analyse
from bot.knowledge import Knowledge, load
from bot.model import Report
from bot.reading.sources import Limits
from bot.terminal.inputs import gathered
from bot.terminal.output import complain, write
from bot.terminal.progress import ReadingBar

# What only one kind of answer needs is imported where it is given: a small file is explained
# faster than one can blink, and json or rich would be a good part of that.

FOUND, NOTHING, UNUSABLE = 0, 1, 2  # exit statuses


def explain(names: Sequence[str], as_json: bool, max_size: int | None, response: str | None) -> int:
    """Explain the inputs of these names and return the exit status."""
    limits = Limits() if max_size is None else Limits(plain=max_size, unpacked=max_size)
    knowledge = load()
    with ExitStack() as stack:
        sources, total = gathered(names, limits, stack)
        bar = stack.enter_context(ReadingBar(total))
        report = analyse(sources, knowledge, limits=limits, on_bytes=bar)
    failed = [item for item in report.inputs if item.error is not None]
    if failed:
        from bot.terminal.reply import complaint

        for item in failed:
            complain(complaint(item))
    written = _answer(report, knowledge, as_json, response)
    if failed or not written:
        return UNUSABLE
    return FOUND if report.findings else NOTHING


def _answer(report: Report, knowledge: Knowledge, as_json: bool, response: str | None) -> bool:
    if as_json:
        import json

        text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
        # A lone surrogate becomes its JSON escape, so that the bytes are UTF-8 in any case.
        return write(f"{text}\n".encode("utf-8", "backslashreplace"))

    from bot.terminal.reply import render, show

    if sys.stdout is not None and sys.stdout.isatty():
        show(report, knowledge, sys.stdout, response)
        return True
    text = render(report, knowledge, response)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return write(text.encode(encoding, "backslashreplace"))
