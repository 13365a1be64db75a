"""What a probe is given, and what it has to be able to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.wire import ProbeReport

Kind = Literal["file", "folder", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One file to look at; hard links and renames make the identity count, not the path."""

    path: str  # local and absolute, links resolved
    device: int
    inode: int
    kind: Kind = "file"  # other: a pipe, a socket, a device
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One probe in the order of a look: where it belongs, and when it is worth its time."""

    probe: Probe
    on: str  # as sys.platform says it: linux, win32
    when: Callable[[Target, Sequence[ProbeReport]], Awaitable[bool]]
    decides: bool = True  # false: "nobody holds it" can be proved where this probe is blind
    covered_by: tuple[str, ...] = ()  # where all of these saw everything, so it can be, too
