"""A child process that is ended, not waited for, when its time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.agent.win32.calls import on_windows

GRACE = 1.0  # seconds for a child that was ended, which a driver may keep for a while
# a program that finds no console opens one, in the face of whoever sits at the server
_NO_WINDOW = 0x0800_0000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a child said until it ended."""

    code: int
    output: bytes
    complaint: str  # the last line of what it said of its own troubles


async def run(arguments: Sequence[str]) -> Said:
    """Run a program to its end; cancelled, as by a deadline, it ends the program."""
    child = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        creationflags=_NO_WINDOW if on_windows() else 0,
    )
    try:
        output, complaint = await child.communicate()
    finally:
        await _end(child)
    last = complaint.decode(errors="replace").strip().rpartition("\n")[2]
    return Said(code=child.returncode or 0, output=output, complaint=last)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
    with suppress(TimeoutError):  # to the end of its pipes, which stay open otherwise
        await asyncio.wait_for(child.communicate(), GRACE)
