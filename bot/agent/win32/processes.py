"""A process on Windows: what it is called, whose it is, and since when it has run."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ntpath import basename

from bot.agent.win32.calls import Function, WindowsRefused, last_error
from bot.agent.win32.files import close
from bot.agent.win32.layouts import Luid, TokenPrivileges
from bot.agent.win32.owners import owner
from bot.agent.win32.snapshot import names

SYSTEM = 4  # the kernel itself, in whose name files are open that are held over SMB
NO_SUCH_PROCESS = 87  # ERROR_INVALID_PARAMETER
LIMITED = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION, which protected processes grant too
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

_PATHS = 32_768
_ADJUST = 0x20
_ENABLED = 2
_AT_ONCE = 4_096

_open = Function(
    "kernel32", "OpenProcess", wintypes.HANDLE, wintypes.DWORD, wintypes.BOOL, wintypes.DWORD
)
_times = Function(
    "kernel32", "GetProcessTimes", wintypes.BOOL, wintypes.HANDLE,
    *[ctypes.POINTER(wintypes.FILETIME)] * 4,
)  # fmt: skip
_image = Function(
    "kernel32", "QueryFullProcessImageNameW", wintypes.BOOL, wintypes.HANDLE, wintypes.DWORD,
    wintypes.LPWSTR, ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_session = Function(
    "kernel32", "ProcessIdToSessionId", wintypes.BOOL, wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_pids = Function(
    "kernel32", "K32EnumProcesses", wintypes.BOOL, ctypes.POINTER(wintypes.DWORD), wintypes.DWORD,
    ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_current = Function("kernel32", "GetCurrentProcess", wintypes.HANDLE)
_token = Function(
    "advapi32", "OpenProcessToken", wintypes.BOOL, wintypes.HANDLE, wintypes.DWORD,
    ctypes.POINTER(wintypes.HANDLE),
)  # fmt: skip
_privilege = Function(
    "advapi32", "LookupPrivilegeValueW", wintypes.BOOL, wintypes.LPCWSTR, wintypes.LPCWSTR,
    ctypes.POINTER(Luid),
)  # fmt: skip
_adjust = Function(
    "advapi32", "AdjustTokenPrivileges", wintypes.BOOL, wintypes.HANDLE, wintypes.BOOL,
    ctypes.POINTER(TokenPrivileges), wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process; pid and start time are its identity, for Windows soon gives a pid again."""

    pid: int
    started: datetime | None = None
    name: str | None = None
    exe: str | None = None
    user: str | None = None
    session: int | None = None


@contextmanager
def opened(pid: int, access: int = LIMITED) -> Iterator[int]:
    """Open a process, or raise WindowsRefused: it is gone, protected, or another user's."""
    handle = _open(access, False, pid)
    if not handle:
        raise WindowsRefused(f"Process {pid} cannot be looked at", last_error())
    try:
        yield handle
    finally:
        close(handle)


def describe(pid: int) -> Process | None:
    """Return what can be known of a process, None where it has ended.

    Of one that refuses to be looked at, that is its name.
    """
    if pid == SYSTEM:
        return Process(pid=pid, name="System")
    try:
        with opened(pid) as handle:
            exe = image(handle)
            return Process(
                pid=pid,
                started=started(handle),
                name=exe and basename(exe),
                exe=exe,
                user=owner(handle),
                session=session(pid),
            )
    except WindowsRefused as refused:
        if refused.code == NO_SUCH_PROCESS:
            return None
        return Process(pid=pid, name=names().get(pid), session=session(pid))


def image(handle: int) -> str | None:
    """Return the program that a process runs."""
    length = wintypes.DWORD(_PATHS)
    buffer = ctypes.create_unicode_buffer(_PATHS)
    return buffer.value if _image(handle, 0, buffer, ctypes.byref(length)) else None


def started(handle: int) -> datetime | None:
    """Return when a process started."""
    times = [wintypes.FILETIME() for _ in range(4)]
    return moment(times[0]) if _times(handle, *map(ctypes.byref, times)) else None


def moment(stamp: wintypes.FILETIME) -> datetime:
    """Return the time of a FILETIME, which counts tenths of microseconds from 1601."""
    ticks = stamp.dwHighDateTime << 32 | stamp.dwLowDateTime
    return EPOCH + timedelta(microseconds=ticks // 10)


def session(pid: int) -> int | None:
    """Return the session a process belongs to; services run in session 0."""
    found = wintypes.DWORD()
    return found.value if _session(pid, ctypes.byref(found)) else None


def pids() -> list[int]:
    """Return every process there is, but for the idle one."""
    room = _AT_ONCE
    while True:
        found, used = (wintypes.DWORD * room)(), wintypes.DWORD()
        if not _pids(found, ctypes.sizeof(found), ctypes.byref(used)):
            raise WindowsRefused("The processes cannot be listed", last_error())
        count = used.value // ctypes.sizeof(wintypes.DWORD)
        if count < room:
            return [pid for pid in found[:count] if pid]
        room *= 2


def enable_debugging() -> bool:
    """Use the right to look into other users' processes, where this account has it."""
    token, luid = wintypes.HANDLE(), Luid()
    if not _token(_current(), _ADJUST, ctypes.byref(token)):
        return False
    try:
        if not _privilege(None, "SeDebugPrivilege", ctypes.byref(luid)):
            return False
        wanted = TokenPrivileges(1, luid, _ENABLED)
        granted = _adjust(token, False, ctypes.byref(wanted), 0, None, None)
        return bool(granted) and last_error() == 0  # it succeeds also where nothing was granted
    finally:
        close(int(token.value or 0))
