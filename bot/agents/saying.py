"""What an agent answered, in lines for the reader: who, since when, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from bot.model import Finding
from bot.wire import Holder, State, WhoHolds
from bot.wire.talk import Holds, Recent, Sighting

# a server that was taken over may answer anything; what it says must stay readable
MOST_LINES = 40
LONGEST = 600  # characters of a line

_KINDS = {
    "false-disk-space": "not a full disk, but a locked file",
    "disk-space": "a real shortage of disk space",
    "lock-only": "a locked file",
    "other-error": "another error than a lock",
    "event-only": "event 109 alone, so likely a locked file",
}
_ODD = {
    "self": "the agent itself",
    "kernel": "the system itself, with no process that could be named",
    "unknown": "somebody who could not be named",
}


def of_holds(answer: Holds) -> tuple[str, ...]:
    """Return the lines of a look at one file, and of what was seen of it before."""
    lines = [*_look(answer.holds, answer.at)]
    known = {_who(holder) for holder in answer.holds.holders}
    for sighting in reversed(answer.earlier):
        others = [one for one in sighting.holds.holders if _who(one) not in known]
        lines += [f"At {_time(sighting.at)} it was held by {_person(one)}." for one in others]
        known |= {_who(one) for one in others}
    return _lines(lines)


def of_looks(holds: WhoHolds, at: datetime, now: State) -> tuple[str, ...]:
    """Return the lines of several looks within some seconds, of which the last one saw `now`."""
    lines = list(_look(holds, at))
    if holds.state == "held" and now == "free":
        lines.append("It is free now.")
    return _lines(lines)


def of_recent(answer: Recent, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the lines of a check: what the logs prove, and who holds those files."""
    lines = [_verdict(finding) for finding in findings]
    lines = lines or ["The logs there report no failed copy and no event 109 of that time."]
    lines += [f"Could not be read: {source}." for source in answer.blind]
    for sighting in answer.sightings:
        lines += _of_file(sighting)
    return _lines(lines)


def _lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Keep what servers call their files and programs from breaking out of its line."""
    plain = ["".join(one if one.isprintable() else "\ufffd" for one in line) for line in lines]
    left = len(plain) - MOST_LINES
    if left > 0:
        plain[MOST_LINES:] = [f"And {left} lines more."]
    return tuple(line if len(line) <= LONGEST else f"{line[:LONGEST]} …" for line in plain)


def _of_file(sighting: Sighting) -> Iterator[str]:
    first, *rest = _look(sighting.holds, sighting.at)
    yield f"{sighting.holds.path}: {first}"
    yield from rest


def _verdict(finding: Finding) -> str:
    what = finding.package or "A file"
    at = f", last at {finding.at}" if finding.at else ""
    healed = " It was copied since." if finding.resolved else ""
    files = "".join(f" {path}" for path in finding.files[:3])
    more = f" and {len(finding.files) - 3} more" if len(finding.files) > 3 else ""
    return f"{what}: {_KINDS[finding.kind]}{at}.{healed}{files}{more}".rstrip()


def _look(holds: WhoHolds, at: datetime) -> Iterator[str]:
    when = _time(at)
    match holds.state:
        case "held":
            yield from (f"Held by {_person(holder)} (seen at {when})." for holder in holds.holders)
            if not holds.holders:
                yield f"Held by {_ODD['unknown']} (seen at {when})."
            if not holds.complete:
                yield f"Others may hold it too. {_why(holds)}"
        case "free" if holds.complete:
            yield f"Nobody holds it: every process and share was looked at, at {when}."
        case "gone":
            yield f"There is no such file at {when}."
        case "refused":
            yield f"The agent did not look: {_why(holds)}"
        case _:
            yield f"Who holds it could not be found out at {when}. {_why(holds)}"


def _why(holds: WhoHolds) -> str:
    reasons = [report.error for report in holds.probes if report.error]
    reasons += [f"not seen: {blind}" for report in holds.probes for blind in report.blind]
    return " ".join(f"{reason.rstrip('.')}." for reason in dict.fromkeys(reasons))


def _person(holder: Holder) -> str:
    who = _remote(holder) if holder.kind == "smb" else _process(holder)
    since = holder.opened_at or holder.started
    word = "open since" if holder.opened_at else "running since"
    facts = [
        f"{word} {_time(since)}" if since else None,
        holder.access,
        holder.mode,
        "by its name alone" if holder.confidence == "inferred" else None,
    ]
    told = ", ".join(fact for fact in facts if fact)
    return f"{who}, {told}" if told else who


def _process(holder: Holder) -> str:
    if holder.pid is None:
        return _ODD.get(holder.kind, _ODD["unknown"])
    place = holder.service or holder.unit
    facts = [
        f"pid {holder.pid}",
        f"user {holder.user}" if holder.user else None,
        f"service {place}" if place else None,
    ]
    own = ", the agent itself" if holder.kind == "self" else ""
    return f"{holder.name or 'a process'} ({', '.join(one for one in facts if one)}){own}"


def _remote(holder: Holder) -> str:
    machine = holder.client_host or holder.client_ip or " or ".join(holder.candidates)
    where = f" on {machine}" if machine else " on a machine that is not known"
    return f"the remote user {holder.smb_user or 'unknown'}{where}"


def _who(holder: Holder) -> tuple[object, ...]:
    if holder.kind == "smb":
        return (holder.smb_user, holder.client_host, holder.client_ip)
    return (holder.kind, holder.pid, holder.started)


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        return f"{at:%Y-%m-%d %H:%M:%S}"
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
