"""Ask this Windows server which of its files remote users have open, by the calls NT 4 has too."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import wintypes
from functools import partial

from bot.agent.probes.opens import UNTOLD, Open, Session, holders, same_path
from bot.agent.probes.port import Availability, Target
from bot.agent.probes.timing import timed_aside
from bot.agent.win32.calls import MORE_DATA, Function, WindowsRefused, is_wine, not_here
from bot.agent.win32.files import resolve
from bot.agent.win32.layouts import FileInfo3, SessionInfo2
from bot.wire import ProbeReport

SERVES_NOTHING = 2_114  # NERR_ServerNotStarted

_ALL = 0xFFFF_FFFF
_NUMBER = ctypes.POINTER(wintypes.DWORD)
_files = Function(
    "netapi32", "NetFileEnum", wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR,
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), wintypes.DWORD, _NUMBER,
    _NUMBER, ctypes.POINTER(ctypes.c_size_t),
)  # fmt: skip
_sessions = Function(
    "netapi32", "NetSessionEnum", wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR,
    wintypes.LPCWSTR, wintypes.DWORD, ctypes.POINTER(ctypes.c_void_p), wintypes.DWORD, _NUMBER,
    _NUMBER, _NUMBER,
)  # fmt: skip
_free = Function("netapi32", "NetApiBufferFree", wintypes.DWORD, ctypes.c_void_p)


class NetFile:
    """NetFileEnum, joined with NetSessionEnum by user, for only the latter names machines."""

    name = "netfile"

    def available(self) -> Availability:
        """Tell whether this Windows can serve files; Wine cannot."""
        reason = not_here("netapi32")
        if reason is None and is_wine("netapi32"):
            reason = "not implemented by Wine"
        return Availability(ok=reason is None, reason=reason)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the remote users that have the file open."""
        return await timed_aside(self.name, deadline, partial(_look, target))


def _look(target: Target) -> ProbeReport:
    try:
        opens = list(_opens())
    except WindowsRefused as refused:
        if refused.code != SERVES_NOTHING:
            raise
        return ProbeReport(name=NetFile.name)
    blind: tuple[str, ...] = ()
    connected: list[Session] = []
    if opens:
        try:
            connected = list(_connected())
        except WindowsRefused:
            blind = (UNTOLD,)
    found = holders(opens, connected, partial(is_meant, target), NetFile.name)
    return ProbeReport(name=NetFile.name, holders=found, blind=blind if found else ())


def is_meant(target: Target, path: str) -> bool:
    """Tell whether a path leads to the file, which may have been opened by another name."""
    if same_path(path, target.path):
        return True
    if path[1:2] != ":":
        return False  # a pipe, which is no file and must not be touched
    try:
        found = resolve(path)
    except WindowsRefused:
        return False
    return (found.device, found.inode) == (target.device, target.inode)


def _opens() -> Iterator[Open]:
    resume = ctypes.c_size_t()
    while True:
        buffer, count, total = ctypes.c_void_p(), wintypes.DWORD(), wintypes.DWORD()
        rest = ctypes.byref(count), ctypes.byref(total), ctypes.byref(resume)
        code = _files(None, None, None, 3, ctypes.byref(buffer), _ALL, *rest)
        try:
            _check(code)
            for row in _rows(FileInfo3, buffer, count.value):
                yield Open(
                    file_id=row.id,
                    path=row.path or "",
                    user=row.user or "",
                    permissions=row.permissions,
                    locks=row.locks,
                )
        finally:
            _free(buffer)
        if code != MORE_DATA:
            return


def _connected() -> Iterator[Session]:
    resume = wintypes.DWORD()
    while True:
        buffer, count, total = ctypes.c_void_p(), wintypes.DWORD(), wintypes.DWORD()
        rest = ctypes.byref(count), ctypes.byref(total), ctypes.byref(resume)
        code = _sessions(None, None, None, 2, ctypes.byref(buffer), _ALL, *rest)
        try:
            _check(code)
            for row in _rows(SessionInfo2, buffer, count.value):
                yield Session(client=row.client or "", user=row.user or "", opens=row.opens)
        finally:
            _free(buffer)
        if code != MORE_DATA:
            return


def _rows(
    layout: type[ctypes.Structure], buffer: ctypes.c_void_p, count: int
) -> list[ctypes.Structure]:
    return list((layout * count).from_address(buffer.value)) if buffer.value else []


def _check(code: int) -> None:
    if code not in (0, MORE_DATA):
        raise WindowsRefused("Windows does not say which files are open over SMB", code)
