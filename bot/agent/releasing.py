"""Waiting until a file is free: the kernel tells of every close, and only then is it asked."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from bot.agent.inotify import Closings, closings
from bot.agent.looking import look
from bot.agent.probes import Step, Target
from bot.agent.probes.lease import is_alone, is_leased, keeping, unable
from bot.agent.probes.order import PROBES
from bot.agent.win32.waiting import ended
from bot.wire import Holder, State

EVERY = 1.0  # seconds between two looks where no event comes

_PAUSE = 0.05  # seconds; a look costs more than a lease, and a busy file is closed often


async def released(
    target: Target, *, seconds: float | None = None, steps: Sequence[Step] = PROBES
) -> State:
    """Wait until nobody holds a file, or for some seconds; return what is true then.

    `free`: nobody holds it. `gone`: its name leads to no file, or to another. `unknown`: those
    who could be seen have let go, and not all can be seen. `held`: the seconds are over.
    """
    end = time.monotonic() + (float("inf") if seconds is None else seconds)
    with ExitStack() as stack:
        descriptor = await _kept(target, stack)
        name = target.path if descriptor is None else f"/proc/self/fd/{descriptor}"
        events = _events(name, stack)
        while True:
            state, holders = await _state(target, descriptor, steps)
            left = end - time.monotonic()
            if state != "held" or left <= 0:
                return state
            await _next(events, holders, min(left, EVERY))
            if descriptor is None:
                await asyncio.sleep(_PAUSE)


async def _kept(target: Target, stack: ExitStack) -> int | None:
    """Open the file once for all questions; None where the kernel is not to be asked."""
    if sys.platform != "linux":
        return None
    try:
        if await unable(target, EVERY) or is_leased(target):
            return None
        descriptor = stack.enter_context(keeping(target))
        is_alone(descriptor)
    except OSError:
        return None
    return descriptor


def _events(path: str, stack: ExitStack) -> Closings | None:
    if sys.platform != "linux":
        return None
    try:
        return stack.enter_context(closings(path))
    except OSError:
        return None  # no right to, or too many watches: then the clock alone wakes us


async def _next(events: Closings | None, holders: Sequence[Holder], seconds: float) -> None:
    if events is not None:
        await events.wait(seconds)
    elif sys.platform != "win32":
        await asyncio.sleep(seconds)
    else:
        # nothing tells of a close there, but for the end of the process
        pids = [holder.pid for holder in holders if holder.pid and holder.kind == "process"]
        await ended(pids, seconds)


async def _state(
    target: Target, descriptor: int | None, steps: Sequence[Step]
) -> tuple[State, Sequence[Holder]]:
    if descriptor is not None:
        try:
            return _asked(target, descriptor), ()
        except OSError:
            pass  # what the kernel does not say, the probes may see
    answer = await look(target, steps=steps)
    return answer.state, answer.holders


def _asked(target: Target, descriptor: int) -> State:
    """Ask the kernel, by a lease that is given back at once."""
    try:
        found = Path(target.path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return "gone"
    if (found.st_dev, found.st_ino) != (target.device, target.inode):
        return "gone"
    return "free" if is_alone(descriptor) else "held"
