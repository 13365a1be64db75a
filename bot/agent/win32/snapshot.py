"""The names of all processes, which Windows tells also of those that nobody may look into."""

from __future__ import annotations

import ctypes
from ctypes import wintypes

from bot.agent.win32.calls import Function
from bot.agent.win32.files import INVALID, close
from bot.agent.win32.layouts import ProcessEntry

_PROCESSES = 2  # TH32CS_SNAPPROCESS

_take = Function(
    "kernel32", "CreateToolhelp32Snapshot", wintypes.HANDLE, wintypes.DWORD, wintypes.DWORD
)
_first = Function(
    "kernel32", "Process32FirstW", wintypes.BOOL, wintypes.HANDLE, ctypes.POINTER(ProcessEntry)
)
_next = Function(
    "kernel32", "Process32NextW", wintypes.BOOL, wintypes.HANDLE, ctypes.POINTER(ProcessEntry)
)


def names() -> dict[int, str]:
    """Return the program of each process by its pid; nothing where that is refused."""
    snapshot = _take(_PROCESSES, 0)
    if snapshot is None or snapshot == INVALID:
        return {}
    found: dict[int, str] = {}
    row = ProcessEntry(size=ctypes.sizeof(ProcessEntry))
    try:
        more = _first(snapshot, ctypes.byref(row))
        while more:
            found[row.pid] = row.name
            more = _next(snapshot, ctypes.byref(row))
    finally:
        close(snapshot)
    return found
