"""Several looks at one file as one: who was seen, by identity, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.wire import Holder, ProbeReport, State, WhoHolds

# what is said of several looks: one that saw a holder counts more than one that saw none
_WEIGHT: dict[State, int] = {"refused": 0, "gone": 1, "free": 2, "unknown": 3, "held": 4}


def merged(first: WhoHolds, second: WhoHolds) -> WhoHolds:
    """Return what two looks at one file saw together; `second` is the later one."""
    state = max(first.state, second.state, key=lambda one: _WEIGHT[one])
    return replace(
        second,
        state=state,
        holders=_together([*first.holders, *second.holders]),
        probes=_reports([*first.probes, *second.probes]),
        complete=first.complete and second.complete,
        sampled_ms=first.sampled_ms + second.sampled_ms,
        samples=first.samples + second.samples,
    )


def people(holds: WhoHolds) -> frozenset[tuple[object, ...]]:
    """Return who was seen, so that two looks can be told apart."""
    return frozenset(_identity(holder) for holder in holds.holders)


def _identity(holder: Holder) -> tuple[object, ...]:
    """Return what stays the same while one holder holds: a pid alone is used again."""
    if holder.kind == "smb":
        return ("smb", holder.file_id, holder.smb_user, holder.client_host, holder.client_ip)
    return (holder.kind, holder.pid, holder.started)


def _together(holders: Iterable[Holder]) -> tuple[Holder, ...]:
    known: dict[tuple[object, ...], Holder] = {}
    for holder in holders:
        key = _identity(holder)
        known[key] = _both(known[key], holder) if key in known else holder
    return tuple(known.values())


def _both(before: Holder, after: Holder) -> Holder:
    return replace(
        after,
        via=tuple(dict.fromkeys([*before.via, *after.via])),
        first_seen=min(before.first_seen, after.first_seen),
        last_seen=max(before.last_seen, after.last_seen),
        samples=before.samples + after.samples,
    )


def _reports(reports: Iterable[ProbeReport]) -> tuple[ProbeReport, ...]:
    """Keep of each probe its last report, with all that it was ever blind to."""
    known: dict[str, ProbeReport] = {}
    for report in reports:
        before = known.get(report.name)
        if before is not None:
            blind = tuple(dict.fromkeys([*before.blind, *report.blind]))
            holders = _together([*before.holders, *report.holders])
            report = replace(report, blind=blind, holders=holders, ms=before.ms + report.ms)
        known[report.name] = report
    return tuple(known.values())
