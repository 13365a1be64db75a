"""One list of holders from what several probes saw, or one probe several times."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace

from bot.wire import Holder

_KINDS = ("smb", "kernel", "self", "process", "unknown")  # what says most of a holder first
_OWN = {"via", "kind", "confidence", "first_seen", "last_seen", "samples", "access", "candidates"}


def joined(reports: Iterable[Iterable[Holder]]) -> tuple[Holder, ...]:
    """Merge what the probes of one look saw: each holder once, remote users for their server.

    A server's process holds the file for the remote users whom a probe named; it is not listed
    beside them, and what is known of it goes to them.
    """
    merged = _merged((holder for report in reports for holder in report), samples=max)
    remote = {holder.pid for holder in merged if holder.kind == "smb" and holder.pid is not None}
    servers = {one.pid: one for one in merged if one.kind != "smb" and one.pid in remote}
    # Windows serves shares from its kernel, which then is no holder of its own
    serves_itself = any(one.kind == "smb" and one.pid is None for one in merged)
    left = (
        one
        for one in merged
        if one.kind == "smb" or not (one.pid in servers or (serves_itself and one.kind == "kernel"))
    )
    return tuple(
        _of_server(one, servers[one.pid]) if one.kind == "smb" and one.pid in servers else one
        for one in left
    )


def sampled(looks: Iterable[Iterable[Holder]]) -> tuple[Holder, ...]:
    """Merge what several looks saw: when each holder was seen first and last, and how often."""
    return _merged((holder for look in looks for holder in look), samples=lambda *both: sum(both))


def _merged(holders: Iterable[Holder], samples: Callable[[int, int], int]) -> tuple[Holder, ...]:
    found: list[Holder] = []
    for holder in holders:
        for index, known in enumerate(found):
            if _is_same(known, holder):
                found[index] = _both(known, holder, samples(known.samples, holder.samples))
                break
        else:
            found.append(holder)
    return tuple(found)


def _is_same(one: Holder, other: Holder) -> bool:
    """Compare identities; of a process some probes know the pid alone."""
    if (one.kind == "smb") != (other.kind == "smb"):
        return False
    if one.kind == "smb":
        return _of_remote(one) == _of_remote(other)
    if one.pid is None or other.pid is None:
        return one.pid is other.pid and (one.kind, one.name) == (other.kind, other.name)
    return one.pid == other.pid and (
        one.started == other.started or one.started is None or other.started is None
    )


def _of_remote(holder: Holder) -> tuple[object, ...]:
    # a file id is given again after the file was closed
    return (holder.pid, holder.file_id, holder.smb_user, holder.opened_at)


def _both(known: Holder, new: Holder, samples: int) -> Holder:
    """Join two sights of one holder; what the newer one does not know stays."""
    told = {
        one.name: getattr(new, one.name)
        for one in fields(Holder)
        if one.name not in _OWN and getattr(new, one.name) is not None
    }
    is_exact = "exact" in (known.confidence, new.confidence)
    return replace(
        known,
        **told,
        kind=min(known.kind, new.kind, key=_KINDS.index),
        via=tuple(dict.fromkeys(known.via + new.via)),
        confidence="exact" if is_exact else "inferred",
        first_seen=min(known.first_seen, new.first_seen),
        last_seen=max(known.last_seen, new.last_seen),
        samples=samples,
        access=_access(known.access, new.access),
        candidates=tuple(dict.fromkeys(known.candidates + new.candidates)),
    )


def _access(known: str | None, new: str | None) -> str | None:
    """Return how the file is held at most; a mapped file that is open too is told as open."""
    words = {word for access in (known, new) if access for word in access.split("+")}
    opened = [word for word in ("read", "write") if word in words]
    return "+".join(opened) or new or known


def _of_server(remote: Holder, server: Holder) -> Holder:
    return replace(
        remote,
        via=tuple(dict.fromkeys(remote.via + server.via)),
        started=server.started,
        name=server.name,
        exe=server.exe,
        user=server.user,
        service=server.service,
        unit=server.unit,
        handle=server.handle,
    )
