"""Write a verdict down as a finding: what failed, when, whether it healed, and the proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.cases import Case, wall
from bot.model import (
    Certainty,
    EventRecord,
    Failure,
    Figures,
    Finding,
    Kind,
    LogRecord,
    Stamp,
)
from bot.rules import LOCKED


def contradicts(figures: Figures) -> bool:
    """Tell whether the figures say that there was space enough."""
    available, required = figures.available_mb, figures.required_mb
    return available is not None and required is not None and available >= required


def of_case(
    case: Case, kind: Kind, certainty: Certainty, rule: str, event: EventRecord | None
) -> Finding:
    """Write down the finding of a case that has failures; the event is the one that fits best."""
    last = latest(case.failures)
    decisive = case.locks if kind in ("false-disk-space", "lock-only") else case.failures
    shown = _latest_of_each(case.failures)
    healing = {id(record): _healing(record, case) for record in shown}
    resolved = all(healing[id(record)] for record in shown if record in decisive)
    proof = [event, *shown, *healing.values()]
    figures = event.figures if event else Figures(state="blank")
    return Finding(
        kind=kind,
        certainty=certainty,
        rule=rule,
        server=(event.server if event else None) or case.server,
        share=(event.share if event else None) or case.share,
        package=case.package,
        files=_paths(record for record in case.locks),
        failed=_failed(shown),
        win32_error=_code(kind, case),
        thread=last.thread,
        at=last.at or _sure_time(event),
        resolved=resolved,
        component=last.component or (event.component if event else None),
        evidence=tuple(dict.fromkeys(record.quote for record in proof if record)),
        available_mb=figures.available_mb,
        required_mb=figures.required_mb,
        contradiction=contradicts(figures),
    )


def _code(kind: Kind, case: Case) -> int | None:
    """Return the code that the verdict rests on; figures alone have none."""
    if kind in ("false-disk-space", "lock-only"):
        return LOCKED
    deciding = case.shortages if kind == "disk-space" else case.failures
    return latest(deciding).win32_error if deciding else None


def of_event(event: EventRecord, kind: Kind, certainty: Certainty, rule: str) -> Finding:
    """Write down the finding of events that no log explains."""
    return Finding(
        kind=kind,
        certainty=certainty,
        rule=rule,
        server=event.server,
        share=event.share,
        package=event.package,
        at=_sure_time(event),
        component=event.component,
        evidence=(event.quote,),
        available_mb=event.figures.available_mb,
        required_mb=event.figures.required_mb,
        contradiction=contradicts(event.figures),
    )


def _sure_time(event: EventRecord | None) -> Stamp | None:
    return event.at[0] if event and len(event.at) == 1 else None


def latest(records: Sequence[LogRecord]) -> LogRecord:
    """Return the last failure by time where times are known, else by place in the evidence."""
    timed = [record for record in records if record.at]
    if timed:
        return max(timed, key=lambda record: (wall(record.at), record.order))
    return max(records, key=lambda record: record.order)


def latest_event(events: Sequence[EventRecord]) -> EventRecord:
    """Return the last event by time where it is known, else by place in the evidence."""
    return max(events, key=lambda event: (wall(event.at[0] if event.at else None), event.order))


def _latest_of_each(failures: Sequence[LogRecord]) -> list[LogRecord]:
    by_file: dict[tuple[str | None, int | None], list[LogRecord]] = {}
    for record in failures:
        path = record.path.casefold() if record.path else None
        by_file.setdefault((path, record.win32_error), []).append(record)
    return [latest(records) for records in by_file.values()]


def _healing(failure: LogRecord, case: Case) -> LogRecord | None:
    """Return the first later success of the same file."""
    same = case.successes.get(failure.path.casefold(), ()) if failure.path else ()
    later = [record for record in same if _is_later(record, failure)]
    return min(later, key=lambda record: (wall(record.at), record.order), default=None)


def _is_later(one: LogRecord, other: LogRecord) -> bool:
    if one.at and other.at and wall(one.at) != wall(other.at):
        return wall(one.at) > wall(other.at)
    return one.order > other.order


def _paths(records: Iterable[LogRecord]) -> tuple[str, ...]:
    ordered = sorted(records, key=lambda record: (wall(record.at), record.order))
    by_name = {record.path.casefold(): record.path for record in reversed(ordered) if record.path}
    return tuple(reversed(by_name.values()))


def _failed(shown: Sequence[LogRecord]) -> tuple[Failure, ...]:
    return tuple(
        Failure(path=record.path, win32_error=record.win32_error)
        for record in shown
        if record.win32_error not in (LOCKED, None)
    )
