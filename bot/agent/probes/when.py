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
