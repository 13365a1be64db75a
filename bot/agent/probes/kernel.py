"""What the system itself does with the file, without any process: a loop device, a swap file."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.agent.probes.port import Availability, Target
from bot.agent.worker import WorkerSilent, ask
from bot.wire import Holder, ProbeReport

_LOOPS = Path("/sys/block")
_SWAPS = Path("/proc/swaps")
_ESCAPE = re.compile(r"\\([0-7]{3})")


class Kernel:
    """Reads which files are mounted as disks, and which are swapped to."""

    name = "kernel"

    def available(self) -> Availability:
        """Tell whether this system says so."""
        if sys.platform == "linux":
            return Availability(ok=True)
        return Availability(ok=False, reason="only Linux tells it so")

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Return each use of the file; a path that leads to it from here decides."""
        started = time.monotonic()
        end = started + deadline
        now = datetime.now(UTC)
        found: list[Holder] = []
        error = None
        try:
            for use, path in (*_loops(), *_swaps()):
                question = {"do": "find", "path": path}
                there = await ask(question, end - time.monotonic())
                if (there.get("device"), there.get("inode")) == (target.device, target.inode):
                    found.append(_holder(use, now))
        except WorkerSilent as problem:
            error = str(problem)
        return ProbeReport(
            name=self.name,
            holders=tuple(found),
            ms=round((time.monotonic() - started) * 1000, 2),
            error=error,
        )


def _holder(use: str, now: datetime) -> Holder:
    return Holder(kind="kernel", via=(Kernel.name,), first_seen=now, last_seen=now, name=use)


def _loops() -> Iterator[tuple[str, str]]:
    for file in _LOOPS.glob("loop*/loop/backing_file"):
        try:
            path = file.read_text("utf-8", "surrogateescape").rstrip("\n")
        except OSError:
            continue  # taken away meanwhile
        yield f"loop device {file.parents[1].name}", path


def _swaps() -> Iterator[tuple[str, str]]:
    try:
        lines = _SWAPS.read_text("utf-8", "surrogateescape").splitlines()[1:]
    except OSError:
        return  # a kernel that was built without
    for line in lines:
        path, kind = line.split()[:2]
        if kind == "file":
            yield "swap file", _ESCAPE.sub(lambda match: chr(int(match[1], 8)), path)
