"""A look for the tests of the agent, which need to know who holds a file, not how it is found."""

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path

from bot.wire import Holder, ProbeReport, WhoHolds


async def by_proc(target):
    """Look who has a file open, by the descriptors of all processes."""
    now = datetime.now(UTC)
    holders = tuple(
        Holder(kind="process", via=("descriptors",), first_seen=now, last_seen=now, pid=pid)
        for pid in await asyncio.to_thread(_pids, target)
    )
    return WhoHolds(
        host="whoever",
        path=target.path,
        resolved=target.path,
        state="held" if holders else "free",
        holders=holders,
        probes=(ProbeReport(name="descriptors", holders=holders),),
        complete=True,
    )


def _pids(target):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            for one in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    seen = one.stat()
                    if (seen.st_dev, seen.st_ino) == (target.device, target.inode):
                        found.append(int(process.name))
    return sorted(set(found))
