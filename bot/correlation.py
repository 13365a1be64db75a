"""Turn single records into findings: which, on one package, how close together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.cases import Case, cases_of, event_groups, join, same_server, wall
from bot.findings import contradicts, latest, latest_event, of_case, of_event
from bot.model import Certainty, EventRecord, Finding, Kind, LogRecord, Stamp
from bot.rules import LOCKS, OTHERS, RULES, SHORTAGES, Rule

__all__ = ["RULES", "correlate"]

CLOSE = timedelta(hours=1)  # so near that even a date of unknown order is sure
ANY_ZONE = timedelta(hours=14)  # between a time with an offset and one without

RANK: dict[Kind, int] = {
    "false-disk-space": 0,
    "disk-space": 1,
    "lock-only": 2,
    "other-error": 3,
    "event-only": 4,
}


def correlate(logs: Iterable[LogRecord], events: Iterable[EventRecord]) -> list[Finding]:
    """Join failures and events by package, server and time; the leading finding stands first."""
    records = list(logs)
    events = list(events)
    cases = cases_of([record for record in records if not record.succeeded], events)
    groups = [*cases, *event_groups([event for event in events if not join(event, cases)])]
    successes: dict[str, list[LogRecord]] = {}
    for record in records:
        if record.succeeded and record.path:
            successes.setdefault(record.path.casefold(), []).append(record)
    for case in groups:
        case.successes = successes
    findings = [finding for case in groups for finding in _findings(case)]
    return _in_order(findings)


def _in_order(findings: list[Finding]) -> list[Finding]:
    falsely = {finding.package for finding in findings if finding.kind == "false-disk-space"}

    def key(finding: Finding) -> tuple[int, int, bool, str, str, str]:
        leads = finding.rule == "109-with-figures" and finding.package in falsely
        rank = 0 if leads else RANK[finding.kind]
        names = (finding.package or "~", finding.server or "~")
        return (rank, not leads, finding.at is None, str(finding.at), *names)

    return sorted(findings, key=key)


def _findings(case: Case) -> list[Finding]:
    given = [event for event in case.events if event.figures.state == "given"]
    unread = [event for event in case.events if event.figures.state != "given"]
    found: list[Finding] = []
    if given:
        alone = Case(events=given) if case.locks else case
        found.append(_shortage_by_figures(alone, latest_event(given), given))
        if alone is case:
            return found
    if case.locks and unread:
        found.append(_false_disk_space(case, unread))
    elif case.failures:
        found.append(_by_code(case, unread))
    elif unread:
        found.append(_event_only(latest_event(unread)))
    return found


def _false_disk_space(case: Case, events: list[EventRecord]) -> Finding:
    blank = [event for event in events if event.figures.state == "blank"]
    proving = [event for event in blank if _agrees(event, case)]
    event = latest_event(proving or blank or events)
    certainty: Certainty = "proved" if proving else "likely"
    if case.shortages:  # the same package did run out of space: both cannot be the whole truth
        certainty = "unknown"
    rule = "blank-109-with-lock" if blank else "unread-109-with-lock"
    return of_case(case, "false-disk-space", certainty, rule, event)


def _by_code(case: Case, events: list[EventRecord]) -> Finding:
    """Judge failures without a false 109 by the gravest of their codes."""
    event = latest_event(events) if events else None
    kind: Kind = "other-error"
    rules: tuple[Rule, ...] = OTHERS
    decisive = case.failures
    if case.shortages:
        kind, rules, decisive = "disk-space", SHORTAGES, case.shortages
    elif case.locks:
        kind, rules, decisive = "lock-only", LOCKS, case.locks
    rule = next(rule for rule in rules if rule.applies(latest(decisive)))
    server = (event.server if event else None) or case.server
    known = server and case.package and latest(case.failures).at
    return of_case(case, kind, "proved" if known else "likely", rule.id, event)


def _shortage_by_figures(case: Case, event: EventRecord, events: list[EventRecord]) -> Finding:
    figures = event.figures
    contradiction = contradicts(figures)
    known = event.server and event.package and (event.at or case.failures)
    certainty: Certainty = "unknown" if contradiction else "proved" if known else "likely"
    if case.failures:
        return of_case(case, "disk-space", certainty, "109-with-figures", event)
    return of_event(event, "disk-space", certainty, "109-with-figures")


def _event_only(event: EventRecord) -> Finding:
    if event.figures.cut:
        return of_event(event, "event-only", "unknown", "cut-109-without-log")
    return of_event(event, "event-only", "likely", "109-without-log")


def _agrees(event: EventRecord, case: Case) -> bool:
    """Tell whether package, server and time of an event are those of the locks."""
    if event.package is None or event.server is None:
        return False
    elsewhere = event.computer and not same_server(event.computer, event.server)
    if case.server is None and elsewhere:  # a local drive is the site server's: probably another
        return False
    return any(_same_day(event.at, record.at) for record in case.locks if record.at)


def _same_day(candidates: tuple[Stamp, ...], at: Stamp | None) -> bool:
    if at is None or not candidates:
        return False
    gaps = [abs(wall(candidate) - wall(at)) for candidate in candidates]
    if min(gaps) <= CLOSE:
        return True
    if len(candidates) > 1:
        return False
    if (candidates[0].value.tzinfo is None) != (at.value.tzinfo is None):
        return gaps[0] <= ANY_ZONE
    return candidates[0].value.date() == at.value.date()
