"""Turn single records into findings: which, on one package, how close together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model import (
    Certainty,
    EventRecord,
    Failure,
    Figures,
    Finding,
    Kind,
    LogRecord,
    Quote,
    Stamp,
)

LOCKED = 32
DISK_FULL = frozenset({39, 112})
DENIED, NO_PATH, BAD_DATA, BAD_NAME, BAD_STREAM = 5, 3, 13, 123, 998
APART = timedelta(days=31)  # what lies further apart is another incident
CLOSE = timedelta(hours=1)  # so near that even a date of unknown order is sure
ANY_ZONE = timedelta(hours=14)  # between a time with an offset and one without

RANK: dict[Kind, int] = {
    "false-disk-space": 0,
    "disk-space": 1,
    "lock-only": 2,
    "other-error": 3,
    "event-only": 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which failures a cause is recognised by; the first rule that applies names it."""

    id: str
    applies: Callable[[LogRecord], bool]


def _component(record: LogRecord, *words: str) -> bool:
    return any(word in (record.component or "").upper() for word in words)


def _in_path(record: LogRecord, *words: str) -> bool:
    """Tell whether a path that is no package's holds one of the words."""
    path = (record.path or "").casefold()
    return record.package is None and any(word in path for word in words)


def _is_sender(record: LogRecord) -> bool:
    return _component(record, "SENDER") or record.clue == "remote"


def _is_of_sms_1(record: LogRecord) -> bool:
    return record.at is not None and not record.at.milliseconds


# Locks that are no package file's, though some of their lines look like one (DOMAIN: the articles
# of the Sender, Inbox Manager, Distribution Manager, Status Manager and the inventory processor).
LOOK_ALIKES = (
    Rule(id="sender-retry-lock", applies=lambda r: _is_sender(r) and _is_of_sms_1(r)),
    Rule(id="sender-file-lock", applies=_is_sender),
    Rule(
        id="instruction-file-lock",
        applies=lambda r: (
            r.package is None
            and (r.clue == "instruction" or (r.path or "").casefold().endswith(".ins"))
        ),
    ),
    Rule(
        id="inventory-inbox-lock",
        applies=lambda r: _component(r, "SOFTWARE_INVENTORY") or _in_path(r, "\\sinv.box\\"),
    ),
    Rule(
        id="status-inbox-lock",
        applies=lambda r: _component(r, "STATUS_MANAGER") or _in_path(r, "\\statmgr.box\\"),
    ),
    Rule(id="client-lookup-lock", applies=lambda r: _in_path(r, "\\client.lkp")),
    Rule(
        id="cap-file-lock",
        applies=lambda r: (
            _component(r, "INBOX_MANAGER")
            or _in_path(r, "\\cap_")
            or (r.clue == "sharing" and r.package is None)
        ),
    ),
    Rule(
        id="package-source-lock",
        applies=lambda r: (
            r.package is None
            and (_component(r, "DISTRIBUTION_MANAGER") or (r.clue == "words" and r.path is None))
        ),
    ),
)
LOCKS = (
    *LOOK_ALIKES,
    Rule(id="package-lock", applies=lambda r: r.package is not None),
    Rule(id="file-lock", applies=lambda r: True),
)
SHORTAGES = (
    Rule(
        id="cap-disk-full",
        applies=lambda r: _in_path(r, ".ofr", "\\cap_", "\\clicfg.src\\"),
    ),
    Rule(id="copy-disk-full", applies=lambda r: True),
)
OTHERS = (
    Rule(
        id="source-access-denied",
        applies=lambda r: r.win32_error == DENIED and r.operation == "access",
    ),
    Rule(
        id="temp-drive-missing",
        applies=lambda r: r.win32_error == NO_PATH and (r.path or "").startswith("$:"),
    ),
    Rule(
        id="decompress-bad-data",
        applies=lambda r: r.win32_error == BAD_DATA and r.operation in ("write", "decompress"),
    ),
    Rule(id="decompress-streams", applies=lambda r: r.win32_error == BAD_STREAM),
    Rule(id="long-file-name", applies=lambda r: r.win32_error == BAD_NAME),
    Rule(id="other-win32-error", applies=lambda r: True),
)
# Rules that events alone, or events with a lock, are recognised by.
EVENT_RULES = (
    "blank-109-with-lock",
    "unread-109-with-lock",
    "109-with-figures",
    "109-without-log",
    "cut-109-without-log",
)
RULES = (*EVENT_RULES, *(rule.id for rule in (*LOCKS, *SHORTAGES, *OTHERS)))


