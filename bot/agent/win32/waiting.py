"""Wait for processes to end: what they held is free then, and nobody has to look for it."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Sequence
from contextlib import ExitStack
from ctypes import wintypes
from time import sleep

from bot.agent.win32.calls import Function, WindowsRefused
from bot.agent.win32.processes import NO_SUCH_PROCESS, opened

SYNCHRONIZE = 0x10_0000
MOST = 64  # MAXIMUM_WAIT_OBJECTS

_wait = Function(
    "kernel32", "WaitForMultipleObjects", wintypes.DWORD, wintypes.DWORD,
    ctypes.POINTER(wintypes.HANDLE), wintypes.BOOL, wintypes.DWORD,
)  # fmt: skip


async def ended(pids: Sequence[int], seconds: float) -> bool:
    """Wait for the end of one of the processes, or for some seconds; return whether one ended.

    One that may not be waited for is left out.
    """
    return await asyncio.to_thread(_ended, pids, seconds)


def _ended(pids: Sequence[int], seconds: float) -> bool:
    handles: list[int] = []
    with ExitStack() as stack:
        for pid in pids[:MOST]:
            try:
                handles.append(stack.enter_context(opened(pid, SYNCHRONIZE)))
            except WindowsRefused as refused:
                if refused.code == NO_SUCH_PROCESS:
                    return True
        if not handles:
            sleep(seconds)
            return False
        waited = (wintypes.HANDLE * len(handles))(*handles)
        return bool(_wait(len(handles), waited, False, int(seconds * 1_000)) < len(handles))
