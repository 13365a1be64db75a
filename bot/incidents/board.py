"""What many incidents show together: which server, how often, and on which days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.incidents.threads import Incident
from bot.servers import same_server

DAY = 86_400.0
OFTEN = 3  # locks of one package in the window; below that nobody is told
WINDOW = 14  # days


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """A package that is locked again and again."""

    package: str
    server: str | None
    count: int


def on_server(incidents: Iterable[Incident], server: str | None) -> list[Incident]:
    """Return the incidents of one server; all of them where none is named."""
    return [one for one in incidents if server is None or same_server(one.finding.server, server)]


def since(incidents: Iterable[Incident], at: float) -> list[Incident]:
    """Return the incidents reported since a time, in seconds since 1970."""
    return [one for one in incidents if one.seen_at >= at]


def unresolved(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the incidents nobody has resolved."""
    return [one for one in incidents if one.is_open]


def offenders(incidents: Iterable[Incident], now: float) -> list[Offender]:
    """Return the packages locked at least OFTEN times in the last WINDOW days, the worst first."""
    recent = since(incidents, now - WINDOW * DAY)
    counts = Counter(
        (one.finding.package, (one.finding.server or "").upper() or None)
        for one in recent
        if one.finding.package and one.finding.files
    )
    return [
        Offender(package=str(package), server=server, count=count)
        for (package, server), count in counts.most_common()
        if count >= OFTEN
    ]


def per_day(incidents: Iterable[Incident], now: float) -> Sequence[int]:
    """Return how many locks were reported on each of the last WINDOW days, today last (UTC)."""
    today = int(now // DAY)
    days = Counter(int(one.seen_at // DAY) for one in incidents if one.finding.files)
    return [days[today - back] for back in reversed(range(WINDOW))]