@dataclass(slots=True, kw_only=True)
class Case:
    """The failures of one package (or file), near in time and on one server, and their events."""

    failures: list[LogRecord] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    successes: Sequence[LogRecord] = ()

    @property
    def package(self) -> str | None:
        """The package the failures are of; None for look-alikes."""
        return _package(self.failures[0]) if self.failures else None

    @property
    def server(self) -> str | None:
        """The server of the failures' UNC destinations."""
        return next((record.server for record in self.failures if record.server), None)

    def locks(self) -> list[LogRecord]:
        """Return the failures with a sharing violation."""
        return [record for record in self.failures if record.win32_error == LOCKED]

    def shortages(self) -> list[LogRecord]:
        """Return the failures for want of space."""
        return [record for record in self.failures if record.win32_error in DISK_FULL]


def correlate(logs: Iterable[LogRecord], events: Iterable[EventRecord]) -> list[Finding]:
    """Join failures and events by package, server and time; the leading finding stands first."""
    records = list(logs)
    events = list(events)
    cases = _cases([record for record in records if not record.succeeded], events)
    healed = [record for record in records if record.succeeded]
    for case in cases:
        case.successes = healed
    left = [event for event in events if not _join(event, cases)]
    findings = [finding for case in cases for finding in _findings(case)]
    findings += [finding for group in _event_groups(left) for finding in _findings(group)]
    return _in_order(findings)


def _in_order(findings: list[Finding]) -> list[Finding]:
    falsely = {finding.package for finding in findings if finding.kind == "false-disk-space"}

    def key(finding: Finding) -> tuple[int, int, bool, str, str, str]:
        leads = finding.rule == "109-with-figures" and finding.package in falsely
        rank = 0 if leads else RANK[finding.kind]
        names = (finding.package or "~", finding.server or "~")
        return (rank, not leads, finding.at is None, str(finding.at), *names)

    return sorted(findings, key=key)


# ---- joining


def _package(record: LogRecord) -> str | None:
    return None if any(rule.applies(record) for rule in LOOK_ALIKES) else record.package


def _cases(failures: list[LogRecord], events: list[EventRecord]) -> list[Case]:
    by_key: dict[tuple[str, str], list[LogRecord]] = {}
    for record in failures:
        package = _package(record)
        key = ("package", package) if package else ("file", _anonymous(record))
        by_key.setdefault(key, []).append(record)
    return [
        Case(failures=sorted(cluster, key=lambda record: record.order))
        for (_, name), group in by_key.items()
        for of_server in _by_server(
            group, [event.server for event in events if event.package == name]
        )
        for cluster in _clusters(of_server)
    ]


def _anonymous(record: LogRecord) -> str:
    if record.path:
        return record.path.casefold()
    return f"?{record.component}?{record.win32_error}?{record.clue}"


def _by_server(group: list[LogRecord], told: list[str | None]) -> list[list[LogRecord]]:
    """Divide by server; local drives go with the only server there is, logs and events together."""
    named: list[list[LogRecord]] = []
    nameless: list[LogRecord] = []
    for record in group:
        if record.server is None:
            nameless.append(record)
            continue
        same = next((part for part in named if same_server(part[0].server, record.server)), None)
        if same is None:
            named.append([record])
        else:
            same.append(record)
    alone = len(named) == 1 and all(
        name is None or same_server(name, named[0][0].server) for name in told
    )
    if nameless and alone:
        named[0] += nameless
    elif nameless:
        named.append(nameless)
    return named


def _clusters(group: list[LogRecord]) -> list[list[LogRecord]]:
    """Divide where more than APART lies between; records without a time go with the last."""
    timed = sorted((record for record in group if record.at), key=lambda record: _wall(record.at))
    parts: list[list[LogRecord]] = []
    for record in timed:
        if parts and _wall(record.at) - _wall(parts[-1][-1].at) <= APART:
            parts[-1].append(record)
        else:
            parts.append([record])
    untimed = [record for record in group if not record.at]
    if untimed and parts:
        parts[-1] += untimed
    elif untimed:
        parts.append(untimed)
    return parts


def _join(event: EventRecord, cases: list[Case]) -> bool:
    """Add an event to the case it belongs to, and tell whether there is one."""
    candidates = [case for case in cases if case.failures and _fits(event, case)]
    if event.package is None:
        locked = {case.package for case in cases if case.package and case.locks()}
        candidates = [case for case in candidates if case.locks()] if len(locked) == 1 else []
    if not candidates:
        return False
    best = min(candidates, key=lambda case: (case.server is None, _distance(event, case)))
    best.events.append(event)
    return True


