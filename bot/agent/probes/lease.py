"""Whether anybody has the file open, asked of the kernel by a lease given back at once."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.agent.probes.port import Availability, Target
from bot.agent.procfs.mounts import file_system, has_leases, maps_differ
from bot.agent.shares import serves
from bot.wire import ProbeReport

if sys.platform == "linux":
    import fcntl

# without O_NONBLOCK the open would wait for whoever has a lease, for up to 45 s
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_NO_RIGHT = "only root and the owner of the file may ask for a lease"
_NO_LEASES = "this file system knows no leases"
_REASONS = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EINVAL: _NO_LEASES,
    errno.EOPNOTSUPP: _NO_LEASES,
    errno.ENOENT: "the file is no longer there",
    errno.ELOOP: "the file is no longer there",
}
_LEASES = Path("/proc/locks")
_LEASED = re.compile(r" (?:LEASE|DELEG) ")  # a delegation is what an NFS client has for a lease


@dataclass(slots=True)
class _Kept:
    """A descriptor of our own, beside which another one would never be alone."""

    descriptor: int
    users: int = 0


_kept: dict[tuple[int, int], _Kept] = {}  # by device and inode


class Lease:
    """Asks whether the file could be leased, which it can only while nobody has it open.

    It sees what has no process that could be looked into: other namespaces, mapped files, the
    kernel itself. The lease is never kept, for it would stall the next one who opens the file.
    """

    name = "lease"

    def available(self) -> Availability:
        """Tell whether this system has leases."""
        if sys.platform == "linux":
            return Availability(ok=True)
        return Availability(ok=False, reason="only Linux has leases")

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Say whether the kernel knows of anybody; it is so quick that no deadline matters."""
        started = time.perf_counter()
        free, error = None, await unable(target, deadline)
        if error is None:
            try:
                free = is_free(target)
            except OSError as problem:
                error = _REASONS.get(problem.errno or 0) or problem.strerror or str(problem)
        return ProbeReport(
            name=self.name,
            ms=round((time.perf_counter() - started) * 1000, 3),
            error=error,
            proved=None if free is None else "free" if free else "held",
        )


def is_free(target: Target) -> bool:
    """Tell whether nobody has the file open; raise OSError where the kernel does not say."""
    if is_leased(target):
        return False  # to open it would break that lease, and stall its holder
    try:
        with keeping(target) as descriptor:
            return is_alone(descriptor)
    except BlockingIOError:
        return False  # leased by another since we looked


def is_alone(descriptor: int) -> bool:
    """Tell whether no other descriptor is open on the file; raise OSError where it is not told."""
    # whoever opens the file in between makes the kernel signal us: SIGIO would end the process,
    # and SIGURG is ignored unless somebody wants it
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except BlockingIOError:
        return False
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True


@contextmanager
def keeping(target: Target) -> Iterator[int]:
    """Keep a descriptor on the file for repeated questions; all who ask share it."""
    identity = (target.device, target.inode)
    keep = _kept.get(identity)
    if keep is None:
        keep = _kept[identity] = _Kept(_open(target))
    keep.users += 1
    try:
        yield keep.descriptor
    finally:
        keep.users -= 1
        if not keep.users:
            del _kept[identity]
            os.close(keep.descriptor)


def kept(target: Target) -> int | None:
    """Return our own descriptor on a file that is watched."""
    keep = _kept.get((target.device, target.inode))
    return keep.descriptor if keep else None


def is_leased(target: Target) -> bool:
    """Tell whether somebody has a lease on the file; raise OSError where that is not told."""
    with _LEASES.open(encoding="ascii", errors="replace") as file:
        leases = [line for line in file if _LEASED.search(line)]
    device = f"{os.major(target.device):02x}:{os.minor(target.device):02x}"
    if any(f" {device}:{target.inode} " in line for line in leases):
        return True
    # a part of a btrfs stands there under another device than stat tells
    is_part = maps_differ(file_system(target.device, target.path))
    if is_part and any(f":{target.inode} " in line for line in leases):
        raise OSError(errno.EBUSY, "somebody may have a lease on it")
    return False


def _open(target: Target) -> int:
    descriptor = os.open(target.path, _FLAGS)
    found = os.fstat(descriptor)
    if (found.st_dev, found.st_ino) != (target.device, target.inode):
        os.close(descriptor)
        raise OSError(errno.ENOENT, "another file has taken its place")
    return descriptor


async def unable(target: Target, deadline: float) -> str | None:
    """Return why a lease cannot or must not be asked for, None where it can."""
    if target.kind != "file":
        return "only files have leases"
    kind = file_system(target.device, target.path)
    if not has_leases(kind):
        return f"on {kind} a lease does not see all who have a file open"
    if await serves(target.path, deadline):
        return "a lease could stall a client of the Samba share that the file is in"
    return None
