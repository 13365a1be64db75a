"""Lock a file of our own, and see which probes of this machine find that out, and how quickly."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bot.agent.locating import Nowhere, located
from bot.agent.looking import look_at
from bot.agent.probes import Probe, Target
from bot.agent.probes.order import PROBES
from bot.agent.win32.calls import SHARING_VIOLATION, WindowsRefused, on_windows
from bot.agent.win32.files import create_file
from bot.agent.win32.opening import READ
from bot.errors import DespoolError
from bot.wire import ProbeReport, WhoHolds

WORKS, FAILS = 0, 1  # exit statuses
DEADLINE = 10.0  # seconds for each probe
RUNS_PROGRAMS = "nt_modules"  # it sees what runs, not what is open
# what is held here is held by a process of this machine, which these have to find
OF_PROCESSES = ("nt_pids", "rm", "nt_handles", RUNS_PROGRAMS, "lease", "proc")

_HOLD = "import os, sys; {}; print(os.getpid(), flush=True); sys.stdin.read()"
_ON_WINDOWS = (
    "import ctypes; kernel = ctypes.WinDLL('kernel32'); "
    "kernel.CreateFileW.restype = ctypes.c_void_p; "
    "held = kernel.CreateFileW(sys.argv[1], 0xC0000000, 0, None, 3, 0, None)"  # shared with nobody
)
_ELSEWHERE = "held = open(sys.argv[1], 'r+b')"

Result = Literal["found", "nothing to find", "missed", "failed", "not available"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one probe made of the file that was held."""

    name: str
    result: Result
    ms: float
    blind: tuple[str, ...] = ()
    error: str | None = None

    @property
    def is_good(self) -> bool:
        """Tell whether it did what it can do here."""
        return self.result not in ("missed", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it all."""

    violation: int | None  # what a second open failed with; None where this system has no such
    trials: tuple[Trial, ...]
    look: WhoHolds
    pid: int  # of the process that held the file

    @property
    def is_good(self) -> bool:
        """Tell whether a file that is locked here would be found out."""
        refused = self.violation == (SHARING_VIOLATION if on_windows() else None)
        named = any(holder.pid == self.pid for holder in self.look.holders)
        return refused and named and all(trial.is_good for trial in self.trials)

    def as_json(self) -> dict[str, Any]:
        """Return the object that `despool agent selftest --json` prints."""
        return {
            "version": 1,
            "host": socket.gethostname(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "ok": self.is_good,
            "violation": self.violation,
            "pid": self.pid,
            "probes": [asdict(trial) for trial in self.trials],
            "look": self.look.as_json(),
        }


def selftest(as_json: bool) -> int:
    """Try every probe of this machine, tell what came of it, and return the exit status."""
    outcome = asyncio.run(attempt())
    text = json.dumps(outcome.as_json(), indent=2) if as_json else "\n".join(_lines(outcome))
    sys.stdout.write(f"{text}\n")
    return WORKS if outcome.is_good else FAILS


async def attempt() -> Outcome:
    """Have a process hold a file, and look for it in every way there is here."""
    with tempfile.TemporaryDirectory(prefix="despool-") as folder:
        path = Path(folder) / "held.exe"
        path.touch()
        async with _held(path) as pid:
            held, program = await _target(str(path)), await _target(sys.executable)
            trials = [
                await _try(step.probe, program if step.probe.name == RUNS_PROGRAMS else held, pid)
                for step in PROBES
                if step.on == sys.platform
            ]
            return Outcome(
                violation=_second_open(path),
                trials=tuple(trials),
                look=await look_at(str(path), deadline=DEADLINE),
                pid=pid,
            )


@asynccontextmanager
async def _held(path: Path) -> AsyncIterator[int]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HOLD.format(_ON_WINDOWS if on_windows() else _ELSEWHERE)),
        str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        async with asyncio.timeout(DEADLINE):
            pid = int(await child.stdout.readline())
        yield pid
    finally:
        await child.communicate(b"")  # the end of its input, on which it lets go


async def _target(path: str) -> Target:
    found = await located(path, DEADLINE)
    if isinstance(found, Nowhere):
        raise DespoolError(f"{path} cannot be looked at: {found.why or found.state}.")
    return found


async def _try(probe: Probe, target: Target, pid: int) -> Trial:
    available = probe.available()
    if not available.ok:
        return Trial(name=probe.name, result="not available", ms=0, error=available.reason)
    report = await probe.run(target, DEADLINE)
    return Trial(
        name=report.name,
        result=_result(report, pid),
        ms=round(report.ms, 1),
        blind=report.blind,
        error=report.error,
    )


def _result(report: ProbeReport, pid: int) -> Result:
    if report.error:
        return "failed"
    if report.proved == "held" or any(holder.pid == pid for holder in report.holders):
        return "found"
    return "missed" if report.name in OF_PROCESSES else "nothing to find"


def _second_open(path: Path) -> int | None:
    """Return what a second open of the file fails with, 0 where it does not."""
    if not on_windows():
        return None
    try:
        os.close(create_file(str(path), READ))
    except WindowsRefused as refused:
        return refused.code
    return 0


def _lines(outcome: Outcome) -> list[str]:
    lines = [
        f"A process ({outcome.pid}) holds a file on {socket.gethostname()}, {platform.platform()}."
    ]
    if outcome.violation is not None:
        lines.append(f"A second open failed with Windows error {outcome.violation} (expected 32).")
    for trial in outcome.trials:
        lines.append(f"  {trial.name:<12}{trial.result:<17}{trial.ms:>8.1f} ms")
        lines += [f"{'':14}{why}" for why in (*trial.blind, trial.error) if why]
    sight = "everything was looked at" if outcome.look.complete else "not everything could be seen"
    lines.append(
        f"The whole look: {outcome.look.state} in {outcome.look.sampled_ms:.0f} ms, {sight}."
    )
    lines.append("It works here." if outcome.is_good else "It does not work here as it should.")
    return lines
