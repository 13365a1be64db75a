"""Which file an entry of a folder under /proc leads to, told without asking a server for it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import NamedTuple

# linux/stat.h and linux/fcntl.h
_DONT_SYNC = 0x4000  # what the kernel remembers is enough; a dead NFS server is not waited for
_WANTED = 0x100  # STATX_INO
_SIZE = 256
_INODE = 32 // 8
_MAJOR, _MINOR = 136 // 4, 140 // 4

Same = Callable[[str, int], bool]  # an entry's name and the descriptor of its folder


class Identity(NamedTuple):
    """What makes a file the same one, whatever it is called."""

    device: int
    inode: int


def of(path: str, folder: int | None = None) -> Identity:
    """Return the identity of what a path leads to; raise OSError as stat does."""
    found = os.stat(path, dir_fd=folder)
    return Identity(found.st_dev, found.st_ino)


def comparing(wanted: Identity) -> Same:
    """Return the function that tells whether an entry leads to the wanted file.

    It raises OSError where the entry may not be looked at or is gone.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "statx", None)
    return _by_stat(wanted) if call is None else _by_statx(wanted, call)


def _by_stat(wanted: Identity) -> Same:
    """Compare with what every C library has: those older than 2018 have no statx."""

    def same(name: str, folder: int) -> bool:
        return of(name, folder) == wanted

    return same


def _by_statx(wanted: Identity, call: Callable[..., int]) -> Same:
    buffer = ctypes.create_string_buffer(_SIZE)  # the views keep it for as long as `same` is kept
    wide, narrow = memoryview(buffer).cast("B").cast("Q"), memoryview(buffer).cast("B").cast("I")
    address = ctypes.c_void_p(ctypes.addressof(buffer))
    device, inode = wanted

    def same(name: str, folder: int) -> bool:
        if call(folder, name.encode(), _DONT_SYNC, _WANTED, address):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
        return wide[_INODE] == inode and os.makedev(narrow[_MAJOR], narrow[_MINOR]) == device

    return same
