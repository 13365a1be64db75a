"""A file on Windows: opened so that nobody is disturbed, and told apart from every other file."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from dataclasses import dataclass
from typing import Literal

from bot.agent.win32.calls import Function, WindowsRefused, last_error
from bot.agent.win32.layouts import ByHandleFileInformation

INVALID = wintypes.HANDLE(-1).value
READ_ATTRIBUTES = 0x80
DIRECTORY = 0x10
SHARE_ALL = 1 | 2 | 4  # reading, writing, deleting
OPEN_EXISTING = 3
DIRECTORIES_TOO = 0x0200_0000  # FILE_FLAG_BACKUP_SEMANTICS
READING, WRITING, EXECUTING, DELETING = 0x1, 0x2 | 0x4, 0x20, 0x1_0000

_LONG = 248  # from here on a path must say that it may be long
_PATHS = 32_768  # the longest path that Windows has

_create = Function(
    "kernel32", "CreateFileW", wintypes.HANDLE, wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD,
    ctypes.c_void_p, wintypes.DWORD, wintypes.DWORD, wintypes.HANDLE,
)  # fmt: skip
_close = Function("kernel32", "CloseHandle", wintypes.BOOL, wintypes.HANDLE)
_information = Function(
    "kernel32", "GetFileInformationByHandle", wintypes.BOOL, wintypes.HANDLE,
    ctypes.POINTER(ByHandleFileInformation),
)  # fmt: skip
_final = Function(
    "kernel32", "GetFinalPathNameByHandleW", wintypes.DWORD, wintypes.HANDLE, wintypes.LPWSTR,
    wintypes.DWORD, wintypes.DWORD,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a path leads to, in the words of Target."""

    path: str
    device: int  # the serial of its volume
    inode: int  # the number of the file there
    kind: Literal["file", "folder"]


def resolve(path: str) -> Found:
    """Follow links and short names to the file itself, or raise WindowsRefused.

    Refuses no place: what may be asked is the policy's business, with the path this returns.
    """
    with opened(path) as handle:
        found = information(handle)
        volume, index = _identity(found)
        kind: Literal["file", "folder"] = "folder" if found.attributes & DIRECTORY else "file"
        return Found(path=final_path(handle), device=volume, inode=index, kind=kind)


@contextmanager
def opened(path: str) -> Iterator[int]:
    """Open a file or folder for its attributes alone, which collides with no other open."""
    handle = create_file(path, READ_ATTRIBUTES, DIRECTORIES_TOO)
    try:
        yield handle
    finally:
        close(handle)


def create_file(path: str, access: int, flags: int = 0) -> int:
    """Open what exists, and share it with everybody: there is no way to ask for less here."""
    handle = _create(extended(path), access, SHARE_ALL, None, OPEN_EXISTING, flags, None)
    if handle is None or handle == INVALID:
        raise WindowsRefused(f"{path} cannot be opened", last_error())
    return int(handle)


def close(handle: int) -> None:
    """Give a handle back."""
    _close(handle)


def identity(handle: int) -> tuple[int, int]:
    """Return volume serial and file id, the same under every name of a file."""
    return _identity(information(handle))


def information(handle: int) -> ByHandleFileInformation:
    """Return what an open file says of itself; a pipe or a device raises WindowsRefused."""
    found = ByHandleFileInformation()
    if not _information(handle, ctypes.byref(found)):
        raise WindowsRefused("A file does not say which it is", last_error())
    return found


def _identity(found: ByHandleFileInformation) -> tuple[int, int]:
    return found.volume, found.index_high << 32 | found.index_low


def final_path(handle: int) -> str:
    """Return the path that a handle leads to after all links, in Windows' usual spelling."""
    buffer = ctypes.create_unicode_buffer(_PATHS)
    length = _final(handle, buffer, _PATHS, 0)
    if not 0 < length < _PATHS:
        raise WindowsRefused("A file does not say where it is", last_error())
    return plain(buffer.value)


def access(mask: int) -> str | None:
    """Return what an open may do by its access mask, in the words of Holder.access."""
    named = ((READING, "read"), (WRITING, "write"), (DELETING, "delete"))
    words = [word for bits, word in named if mask & bits]
    return "+".join(words) or ("exec" if mask & EXECUTING else None)


def plain(path: str) -> str:
    r"""Return a path without the prefix `\\?\` that Windows puts before a resolved one."""
    if path.upper().startswith("\\\\?\\UNC\\"):
        return "\\\\" + path[8:]
    if path.startswith("\\\\?\\") and path[5:6] == ":":
        return path[4:]
    return path


def extended(path: str) -> str:
    r"""Return a long path with the prefix `\\?\`, without which Windows refuses it."""
    if len(path) < _LONG or path.startswith("\\\\"):
        return path
    return "\\\\?\\" + path.replace("/", "\\")
