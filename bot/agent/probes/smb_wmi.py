"""Ask this Windows server's SMB service itself, which unlike older calls names each machine.

MSFT_SmbOpenFile is read by PowerShell in a child process, not by COM in ours: COM wants an
initialised thread, no call of it can be ended, and a WMI service that hangs is not rare.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from ntpath import join
from pathlib import Path
from typing import Any

from bot.agent.probes.child import run
from bot.agent.probes.netfile import is_meant as leads_to
from bot.agent.probes.opens import place
from bot.agent.probes.port import Availability, Target
from bot.agent.probes.timing import timed
from bot.agent.win32.calls import BUILTIN, not_here
from bot.agent.win32.files import access
from bot.wire import Holder, ProbeReport

# nothing of the question is in it: the path is compared here, with what comes back
SCRIPT = (
    "$ErrorActionPreference='Stop';[Console]::OutputEncoding=[Text.Encoding]::UTF8;"
    "$o=@(Get-SmbOpenFile|Select-Object FileId,SessionId,Path,ClientComputerName,"
    "ClientUserName,Permissions,Locks);"
    "$s=@(Get-SmbSession|Select-Object SessionId,Dialect);"
    "ConvertTo-Json -Compress -Depth 3 @{opens=$o;sessions=$s}"
)
ARGUMENTS = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", SCRIPT)

_PLACE = r"System32\WindowsPowerShell\v1.0\powershell.exe"

Json = dict[str, Any]


class SmbWmi:
    """Get-SmbOpenFile, which Windows has from Server 2012 on."""

    name = "smb_wmi"

    def available(self) -> Availability:
        """Tell whether there is a PowerShell to ask; the one of Wine does nothing."""
        reason = not_here() or _lacking(Path(powershell()))
        return Availability(ok=reason is None, reason=reason)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the remote users and machines that have the file open."""
        # half of the time, for it is slow to start, and the scans come after it
        return await timed(self.name, deadline / 2, _look(target))


def powershell() -> str:
    """Return where Windows keeps its PowerShell; none that only lies on the path is run."""
    return join(os.environ.get("SYSTEMROOT", r"C:\Windows"), _PLACE)


def _lacking(program: Path) -> str | None:
    try:
        with program.open("rb") as file:
            start = file.read(128)
    except OSError:
        return "this Windows has no PowerShell"
    return "not implemented by Wine" if BUILTIN in start else None


async def _look(target: Target) -> ProbeReport:
    said = await run([powershell(), *ARGUMENTS])
    try:
        answer = json.loads(said.output.decode("utf-8-sig"))
    except ValueError:
        answer = None
    if said.code or not isinstance(answer, dict):
        words = said.complaint or f"PowerShell ended with {said.code}"
        return ProbeReport(name=SmbWmi.name, error=f"the SMB service was not asked: {words}")
    return ProbeReport(name=SmbWmi.name, holders=read(answer, partial(leads_to, target)))


def read(answer: Json, is_meant: Callable[[str], bool]) -> tuple[Holder, ...]:
    """Return who has a file open, from what Get-SmbOpenFile and Get-SmbSession say."""
    dialects = {row.get("SessionId"): row.get("Dialect") for row in answer.get("sessions") or ()}
    return tuple(
        _holder(row, dialects.get(row.get("SessionId")))
        for row in answer.get("opens") or ()
        if is_meant(str(row.get("Path") or ""))
    )


def _holder(row: Json, dialect: str | None) -> Holder:
    now = datetime.now(UTC)
    where = place(str(row.get("ClientComputerName") or ""))
    return Holder(
        kind="smb",
        via=(SmbWmi.name,),
        first_seen=now,
        last_seen=now,
        access=access(row.get("Permissions") or 0),
        file_id=row.get("FileId"),
        client_host=where.get("client_host") or None,
        client_ip=where.get("client_ip"),
        smb_user=row.get("ClientUserName") or None,
        dialect=dialect,
        locks=row.get("Locks"),
    )
