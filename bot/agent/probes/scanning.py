"""Scan the whole machine in a child process, which is ended when it takes too long."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from bot.agent.probes.child import run
from bot.agent.probes.port import Availability
from bot.agent.probes.timing import timed
from bot.agent.probes.windows_process import holder
from bot.agent.win32.calls import GONE, not_here
from bot.agent.win32.processes import Process
from bot.wire import Holder, ProbeReport

MARGIN = 0.5  # seconds that the child has for its start and its end

_SCAN = (sys.executable, "-P", "-m", "bot.agent.win32.scan")


def available() -> Availability:
    """Tell whether there is a Windows to scan."""
    reason = not_here("ntdll", "kernel32")
    return Availability(ok=reason is None, reason=reason)


async def scan(name: str, kind: str, path: str, deadline: float) -> ProbeReport:
    """Return what the child found within the deadline, and say so where it did not finish."""
    return await timed(name, deadline, _scan(name, kind, path, max(deadline - MARGIN, MARGIN)))


async def _scan(name: str, kind: str, path: str, seconds: float) -> ProbeReport:
    said = await run([*_SCAN, kind, path, f"{seconds:g}"])
    if said.code or not said.output:
        return ProbeReport(name=name, error=f"the scan ended with {said.code}: {said.complaint}")
    answer: dict[str, Any] = json.loads(said.output)
    return ProbeReport(
        name=name,
        holders=tuple(_holder(name, row) for row in answer.get("found", ())),
        blind=tuple(answer.get("blind", ())),
        error=None if answer.get("code") in GONE else answer.get("error"),
    )


def _holder(name: str, row: dict[str, Any]) -> Holder:
    more = {key: row.pop(key) for key in ("handle", "access") if key in row}
    started = row.pop("started")
    process = Process(started=started and datetime.fromisoformat(started), **row)
    return holder(process, name, **more)
