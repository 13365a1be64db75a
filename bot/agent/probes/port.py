"""What a probe is given, and what it has to be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.wire import ProbeReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file to look at; hard links and renames make the identity count, not the path."""

    path: str  # local and absolute, links resolved
    device: int
    inode: int
    share: str | None = None  # the share and the path in it, where the file is served over SMB
    share_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a probe can look here, and why not."""

    ok: bool
    reason: str | None = None  # for the reader: "needs root", "not implemented by Wine"


class Probe(Protocol):
    """One way to find out who holds a file; it changes nothing."""

    name: str

    def available(self) -> Availability:
        """Tell whether the probe can look on this machine."""

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Look at one file for `deadline` seconds at most; what fails is said in the report."""
