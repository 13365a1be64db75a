"""Programs of the system that are asked for what they know, each ended when it is late."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import DespoolError

# where administrators' programs are, which the PATH of a service or a user may not have
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/samba/bin", "/usr/local/samba/sbin", "/sbin")


class ProgramFailed(DespoolError):
    """A program that was asked is missing, late, or ended with an error."""


def find(name: str) -> str | None:
    """Return where a program is, None where it is not installed."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))


async def output(command: Sequence[str], deadline: float) -> bytes:
    """Return what a program prints, or raise ProgramFailed after `deadline` seconds."""
    name = Path(command[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"LC_ALL": "C"},
            start_new_session=True,  # so that what it starts is ended with it
        )
    except OSError as problem:
        raise ProgramFailed(f"{name} cannot be run: {problem.strerror}") from problem
    try:
        async with asyncio.timeout(max(deadline, 0)):
            said, complaint = await process.communicate()
    except TimeoutError:
        raise ProgramFailed(f"{name} gave no answer within {deadline:.1f} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        words = complaint.decode("utf-8", "backslashreplace").strip().splitlines()
        raise ProgramFailed(f"{name} failed: {words[-1] if words else process.returncode}")
    return said
