"""Where a path leads on this machine: to a file that can be looked at, or nowhere."""

from __future__ import annotations

import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.agent.probes.port import Target
from bot.agent.procfs.finding import find
from bot.agent.win32.finding import found_on_windows
from bot.agent.worker import WorkerSilent, ask
from bot.wire import ProbeReport, State, WhoHolds

_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_NOT_HERE = (
    "this is a path of Windows, and there is no such file here: ask on that server, or give the "
    "path that the file has on this machine"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nowhere:
    """A path at which there is nothing to look at, and why."""

    resolved: str
    state: State
    why: str | None = None  # None: there simply is no file

    def answer(self, path: str) -> WhoHolds:
        """Return the answer to a question about such a path."""
        said = ProbeReport(name="path", error=self.why)
        return WhoHolds(
            host=socket.gethostname(),
            path=path,
            resolved=self.resolved,
            state=self.state,
            probes=(said,) if self.why else (),
            complete=self.state == "gone",
        )


async def located(asked: str, deadline: float) -> Target | Nowhere:
    """Follow a path to its file, links included; a relative one starts where this runs."""
    if not asked or "\0" in asked:
        return Nowhere(resolved=asked, state="refused", why="this is not the path of a file")
    try:
        path = asked if Path(asked).is_absolute() else str(Path.cwd() / asked)
        found = await _found(path, deadline)
    except FileNotFoundError:
        return Nowhere(resolved=asked, state="unknown", why="the folder this runs in is gone")
    except WorkerSilent as problem:
        return Nowhere(resolved=path, state="unknown", why=str(problem))
    resolved = str(found["resolved"])
    if found["is"] == "there":
        return Target(
            path=resolved, device=found["device"], inode=found["inode"], kind=found["kind"]
        )
    if found["is"] == "unseen":
        return Nowhere(resolved=resolved, state="unknown", why=found["why"])
    if sys.platform != "win32" and _OF_WINDOWS.match(asked):
        return Nowhere(resolved=asked, state="refused", why=_NOT_HERE)
    return Nowhere(resolved=resolved, state="gone")


async def _found(path: str, deadline: float) -> dict[str, Any]:
    if sys.platform == "linux":  # in the worker: a path may lead to a server that is dead
        return await ask({"do": "find", "path": path}, deadline)
    if sys.platform == "win32":
        return await found_on_windows(path, deadline)
    return find(path)
