"""The answer as plain text for pipes and files: one line for each thing, nothing wrapped or cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.terminal.answer import Answer


def plain(answers: Sequence[Answer]) -> str:
    """Return the text of all answers, the leading one first, ending with a line break."""
    return "\n\n".join("\n".join(_lines(answer)) for answer in answers) + "\n"


def _lines(answer: Answer) -> Iterator[str]:
    if answer.count > 1:
        yield f"Finding {answer.number} of {answer.count}"
    yield answer.headline
    if answer.summary:
        yield answer.summary
    yield ""
    for fact in answer.facts:
        yield f"{fact.label}: {fact.value}"
    yield from _steps(answer)
    if answer.evidence:
        yield from ("", "Evidence:")
    for quote in answer.evidence:
        for line in quote.lines:
            yield f"{quote.place}: {line}"


def _steps(answer: Answer) -> Iterator[str]:
    if answer.steps_title:
        yield from ("", answer.steps_title)
    for number, step in enumerate(answer.steps, start=1):
        yield f"{number}. {'WARNING: ' if step.warning else ''}{step.text}"
