"""The one use case: a body of evidence in, a report of findings with advice out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.correlation import correlate
from bot.knowledge import Knowledge
from bot.model import EventRecord, Finding, LogRecord, Report
from bot.reading import Reading, healed, read
from bot.reading.sources import Limits, Source


def analyse(
    sources: Sequence[Source],
    knowledge: Knowledge,
    *,
    limits: Limits | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> Report:
    """Read the sources together as one body of evidence and judge what they prove.

    An unreadable source is reported in its `Input.error` and does not stop the others;
    `on_bytes` is told how many bytes were read since it was last called.
    """
    limits = limits or Limits()
    readings = [reading for source in sources for reading in read(source, limits, on_bytes)]
    logs = _second_look(readings, on_bytes)
    events = [event for reading in readings for event in reading.events]
    findings = correlate(_numbered(logs), _numbered_events(events))
    return Report(
        inputs=tuple(reading.input for reading in readings),
        findings=tuple(_advised(finding, readings, knowledge) for finding in findings),
    )


def _second_look(
    readings: Sequence[Reading], on_bytes: Callable[[int], None] | None
) -> list[LogRecord]:
    """Add the later successes of the failed files, which a scan does not stop at."""
    failed = [
        record.path
        for reading in readings
        for record in reading.logs
        if not record.succeeded and record.path
    ]
    logs: list[LogRecord] = []
    for reading in readings:
        logs += reading.logs
        if reading.text is not None and failed:
            logs += healed(reading.text, failed, on_bytes)
    return logs


def _numbered(logs: Sequence[LogRecord]) -> list[LogRecord]:
    return [replace(record, order=index) for index, record in enumerate(logs)]


def _numbered_events(events: Sequence[EventRecord]) -> list[EventRecord]:
    return [replace(event, order=index) for index, event in enumerate(events)]


def _advised(finding: Finding, readings: Sequence[Reading], knowledge: Knowledge) -> Finding:
    names = {reading.input.name: index for index, reading in enumerate(readings)}
    evidence = sorted(finding.evidence, key=lambda quote: (names.get(quote.source, 0), quote.line))
    finding = replace(
        finding,
        article=knowledge.causes[finding.rule].article,
        evidence=tuple(evidence),
    )
    return replace(finding, advice=knowledge.advise(finding))
