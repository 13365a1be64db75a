"""Ask the file itself which processes have it open: one call, and the one Explorer makes."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from ctypes import wintypes
from functools import cache, partial

from bot.agent.probes.port import Availability, Target
from bot.agent.probes.timing import timed_aside
from bot.agent.probes.windows_process import holder
from bot.agent.win32.calls import Function, WindowsRefused, not_here
from bot.agent.win32.files import opened
from bot.agent.win32.layouts import IoStatusBlock
from bot.agent.win32.processes import describe
from bot.wire import ProbeReport

_PIDS_USING_FILE = 47
_TOO_SHORT = (0xC000_0004, 0x8000_0005)  # length mismatch, buffer overflow
_UNKNOWN_TO_IT = (0xC000_0002, 0xC000_0003)  # not implemented (Wine), no such class (before Vista)
_ROOM = 64
_MOST = 1 << 20

_query = Function(
    "ntdll", "NtQueryInformationFile", wintypes.ULONG, wintypes.HANDLE,
    ctypes.POINTER(IoStatusBlock), ctypes.c_void_p, wintypes.ULONG, ctypes.c_int,
)  # fmt: skip
_error = Function("ntdll", "RtlNtStatusToDosError", wintypes.ULONG, wintypes.ULONG)


class NtPids:
    """FileProcessIdsUsingFileInformation: the pids of every open of a local file."""

    name = "nt_pids"

    def available(self) -> Availability:
        """Tell whether this Windows answers the question; Wine and those before Vista do not."""
        reason = not_here("ntdll") or _not_implemented()
        return Availability(ok=reason is None, reason=reason)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the processes that have the file open."""
        return await timed_aside(self.name, deadline, partial(_look, target.path))


def _look(path: str) -> ProbeReport:
    # our own look opens the file too, so our own pid proves nothing here; a scan of handles tells
    seen = [describe(pid) for pid in pids(path) if pid != os.getpid()]
    holders = tuple(holder(one, NtPids.name) for one in seen if one is not None)
    return ProbeReport(name=NtPids.name, holders=holders)


def pids(path: str) -> list[int]:
    """Return the processes that have a file open, or raise WindowsRefused."""
    word = ctypes.sizeof(ctypes.c_size_t)
    room = _ROOM
    with opened(path) as handle:
        while True:
            buffer = (ctypes.c_size_t * room)()
            status = _query(
                handle, ctypes.byref(IoStatusBlock()), buffer, room * word, _PIDS_USING_FILE
            )
            if status not in _TOO_SHORT or room > _MOST:
                break
            room *= 4
    if status:
        raise WindowsRefused(f"Windows does not say who uses {path}", _error(status))
    return listed(list(buffer))


def listed(words: Sequence[int]) -> list[int]:
    """Return the pids of FILE_PROCESS_IDS_USING_FILE_INFORMATION, read as words of a pointer."""
    count = words[0] & 0xFFFF_FFFF  # a ULONG, padded to the words that follow
    return sorted(set(words[1 : 1 + count]))


@cache
def _not_implemented() -> str | None:
    with opened(sys.executable) as handle:
        buffer = (ctypes.c_size_t * _ROOM)()
        size = ctypes.sizeof(buffer)
        status = _query(handle, ctypes.byref(IoStatusBlock()), buffer, size, _PIDS_USING_FILE)
    return "not implemented by this Windows" if status in _UNKNOWN_TO_IT else None
