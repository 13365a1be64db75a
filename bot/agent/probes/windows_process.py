"""A process of Windows as the holder of a file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from bot.agent.win32.processes import SYSTEM, Process
from bot.agent.win32.services import services
from bot.wire import Holder
from bot.wire.holders import HolderKind


def holder(process: Process, via: str, **more: Any) -> Holder:
    """Return the holder that a process is; `more` are fields of Holder that the probe knows."""
    now = datetime.now(UTC)
    return Holder(
        kind=kind(process.pid),
        via=(via,),
        first_seen=now,
        last_seen=now,
        pid=process.pid,
        started=process.started,
        name=process.name,
        exe=process.exe,
        user=process.user,
        session=process.session,
        service=more.pop("service", None) or services().get(process.pid),
        **more,
    )


def kind(pid: int) -> HolderKind:
    """Tell ourselves and the kernel, which opens what is held over SMB, from other processes."""
    if pid == SYSTEM:
        return "kernel"
    return "self" if pid == os.getpid() else "process"
