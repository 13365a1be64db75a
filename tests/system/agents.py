"""Commands and agents as processes of their own, beside the bots of a fleet."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.system.fleet import ROOT, Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """Return what was printed as JSON."""
        return json.loads(self.out)


async def despool(*words: object, **env: str) -> Said:
    """Run one command to its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *map(str, words)),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
        cwd=ROOT / "tests",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(status=process.returncode, out=out.decode(), err=err.decode())


def beside(bot: Process) -> Mapping[str, str]:
    """Return what a command on the host of a bot is told: where it keeps its state, no more."""
    return {name: bot.env[name] for name in ("DESPOOL_DATA_DIR", "DESPOOL_DATABASE_URL")}


async def enrolled(bot: Process, folder: Path, name: str = "NTSITE1", **options: object) -> Path:
    """Invite a server and enrol it, with commands; return its configuration."""
    invited = await despool("agents", "invite", name, **beside(bot))
    assert invited.status == 0, invited.err
    code = invited.out.splitlines()[-1]
    config = folder / name / "agent.toml"
    words = [word for option, value in options.items() for word in (f"--{option}", value)]
    address = f"http://127.0.0.1:{bot.port}"
    said = await despool("agent", "enroll", address, "--code", code, "--config", config, *words)
    assert said.status == 0, said.err
    return config


@asynccontextmanager
async def reporting(config: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run an agent as long as the context lasts."""
    with (config.parent / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "agent", "run", "--config", str(config)),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            cwd=ROOT / "tests",
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def listed(bot: Process) -> list[dict[str, Any]]:
    """Return the rows of `despool agents list --json` beside a bot."""
    said = await despool("agents", "list", "--json", **beside(bot))
    assert said.status == 0, said.err
    found: list[dict[str, Any]] = said.rows
    return found


async def seen(bot: Process, *, connected: bool = True, tries: int = 60) -> dict[str, Any]:
    """Wait until the only agent is seen, connected or not, from the host of a bot."""
    for _ in range(tries):
        rows = await listed(bot)
        if rows and rows[0]["connected"] is connected:
            return rows[0]
    raise AssertionError(f"the agent is not seen: {rows}")
