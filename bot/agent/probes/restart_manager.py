"""Ask the Restart Manager, which knows the names of programs and services; it restarts nothing."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from dataclasses import replace
from functools import partial

from bot.agent.probes.port import Availability, Target
from bot.agent.probes.timing import timed_aside
from bot.agent.probes.windows_process import holder
from bot.agent.win32.calls import (
    DENIED,
    MORE_DATA,
    Function,
    WindowsRefused,
    is_wine,
    not_here,
)
from bot.agent.win32.layouts import RmProcessInfo
from bot.agent.win32.processes import EPOCH, describe, moment
from bot.wire import Holder, ProbeReport

NOT_FOLDERS = "the Restart Manager refused to look: it looks at no folders, and not without rights"
KEY = 33  # CCH_RM_SESSION_KEY and its end
GROWTHS = 10  # a list that has grown each time we asked how long it is

_start = Function(
    "rstrtmgr", "RmStartSession", wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), wintypes.DWORD,
    wintypes.LPWSTR,
)  # fmt: skip
_register = Function(
    "rstrtmgr", "RmRegisterResources", wintypes.DWORD, wintypes.DWORD, wintypes.UINT,
    ctypes.POINTER(wintypes.LPCWSTR), wintypes.UINT, ctypes.c_void_p, wintypes.UINT,
    ctypes.c_void_p,
)  # fmt: skip
_list = Function(
    "rstrtmgr", "RmGetList", wintypes.DWORD, wintypes.DWORD, ctypes.POINTER(wintypes.UINT),
    ctypes.POINTER(wintypes.UINT), ctypes.POINTER(RmProcessInfo), ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_end = Function("rstrtmgr", "RmEndSession", wintypes.DWORD, wintypes.DWORD)


class RestartManager:
    """Names, services and start times of the processes that have a file open; files alone."""

    name = "rm"

    def available(self) -> Availability:
        """Tell whether there is one; the one of Wine answers "nobody", whatever is open."""
        reason = not_here("rstrtmgr") or (
            "not implemented by Wine" if is_wine("rstrtmgr") else None
        )
        return Availability(ok=reason is None, reason=reason)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the programs and services that have the file open."""
        return await timed_aside(self.name, deadline, partial(_look, target.path))


def _look(path: str) -> ProbeReport:
    try:
        with _session() as session:
            _check(_register(session, 1, (wintypes.LPCWSTR * 1)(path), 0, None, 0, None))
            return ProbeReport(name=RestartManager.name, holders=tuple(_holders(_rows(session))))
    except WindowsRefused as refused:
        if refused.code != DENIED:
            raise
        return ProbeReport(name=RestartManager.name, error=NOT_FOLDERS)


@contextmanager
def _session() -> Iterator[int]:
    """Open a session; one left open counts against the 64 that a user may have."""
    session, key = wintypes.DWORD(), ctypes.create_unicode_buffer(KEY)
    _check(_start(ctypes.byref(session), 0, key))
    try:
        yield session.value
    finally:
        _end(session)


def _rows(session: int) -> list[RmProcessInfo]:
    room = 0
    for _ in range(GROWTHS):
        rows, needed, count = (RmProcessInfo * room)(), wintypes.UINT(), wintypes.UINT(room)
        answer = ctypes.byref(needed), ctypes.byref(count), rows, ctypes.byref(wintypes.DWORD())
        code = _list(session, *answer)
        if code != MORE_DATA:
            _check(code)
            return list(rows[: count.value])
        room = needed.value
    raise WindowsRefused("The Restart Manager's list grew faster than it was read", MORE_DATA)


def _holders(rows: list[RmProcessInfo]) -> Iterator[Holder]:
    for row in rows:
        process, began = describe(row.process.pid), moment(row.process.started)
        if process is None or process.started not in (None, began):
            continue  # it has ended, and perhaps another has its number by now
        since = began if began > EPOCH else None  # of the kernel it is not told
        process = replace(process, started=since, name=process.name or row.app or None)
        yield holder(process, RestartManager.name, service=row.service or None)


def _check(code: int) -> None:
    if code:
        raise WindowsRefused("The Restart Manager does not say who uses it", code)
