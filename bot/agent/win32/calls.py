"""The doors to the Windows API: libraries and functions found when first called, and errors."""

from __future__ import annotations

import ctypes
import sys
from functools import cache, cached_property
from typing import Any

from bot.errors import DespoolError

GONE = (2, 3)  # no such file, no such folder
DENIED = 5
SHARING_VIOLATION = 32
MORE_DATA = 234
# what a copy or a deletion fails with when somebody is in the way; the last error of Windows
MEANINGS = {
    2: "there is no such file",
    3: "there is no such folder",
    5: "access is denied: no rights to it, or it is a program that is running",
    32: "another open of the file does not share it",
    33: "another process has locked a range of its bytes",
    121: "the call timed out",
    303: "it is to be deleted when the last handle to it is closed",
    1224: "a process has mapped it into its memory",
}
BUILTIN = b"Wine builtin DLL"

_SYSTEM_FOLDER_ONLY = 0x800  # a library of the same name in another folder is never loaded
_AFTER_THE_DOS_HEADER = 0x40


class WindowsRefused(DespoolError):
    """A call to Windows failed; `code` is its last error."""

    def __init__(self, what: str, code: int) -> None:
        """Say in words what Windows refused."""
        super().__init__(f"{what}: {meaning(code)} (Windows error {code}).")
        self.code = code


def meaning(code: int) -> str:
    """Return what a Windows error means, in words."""
    known = MEANINGS.get(code)
    if known is None and on_windows():
        known = str(vars(ctypes)["FormatError"](code)).strip().rstrip(".")
    return known or "Windows refused it"


def on_windows() -> bool:
    """Tell whether this is Windows, or Wine in its place."""
    return sys.platform.startswith("win")


def last_error() -> int:
    """Return what the last call to Windows on this thread failed with."""
    return int(vars(ctypes)["get_last_error"]())


@cache
def library(name: str) -> Any:
    """Load a library of the system folder; raise OSError where there is none."""
    if not on_windows():
        raise OSError(f"{name} is a library of Windows, and this is {sys.platform}.")
    load = vars(ctypes)["WinDLL"]
    return load(f"{name}.dll", use_last_error=True, winmode=_SYSTEM_FOLDER_ONLY)


def is_wine(name: str = "ntdll") -> bool:
    """Tell whether a library is the one of Wine, which does not do all that Windows does."""
    if not on_windows():
        return False
    start = library(name)._handle + _AFTER_THE_DOS_HEADER
    return ctypes.string_at(start, len(BUILTIN)) == BUILTIN


def not_here(*libraries: str) -> str | None:
    """Say why libraries cannot be asked on this machine, or None where they can."""
    if not on_windows():
        return "not Windows"
    for name in libraries:
        try:
            library(name)
        except OSError:
            return f"this Windows has no {name}.dll"
    return None


class Function:
    """A function of a library of Windows, with the types it takes and returns."""

    def __init__(self, source: str, name: str, result: Any, *arguments: Any) -> None:
        """Note where it is; nothing is loaded yet, so that this imports everywhere."""
        self._source, self._name = source, name
        self._types = result, arguments

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        return self._pointer(*arguments)

    @cached_property
    def _pointer(self) -> Any:
        pointer = library(self._source)[self._name]
        pointer.restype, pointer.argtypes = self._types
        return pointer
