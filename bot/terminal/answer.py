"""What is said about one finding, in the order in which a tired reader needs it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.knowledge import Cause, Knowledge
from bot.model import Finding, Quote, Report, Stamp
from bot.terminal.visible import visible, visible_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled line; `exact` ones are paths and are never wrapped."""

    label: str
    value: str
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step."""

    text: str
    warning: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One quoted entry: where it stands, and its lines."""

    place: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that is shown for one finding; no text in it can harm a terminal."""

    number: int  # 1 for the leading finding
    count: int
    kind: str
    headline: str
    summary: str
    facts: tuple[Fact, ...]
    steps: tuple[Step, ...]
    steps_title: str
    evidence: tuple[Evidence, ...]


def answers(
    report: Report, knowledge: Knowledge, response: str | None = None
) -> tuple[Answer, ...]:
    """Return what to say about each finding; `response` is the site's Response setting, if known.

    A finding of the same rule as an earlier one refers to the steps of that one.
    """
    first: dict[str, int] = {}
    return tuple(
        _answer(
            finding,
            knowledge,
            number=number,
            count=len(report.findings),
            like=first.setdefault(finding.rule, number),
            response=response,
        )
        for number, finding in enumerate(report.findings, start=1)
    )


def _answer(
    finding: Finding,
    knowledge: Knowledge,
    *,
    number: int,
    count: int,
    like: int,
    response: str | None,
) -> Answer:
    cause = knowledge.causes[finding.rule]
    repeated = like < number
    return Answer(
        number=number,
        count=count,
        kind=finding.kind,
        headline=_headline(finding, cause),
        summary="" if repeated else _summary(finding, cause),
        facts=(*_facts(finding, knowledge), *_clock(finding, cause, knowledge, response)),
        steps=() if repeated else tuple(_step(step.text, step.warning) for step in finding.advice),
        steps_title=_steps_title(finding, like if repeated else None),
        evidence=tuple(_evidence(quote) for quote in finding.evidence),
    )


def _headline(finding: Finding, cause: Cause) -> str:
    """Return the verdict, never surer than its finding; a title begins in upper case."""
    title = cause.title
    if finding.contradiction:
        title = "Disk space is reported short, but by the same figures there is enough"
    elif finding.certainty != "proved" and finding.kind != "event-only":
        lead = {"likely": "Likely", "unknown": "Perhaps"}[finding.certainty]
        title = f"{lead} {title if title[1].isupper() else title[0].lower() + title[1:]}"
    return f"Healed since. {title}" if finding.resolved else title


def _summary(finding: Finding, cause: Cause) -> str:
    if finding.contradiction:
        return (
            "The event complains of too little space and gives figures that are enough. Trust"
            " neither: look at the disk and at the lines of Despool.log about this package."
        )
    return cause.summary


def _steps_title(finding: Finding, like: int | None) -> str:
    if not finding.advice:
        return ""
    if like is not None:
        return f"What to do: the steps of finding {like}, with the names above."
    return "If it comes back:" if finding.resolved else "What to do:"


def _step(text: str, warning: bool) -> Step:
    return Step(text=visible(text), warning=warning)


def _evidence(quote: Quote) -> Evidence:
    return Evidence(
        place=visible(f"{quote.source}:{quote.line}"), lines=tuple(visible_lines(quote.text))
    )


def _facts(finding: Finding, knowledge: Knowledge) -> list[Fact]:
    """Return the facts that are known, the most wanted first."""
    facts = [Fact(label="File", value=visible(path), exact=True) for path in finding.files]
    facts += [
        Fact(
            label="Failed",
            value=visible(f"{failure.path or 'a file without a name'}: ")
            + knowledge.error(failure.win32_error),
            exact=True,
        )
        for failure in finding.failed
    ]
    rows = {
        "Package": finding.package,
        "Server": _server(finding),
        "When": _when(finding.at, finding.thread),
        "Error": None if finding.win32_error is None else knowledge.error(finding.win32_error),
        "Space": _space(finding),
        "Written by": finding.component,
        "Certainty": f"{finding.certainty}: {knowledge.reason(finding)}",
        "Healed": "a later line reports the same file copied" if finding.resolved else None,
        "Rule": f"{finding.rule}, article {finding.article}" if finding.article else finding.rule,
    }
    exact = {"Package", "Server"}
    return facts + [
        Fact(label=label, value=visible(value), exact=label in exact)
        for label, value in rows.items()
        if value
    ]


def _server(finding: Finding) -> str | None:
    if finding.server and finding.share:
        return f"\\\\{finding.server}\\{finding.share}"
    return finding.server or (f"unknown, share {finding.share}" if finding.share else None)


def _when(at: Stamp | None, thread: str | None) -> str | None:
    parts = [str(at).replace("T", " ")] if at else []
    return ", ".join(parts + ([f"thread {thread}"] if thread else [])) or None


def _space(finding: Finding) -> str | None:
    if finding.available_mb is None and finding.required_mb is None:
        return None
    words = ["unknown" if mb is None else f"{mb} MB" for mb in _figures(finding)]
    contradiction = "; the event contradicts itself" if finding.contradiction else ""
    return f"{words[0]} available, {words[1]} required{contradiction}"


def _figures(finding: Finding) -> tuple[float | int | None, float | int | None]:
    return finding.available_mb, finding.required_mb


def _clock(
    finding: Finding, cause: Cause, knowledge: Knowledge, response: str | None
) -> list[Fact]:
    """Return when the despooler goes on; a stamp with milliseconds is not of SMS 1.x."""
    at = finding.at
    if not cause.retries or finding.resolved or (at is not None and at.milliseconds):
        return []
    facts = [Fact(label="Retries", value=knowledge.retry.outlook)]
    if at is not None and response is not None:
        retry = knowledge.retry
        times = (
            ("Next try", retry.next_try(at.value, response), ""),
            ("Gives up", retry.gives_up(at.value, response), ", if this was the first failure"),
        )
        facts += [
            Fact(label=label, value=f"about {moment:%Y-%m-%d %H:%M}{more}")
            for label, moment, more in times
        ]
    return facts
