"""Join failures and events by package, server and time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model import EventRecord, LogRecord, Stamp
from bot.rules import DISK_FULL, LOCKED, package_of

APART = timedelta(days=31)  # what lies further apart is another incident


@dataclass(slots=True, kw_only=True)
class Case:
    """The failures of one package (or file), near in time and on one server, and their events."""

    package: str | None = None  # None for look-alikes
    failures: Sequence[LogRecord] = ()
    events: list[EventRecord] = field(default_factory=list)
    successes: Mapping[str, Sequence[LogRecord]] = field(default_factory=dict)  # by folded path
    server: str | None = field(init=False)  # of the failures' UNC destinations
    share: str | None = field(init=False)
    locks: Sequence[LogRecord] = field(init=False)  # the failures with a sharing violation
    shortages: Sequence[LogRecord] = field(init=False)  # the failures for want of space
    times: Sequence[datetime] = field(init=False)  # of the failures, in order

    def __post_init__(self) -> None:
        """Derive what is asked of the failures again and again."""
        self.server = next((record.server for record in self.failures if record.server), None)
        self.share = next((record.share for record in self.failures if record.share), None)
        self.locks = [record for record in self.failures if record.win32_error == LOCKED]
        self.shortages = [record for record in self.failures if record.win32_error in DISK_FULL]
        self.times = sorted(wall(record.at) for record in self.failures if record.at)


def cases_of(failures: list[LogRecord], events: list[EventRecord]) -> list[Case]:
    """Divide failures by package (or file), server and time; the events tell of further servers."""
    by_key: dict[tuple[str, str], list[LogRecord]] = {}
    for record in failures:
        package = package_of(record)
        key = ("package", package) if package else ("file", _anonymous(record))
        by_key.setdefault(key, []).append(record)
    return [
        Case(
            package=name if kind == "package" else None,
            failures=sorted(cluster, key=lambda record: record.order),
        )
        for (kind, name), group in by_key.items()
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
    timed = sorted((record for record in group if record.at), key=lambda record: wall(record.at))
    parts: list[list[LogRecord]] = []
    for record in timed:
        if parts and wall(record.at) - wall(parts[-1][-1].at) <= APART:
            parts[-1].append(record)
        else:
            parts.append([record])
    untimed = [record for record in group if not record.at]
    if untimed and parts:
        parts[-1] += untimed
    elif untimed:
        parts.append(untimed)
    return parts


def join(event: EventRecord, cases: list[Case]) -> bool:
    """Add an event to the case it belongs to, and tell whether there is one."""
    candidates = [case for case in cases if case.failures and _fits(event, case)]
    if event.package is None:
        locked = {case.package for case in cases if case.package and case.locks}
        candidates = [case for case in candidates if case.locks] if len(locked) == 1 else []
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
    gaps = []
    for at in event.at:
        place = bisect_left(case.times, wall(at))
        gaps += [abs(wall(at) - time) for time in case.times[max(0, place - 1) : place + 1]]
    return min(gaps, default=timedelta())


def event_groups(events: list[EventRecord]) -> list[Case]:
    """Gather events of one package on one server that lie near in time."""
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
    gaps = [abs(wall(a) - wall(b)) for a in one.at for b in other.at]
    return min(gaps, default=timedelta()) <= APART


def same_server(one: str | None, other: str | None) -> bool:
    """Tell whether two names are one server's: without case, and a short name like its long one."""
    if one is None or other is None:
        return one is other
    first, second = one.casefold(), other.casefold()
    if "." in first and "." in second:
        return first == second
    return first.split(".")[0] == second.split(".")[0]


def wall(at: Stamp | None) -> datetime:
    """Return the wall-clock time, by which times with and without an offset compare."""
    if at is None:
        return datetime.min
    return at.value.replace(tzinfo=None) if at.value.tzinfo else at.value
