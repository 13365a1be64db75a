"""The processes of this machine that have the file open, running or mapped, from /proc."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.agent.probes.lease import kept
from bot.agent.probes.port import Availability, Target
from bot.agent.worker import WorkerSilent, ask
from bot.wire import Holder, ProbeReport

_NAMED = 3  # of the processes that could not be seen
_HIDDEN = "processes of other users are hidden here (/proc is mounted with hidepid): run as root"
_CONTAINED = "this runs in a container and sees none of the processes outside: run it on the host"


class Proc:
    """Looks into every process, by device and inode, so that links and renames hide nothing."""

    name = "proc"

    def available(self) -> Availability:
        """Tell whether there is a /proc to read."""
        if sys.platform == "linux" and Path("/proc/self/fd").exists():
            return Availability(ok=True)
        return Availability(ok=False, reason="there is no /proc here")

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Return the processes that hold the file, and which could not be looked into."""
        started = time.monotonic()
        question = {
            "do": "scan",
            "path": target.path,
            "device": target.device,
            "inode": target.inode,
            "is_folder": target.kind == "folder",
        }
        try:
            answer = await ask(question, deadline)
        except WorkerSilent as problem:
            return ProbeReport(name=self.name, ms=_since(started), error=str(problem))
        now = datetime.now(UTC)
        own = kept(target)
        rows = (row for row in answer["holders"] if not _is_kept(row, own))
        holders = (_holder(row, answer, now) for row in rows)
        return ProbeReport(
            name=self.name,
            holders=tuple(holders),
            blind=_blind(answer),
            ms=_since(started),
        )


def _is_kept(row: dict[str, Any], own: int | None) -> bool:
    """Tell whether it is we ourselves, and only because we watch the file."""
    return bool(row["pid"] == os.getpid() and row["descriptors"] == [own])


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 2)


def _holder(row: dict[str, Any], answer: dict[str, Any], now: datetime) -> Holder:
    since_boot = row["started"] / answer["ticks"]
    return Holder(
        kind="self" if row["pid"] == os.getpid() else "process",
        via=(Proc.name,),
        confidence="exact" if row["is_sure"] else "inferred",
        first_seen=now,
        last_seen=now,
        access=row["access"],
        pid=row["pid"],
        # the boot time is kept in whole seconds, so the same start is always the same moment
        started=datetime.fromtimestamp(answer["booted"] + since_boot, UTC),
        name=row["name"],
        exe=row["exe"],
        user=_user(row["uid"]),
        service=row["service"],
        unit=row["unit"],
        handle=", ".join(map(str, row["descriptors"])) or None,
    )


def _user(uid: int) -> str:
    """Return the name of a user; the number where nobody has it, as in many containers."""
    import pwd  # there is none on Windows, where this module is imported too

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _blind(answer: dict[str, Any]) -> tuple[str, ...]:
    blind = []
    if denied := answer["denied"]:
        few = ", ".join(f"{pid} {name}" for pid, name in denied[:_NAMED])
        more = f" and {len(denied) - _NAMED} more" if len(denied) > _NAMED else ""
        what = "1 process" if len(denied) == 1 else f"{len(denied)} processes"
        blind.append(f"{what} of {answer['looked_at']} may not be looked into: {few}{more}")
    if answer["hides_others"]:
        blind.append(_HIDDEN)
    if answer["is_contained"]:
        blind.append(_CONTAINED)
    return tuple(blind)