def _fits(event: EventRecord, case: Case) -> bool:
    if case.package is None or event.package not in (None, case.package):
        return False
    if event.server and case.server and not same_server(event.server, case.server):
        return False
    return _distance(event, case) <= APART


def _distance(event: EventRecord, case: Case) -> timedelta:
    """Return how far apart they lie at least; nothing where either time is not known."""
    gaps = [
        abs(_wall(at) - _wall(record.at))
        for at in event.at
        for record in case.failures
        if record.at
    ]
    return min(gaps, default=timedelta())


def _event_groups(events: list[EventRecord]) -> list[Case]:
    groups: list[Case] = []
    for event in events:
        same = next((group for group in groups if _same_incident(group.events[-1], event)), None)
        if same is None:
            groups.append(Case(events=[event]))
        else:
            same.events.append(event)
    return groups


def _same_incident(one: EventRecord, other: EventRecord) -> bool:
    if one.package != other.package or not same_server(one.server, other.server):
        return False
    gaps = [abs(_wall(a) - _wall(b)) for a in one.at for b in other.at]
    return min(gaps, default=timedelta()) <= APART


def same_server(one: str | None, other: str | None) -> bool:
    """Tell whether two names are one server's: without case, and a short name like its long one."""
    if one is None or other is None:
        return one is other
    first, second = one.casefold(), other.casefold()
    if "." in first and "." in second:
        return first == second
    return first.split(".")[0] == second.split(".")[0]


def _wall(at: Stamp | None) -> datetime:
    if at is None:
        return datetime.min
    return at.value.replace(tzinfo=None) if at.value.tzinfo else at.value


# ---- judging


def _findings(case: Case) -> list[Finding]:
    given = [event for event in case.events if event.figures.state == "given"]
    unread = [event for event in case.events if event.figures.state != "given"]
    found: list[Finding] = []
    if given:
        alone = Case(events=given) if case.locks() else case
        found.append(_shortage_by_figures(alone, _latest_event(given), given))
        if alone is case:
            return found
    if case.locks() and unread:
        found.append(_false_disk_space(case, unread))
    elif case.failures:
        found.append(_by_code(case, unread))
    elif unread:
        found.append(_event_only(_latest_event(unread)))
    return found


def _false_disk_space(case: Case, events: list[EventRecord]) -> Finding:
    blank = [event for event in events if event.figures.state == "blank"]
    proving = [event for event in blank if _agrees(event, case)]
    event = _latest_event(proving or blank or events)
    certainty: Certainty = "proved" if proving else "likely"
    if case.shortages():  # the same package did run out of space: both cannot be the whole truth
        certainty = "unknown"
    rule = "blank-109-with-lock" if blank else "unread-109-with-lock"
    return _of_case(case, "false-disk-space", certainty, rule, event)


def _by_code(case: Case, events: list[EventRecord]) -> Finding:
    """Judge failures without a false 109 by the gravest of their codes."""
    event = _latest_event(events) if events else None
    kind: Kind = "other-error"
    rules: tuple[Rule, ...] = OTHERS
    decisive = case.failures
    if case.shortages():
        kind, rules, decisive = "disk-space", SHORTAGES, case.shortages()
    elif case.locks():
        kind, rules, decisive = "lock-only", LOCKS, case.locks()
    rule = next(rule for rule in rules if rule.applies(latest(decisive)))
    server = (event.server if event else None) or case.server
    known = server and case.package and latest(case.failures).at
    return _of_case(case, kind, "proved" if known else "likely", rule.id, event)


def _shortage_by_figures(case: Case, event: EventRecord, events: list[EventRecord]) -> Finding:
    figures = event.figures
    contradiction = _contradicts(figures)
    known = event.server and event.package and (event.at or case.failures)
    certainty: Certainty = "unknown" if contradiction else "proved" if known else "likely"
    if case.failures:
        return _of_case(case, "disk-space", certainty, "109-with-figures", event)
    return _of_event(event, "disk-space", certainty, "109-with-figures")


def _contradicts(figures: Figures) -> bool:
    available, required = figures.available_mb, figures.required_mb
    return available is not None and required is not None and available >= required


def _event_only(event: EventRecord) -> Finding:
    if event.figures.cut:
        return _of_event(event, "event-only", "unknown", "cut-109-without-log")
    return _of_event(event, "event-only", "likely", "109-without-log")


def _agrees(event: EventRecord, case: Case) -> bool:
    """Tell whether package, server and time of an event are those of the locks."""
    if event.package is None or event.server is None:
        return False
    elsewhere = event.computer and not same_server(event.computer, event.server)
    if case.server is None and elsewhere:  # a local drive is the site server's: probably another
        return False
    return any(_same_day(event.at, record.at) for record in case.locks() if record.at)


