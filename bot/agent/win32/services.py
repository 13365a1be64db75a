"""Which services run in which process."""

from __future__ import annotations

import ctypes
from ctypes import wintypes

from bot.agent.win32.calls import MORE_DATA, Function, last_error
from bot.agent.win32.layouts import ServiceStatus

_ENUMERATE = 4  # SC_MANAGER_ENUMERATE_SERVICE
_WIN32 = 0x30
_ACTIVE = 1
_TRIES = 5

_manager = Function(
    "advapi32", "OpenSCManagerW", wintypes.HANDLE, wintypes.LPCWSTR, wintypes.LPCWSTR,
    wintypes.DWORD,
)  # fmt: skip
_close = Function("advapi32", "CloseServiceHandle", wintypes.BOOL, wintypes.HANDLE)
_enumerate = Function(
    "advapi32", "EnumServicesStatusExW", wintypes.BOOL, wintypes.HANDLE, ctypes.c_int,
    wintypes.DWORD, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD,
    *[ctypes.POINTER(wintypes.DWORD)] * 3, wintypes.LPCWSTR,
)  # fmt: skip


def services() -> dict[int, str]:
    """Return the short names of the running services by process; several share one host."""
    manager = _manager(None, None, _ENUMERATE)
    if not manager:
        return {}
    try:
        found = _rows(manager)
    finally:
        _close(manager)
    named: dict[int, str] = {}
    for pid, name in sorted(found):
        named[pid] = f"{named[pid]}, {name}" if pid in named else name
    return named


def _rows(manager: int) -> list[tuple[int, str]]:
    room = 0
    for _ in range(_TRIES):  # a service may start between the question how much and the answer
        buffer = ctypes.create_string_buffer(room)
        needed, count, resume = wintypes.DWORD(), wintypes.DWORD(), wintypes.DWORD()
        answer = ctypes.byref(needed), ctypes.byref(count), ctypes.byref(resume)
        if _enumerate(manager, 0, _WIN32, _ACTIVE, buffer, room, *answer, None):
            rows = (ServiceStatus * count.value).from_buffer(buffer)
            return [(row.pid, row.name) for row in rows if row.pid]
        if last_error() != MORE_DATA:
            break
        room += needed.value
    return []
