"""Who holds a file: the nouns that probes fill in, and their JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

State = Literal["held", "free", "gone", "unknown", "refused"]
HolderKind = Literal["process", "smb", "self", "kernel", "unknown"]
Confidence = Literal["exact", "inferred"]
Proved = Literal["held", "free"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One process, or one remote user, that has a file open."""

    kind: HolderKind
    via: tuple[str, ...]  # the probes that saw it
    confidence: Confidence = "exact"  # inferred: joined by a name, not by an identity
    first_seen: datetime
    last_seen: datetime
    samples: int = 1
    access: str | None = None  # read, write, read+write, exec, mapped
    mode: str | None = None  # what it denies others, such as "deny all"
    # of a process; (pid, started) is its identity
    pid: int | None = None
    started: datetime | None = None
    name: str | None = None
    exe: str | None = None
    user: str | None = None
    session: int | None = None
    service: str | None = None
    unit: str | None = None
    handle: str | None = None
    # of a remote user
    file_id: int | None = None
    client_host: str | None = None
    client_ip: str | None = None
    smb_user: str | None = None
    dialect: str | None = None
    opened_at: datetime | None = None
    locks: int | None = None
    candidates: tuple[str, ...] = ()  # machines it may be, where more than one fits

    def as_json(self) -> dict[str, Any]:
        """Return the `holders` element of the JSON contract."""
        return _row(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What one probe saw, and where it was blind."""

    name: str
    holders: tuple[Holder, ...] = ()
    blind: tuple[str, ...] = ()  # in words: what could not be looked at
    ms: float = 0.0
    error: str | None = None  # in words: why it saw nothing at all
    proved: Proved | None = None  # what the kernel itself said, which names nobody

    def as_json(self) -> dict[str, Any]:
        """Return the `probes` element of the JSON contract."""
        return _row(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoHolds:
    """The answer to the question who holds one file."""

    host: str
    path: str  # as it was asked for
    resolved: str  # where that is on the host
    state: State
    holders: tuple[Holder, ...] = ()
    probes: tuple[ProbeReport, ...] = ()
    complete: bool  # false where any probe was blind: then "nobody" is not proved
    sampled_ms: float = 0.0
    samples: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the object that `despool holders --json` prints."""
        return _row(self)


def _row(noun: Holder | ProbeReport | WhoHolds) -> dict[str, Any]:
    return {one.name: _value(getattr(noun, one.name)) for one in fields(noun)}


def _value(value: Any) -> Any:
    if isinstance(value, Holder | ProbeReport):
        return _row(value)
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value