def _same_day(candidates: tuple[Stamp, ...], at: Stamp | None) -> bool:
    if at is None or not candidates:
        return False
    gaps = [abs(_wall(candidate) - _wall(at)) for candidate in candidates]
    if min(gaps) <= CLOSE:
        return True
    if len(candidates) > 1:
        return False
    if (candidates[0].value.tzinfo is None) != (at.value.tzinfo is None):
        return gaps[0] <= ANY_ZONE
    return candidates[0].value.date() == at.value.date()


# ---- writing down


def _of_case(
    case: Case, kind: Kind, certainty: Certainty, rule: str, event: EventRecord | None
) -> Finding:
    last = latest(case.failures)
    decisive = case.locks() if kind in ("false-disk-space", "lock-only") else case.failures
    shown = _latest_of_each(case.failures)
    healing = {id(record): _healing(record, case.successes) for record in shown}
    resolved = all(healing[id(record)] for record in shown if record in decisive)
    quotes = [record.quote for record in shown]
    quotes += [ok.quote for ok in healing.values() if ok]
    figures = event.figures if event else Figures(state="blank")
    codes = [record.win32_error for record in _decisive_codes(kind, case)]
    return Finding(
        kind=kind,
        certainty=certainty,
        rule=rule,
        server=(event.server if event else None) or case.server,
        share=(event.share if event else None)
        or next((record.share for record in case.failures if record.share), None),
        package=case.package,
        files=_paths(record for record in case.locks()),
        failed=_failed(shown),
        win32_error=codes[-1] if codes else None,
        thread=last.thread,
        at=last.at or _sure_time(event),
        resolved=resolved,
        component=last.component or (event.component if event else None),
        evidence=_quotes(([event.quote] if event else []) + quotes),
        available_mb=figures.available_mb,
        required_mb=figures.required_mb,
        contradiction=_contradicts(figures),
    )


def _decisive_codes(kind: Kind, case: Case) -> list[LogRecord]:
    if kind in ("false-disk-space", "lock-only"):
        return case.locks()
    return case.shortages() if kind == "disk-space" else [latest(case.failures)]


def _of_event(event: EventRecord, kind: Kind, certainty: Certainty, rule: str) -> Finding:
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
        contradiction=_contradicts(event.figures),
    )


def _sure_time(event: EventRecord | None) -> Stamp | None:
    return event.at[0] if event and len(event.at) == 1 else None


def latest(records: Sequence[LogRecord]) -> LogRecord:
    """Return the last failure by time where times are known, else by place in the evidence."""
    timed = [record for record in records if record.at]
    if timed:
        return max(timed, key=lambda record: (_wall(record.at), record.order))
    return max(records, key=lambda record: record.order)


def _latest_event(events: Sequence[EventRecord]) -> EventRecord:
    return max(events, key=lambda event: (_wall(event.at[0] if event.at else None), event.order))


def _latest_of_each(failures: Sequence[LogRecord]) -> list[LogRecord]:
    by_file: dict[tuple[str | None, int | None], list[LogRecord]] = {}
    for record in failures:
        path = record.path.casefold() if record.path else None
        by_file.setdefault((path, record.win32_error), []).append(record)
    return [latest(records) for records in by_file.values()]


def _healing(failure: LogRecord, successes: Iterable[LogRecord]) -> LogRecord | None:
    """Return the first later success of the same file."""
    later = [
        record
        for record in successes
        if record.path
        and failure.path
        and record.path.casefold() == failure.path.casefold()
        and _is_later(record, failure)
    ]
    return min(later, key=lambda record: (_wall(record.at), record.order), default=None)


def _is_later(one: LogRecord, other: LogRecord) -> bool:
    if one.at and other.at and _wall(one.at) != _wall(other.at):
        return _wall(one.at) > _wall(other.at)
    return one.order > other.order


def _paths(records: Iterable[LogRecord]) -> tuple[str, ...]:
    ordered = sorted(records, key=lambda record: (_wall(record.at), record.order))
    by_name = {record.path.casefold(): record.path for record in reversed(ordered) if record.path}
    return tuple(reversed(by_name.values()))


def _failed(shown: Sequence[LogRecord]) -> tuple[Failure, ...]:
    return tuple(
        Failure(path=record.path, win32_error=record.win32_error)
        for record in shown
        if record.win32_error not in (LOCKED, None)
    )


def _quotes(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    return tuple(dict.fromkeys(quotes))
