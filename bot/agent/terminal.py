"""What `despool agent …` does and prints."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from bot import journal
from bot.agent.checking import troubles
from bot.agent.config import load
from bot.agent.enrolling import Wishes, enroll, map_of
from bot.agent.places import config_file
from bot.agent.state import Status, is_running, read_status
from bot.stopping import stop_on_signal

Write = Callable[[bytes], bool]

CONNECTED, NOT_CONNECTED, FAULTY = 0, 1, 2


def enroll_here(
    write: Write,
    *,
    address: str,
    code: str,
    config: Path | None,
    roots: Sequence[Path],
    maps: Sequence[str],
    logs: Sequence[Path],
    events: Sequence[str],
    aliases: Sequence[str],
    ca_file: Path | None,
) -> int:
    """Enrol this server and print under which name and key the bot knows it."""
    wishes = Wishes(
        address=address,
        code="".join(code.split()),
        config=config or config_file(),
        roots=tuple(roots),
        maps=tuple(map_of(text) for text in maps),
        logs=tuple(logs),
        events=tuple(events),
        aliases=tuple(aliases),
        ca_file=ca_file,
    )
    enrolled = asyncio.run(enroll(wishes))
    lines = [
        f"Enrolled as {enrolled.name}.",
        f"Key fingerprint: {enrolled.fingerprint}",
        f"Configuration: {enrolled.config}",
    ]
    faults = troubles(load(enrolled.config))
    lines += [f"To mend: {fault}" for fault in faults]
    place = "" if enrolled.config == config_file() else f" --config {enrolled.config}"
    lines.append(f"Next: despool agent run{place}, or despool agent install-service{place}")
    write(_text(lines))
    return 0


def run_here(config: Path | None) -> int:
    """Run the agent until a signal; 0 after one."""
    from bot.agent.running import main

    async def until_signal() -> None:
        await main(config or config_file(), stop_on_signal())

    journal.configure("INFO")
    asyncio.run(until_signal())
    return 0


def tell_status(write: Write, config: Path | None, *, as_json: bool) -> int:
    """Print how the agent is: 0 where it is connected, 1 where not."""
    held = load(config or config_file())
    status = read_status(held.state)
    runs = is_running(held.state)
    connected = runs and status is not None and status.connected
    if as_json:
        told = asdict(status) if status else {"name": held.name, "bot": held.bot}
        write((json.dumps(told | {"running": runs, "connected": connected}) + "\n").encode())
    else:
        write(_text(_told(status, held.name, runs=runs)))
    return CONNECTED if connected else NOT_CONNECTED


def _told(status: Status | None, name: str, *, runs: bool) -> list[str]:
    if status is None or not runs:
        return [f"The agent of {name} does not run. Start it with `despool agent run`."]
    state = "connected to" if status.connected else "not connected to"
    lines = [f"{status.name} is {state} {status.bot} since {status.since} (pid {status.pid})."]
    if status.trouble:
        lines.append(f"Why: {status.trouble}")
    if status.waiting:
        lines.append(f"Waiting for the bot: {status.waiting}")
    if status.lost:
        lines.append(f"Dropped while the bot was away, for want of room: {status.lost}")
    return [*lines, *(f"Follows {log}" for log in status.logs)]


def check_config(write: Write, config: Path | None) -> int:
    """Print what is wrong with a configuration; 0 where nothing is."""
    path = config or config_file()
    held = load(path)
    faults = troubles(held)
    write(_text(faults or [f"{path}: all is well. This server is {held.name}."]))
    return FAULTY if faults else 0


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
