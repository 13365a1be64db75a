"""Every program and library that runs: a file so held has no handle, and is in use all the same."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from ctypes import wintypes
from dataclasses import dataclass
from functools import partial

from bot.agent.win32.calls import Function, WindowsRefused
from bot.agent.win32.files import identity, opened
from bot.agent.win32.processes import image, pids
from bot.agent.win32.processes import opened as opened_process

_QUERY_AND_READ = 0x400 | 0x10
_ALL = 3  # libraries of 32 and of 64 bits
_ROOM = 1_024
_PATHS = 32_768

_modules = Function(
    "kernel32", "K32EnumProcessModulesEx", wintypes.BOOL, wintypes.HANDLE, ctypes.c_void_p,
    wintypes.DWORD, ctypes.POINTER(wintypes.DWORD), wintypes.DWORD,
)  # fmt: skip
_name = Function(
    "kernel32", "K32GetModuleFileNameExW", wintypes.DWORD, wintypes.HANDLE, ctypes.c_void_p,
    wintypes.LPWSTR, wintypes.DWORD,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One file that a process runs, or has loaded as a library."""

    pid: int
    path: str
    program: bool


class Images:
    """What runs now, and which of it is one file."""

    def __init__(self, own: int, path: str) -> None:
        """Note which file is meant; `own` is this process, which looks."""
        self._pids = [pid for pid in pids() if pid != own]
        self._refused: set[int] = set()
        self._known: dict[str, bool] = {}
        with opened(path) as reference:
            self._wanted = identity(reference)

    @property
    def refused(self) -> tuple[int, ...]:
        """Return the processes that let nobody look at what they have loaded."""
        return tuple(sorted(self._refused))

    def looks(self) -> Iterator[tuple[Image, Callable[[], bool]]]:
        """Yield each image with the question whether it is the file; that may take its time."""
        for pid in self._pids:
            for row in self._of(pid):
                yield row, partial(self._is_meant, row.path)

    def _of(self, pid: int) -> list[Image]:
        rows = []
        try:
            with opened_process(pid) as process:
                if program := image(process):
                    rows.append(Image(pid=pid, path=program, program=True))
            with opened_process(pid, _QUERY_AND_READ) as process:
                paths = _paths(process)
        except WindowsRefused:
            self._refused.add(pid)
            return rows
        known = {row.path.lower() for row in rows}
        others = [path for path in paths if path.lower() not in known]
        return rows + [Image(pid=pid, path=path, program=False) for path in others]

    def _is_meant(self, path: str) -> bool:
        key = path.lower()
        if key not in self._known:
            self._known[key] = self._is_the_file(path)
        return self._known[key]

    def _is_the_file(self, path: str) -> bool:
        try:
            with opened(path) as handle:
                return identity(handle) == self._wanted
        except WindowsRefused:
            return False  # deleted or renamed since: then another file has the name


def _paths(process: int) -> list[str]:
    room = _ROOM
    while True:
        found, used = (ctypes.c_void_p * room)(), wintypes.DWORD()
        if not _modules(process, found, ctypes.sizeof(found), ctypes.byref(used), _ALL):
            return []  # it is ending, or has not begun
        count = used.value // ctypes.sizeof(ctypes.c_void_p)
        if count <= room:
            break
        room = count * 2
    buffer = ctypes.create_unicode_buffer(_PATHS)
    return [buffer.value for one in found[:count] if _name(process, one, buffer, _PATHS)]
