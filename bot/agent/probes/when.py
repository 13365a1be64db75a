"""When a further probe is worth its time, told from what those before it saw."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agent import samba
from bot.agent.probes.port import Target
from bot.wire import ProbeReport


def always(_: Target, __: Sequence[ProbeReport]) -> bool:
    """Look in any case."""
    return True


def is_undecided(_: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless the kernel itself has said that nobody holds the file."""
    return all(report.proved != "free" for report in reports)


def is_undecided_and_served(target: Target, reports: Sequence[ProbeReport]) -> bool:
    """Look unless it is decided, or no Samba server runs here that could know anything."""
    return is_undecided(target, reports) and bool(samba.servers())
