"""Every open handle of the machine, and which of them lead to one file."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ctypes import wintypes
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

from bot.agent.win32.calls import DENIED, Function, WindowsRefused, last_error
from bot.agent.win32.files import DELETING, EXECUTING, READING, WRITING, close, identity, opened
from bot.agent.win32.layouts import HandleEntry, HandleTable
from bot.agent.win32.processes import opened as opened_process

DATA = READING | WRITING | EXECUTING | DELETING  # an open for less is in nobody's way

_EXTENDED = 64
_TOO_SHORT = 0xC000_0004
_DUPLICATE = 0x40
_QUERY_ONLY = 0x80
_ROOM = 1 << 20

_system = Function(
    "ntdll", "NtQuerySystemInformation", wintypes.ULONG, ctypes.c_int, ctypes.c_void_p,
    wintypes.ULONG, ctypes.POINTER(wintypes.ULONG),
)  # fmt: skip
_duplicate = Function(
    "kernel32", "DuplicateHandle", wintypes.BOOL, wintypes.HANDLE, wintypes.HANDLE,
    wintypes.HANDLE, ctypes.POINTER(wintypes.HANDLE), wintypes.DWORD, wintypes.BOOL,
    wintypes.DWORD,
)  # fmt: skip
_current = Function("kernel32", "GetCurrentProcess", wintypes.HANDLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHandle:
    """One handle of one process, of the same type as a file's."""

    pid: int
    handle: int
    access: int  # the mask that was granted when it was opened


class Handles:
    """The handles that are open now; give it back by using it as a context."""

    def __init__(self, own: int, path: str) -> None:
        """List the handles that may lead to a path; `own` is this process, which looks."""
        self._stack = ExitStack()
        self._refused: set[int] = set()
        with opened(path) as reference:
            self._wanted = identity(reference)
            table = list(_table())
            kind = next(row.type for row in table if (row.pid, row.handle) == (own, reference))
        self.rows = [
            OpenHandle(pid=row.pid, handle=row.handle, access=row.access)
            for row in table
            if row.type == kind and row.pid != own and row.access & DATA
        ]

    def __enter__(self) -> Handles:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def refused(self) -> tuple[int, ...]:
        """Return the processes that let nobody look at their handles."""
        return tuple(sorted(self._refused))

    def looks(self) -> Iterator[tuple[OpenHandle, Callable[[], bool]]]:
        """Yield each handle with the question whether it leads to the path.

        The question may never be answered: one about a pipe waits for whoever reads from it.
        """
        for pid, rows in groupby(sorted(self.rows, key=attrgetter("pid")), attrgetter("pid")):
            try:
                process = self._stack.enter_context(opened_process(pid, _DUPLICATE))
            except WindowsRefused:
                self._refused.add(pid)
                continue
            for row in rows:
                yield row, partial(self._leads, process, row)

    def _leads(self, process: int, row: OpenHandle) -> bool:
        here = _current()
        copy = wintypes.HANDLE()
        # a copy that may ask for attributes and nothing else, so that it adds no lock of its own
        asked = (process, row.handle, here, ctypes.byref(copy), _QUERY_ONLY, False, 0)
        if not _duplicate(*asked):
            if last_error() == DENIED:
                self._refused.add(row.pid)
            return False  # else it was closed in the meantime
        try:
            return identity(int(copy.value or 0)) == self._wanted
        except WindowsRefused:
            return False  # a pipe, a device, a volume
        finally:
            close(int(copy.value or 0))


def _table() -> Iterator[HandleEntry]:
    room = _ROOM
    while True:
        buffer, used = ctypes.create_string_buffer(room), wintypes.ULONG()
        status = _system(_EXTENDED, buffer, room, ctypes.byref(used))
        if status != _TOO_SHORT:
            break
        room = max(room * 2, used.value + _ROOM)  # handles are opened while we ask
    if status:
        raise WindowsRefused("The open handles cannot be listed", status)
    head = HandleTable.from_buffer(buffer)
    rows = HandleEntry * head.count
    yield from rows.from_buffer(buffer, ctypes.sizeof(HandleTable))
