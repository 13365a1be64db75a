"""When a further probe is worth its time, told from what those before it saw."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agent import samba
from bot.agent.probes.port import Target
from bot.agent.probes.smbstatus import SmbStatus
from bot.agent.shares import serves
from bot.wire import ProbeReport

_PATIENCE = 1.0  # seconds for what the configuration of Samba says


async def always(_: Target, __: Sequence[ProbeReport]) -> bool:
    """Look in any case."""
    return True


async def is_undecided(_: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless the kernel itself has said that nobody holds the file."""
    return all(report.proved != "free" for report in reports)


async def is_undecided_and_served(target: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless it is decided, or no Samba server here could know anything."""
    if not await is_undecided(target, reports) or not samba.servers():
        return False
    # elsewhere it is asked too, for links may lead into a share, but not missed
    return SmbStatus().available().ok or await serves(target.path, _PATIENCE)


async def are_names_wanted(_: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless those before it saw everything and found no process to be named."""
    return any(report.error or _processes(report) for report in reports)


async def is_nobody_named(_: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless a process or a remote user was found; the kernel may stand for either."""
    return not any(one.kind != "kernel" for report in reports for one in report.holders)


async def may_be_remote(target: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look where nobody was found, or the kernel, which opens files for remote users."""
    kernel = any(one.kind == "kernel" for report in reports for one in report.holders)
    return kernel or await is_nobody_named(target, reports)


async def may_be_remote_still(target: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look as `may_be_remote`, where the SMB service itself was not asked, or did not answer."""
    asked = any(report.name == "smb_wmi" and not report.error for report in reports)
    return not asked and await may_be_remote(target, reports)


def _processes(report: ProbeReport) -> bool:
    return any(one.kind in ("process", "self") for one in report.holders)
