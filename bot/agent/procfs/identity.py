"""Which file an entry of a folder under /proc leads to, told without asking a server for it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import NamedTuple

# linux/stat.h and linux/fcntl.h
_DONT_SYNC = 0x4000  # what the kernel remembers is enough; a dead NFS server is not waited for
_WANTED = 0x100  # STATX_INO
_SIZE = 256
_INODE = 32
_MAJOR, _MINOR = 136, 140

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
    buffer = ctypes.create_string_buffer(_SIZE)
    address = ctypes.c_void_p(ctypes.addressof(buffer))
    inode = ctypes.c_uint64.from_buffer(buffer, _INODE)
    major = ctypes.c_uint32.from_buffer(buffer, _MAJOR)
    minor = ctypes.c_uint32.from_buffer(buffer, _MINOR)
    encoding, errors = sys.getfilesystemencoding(), "surrogateescape"

    def same(name: str, folder: int) -> bool:
        # the last argument keeps the buffer alive for as long as this function is
        if call(folder, name.encode(encoding, errors), _DONT_SYNC, _WANTED, address):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)
        return inode.value == wanted.inode and os.makedev(major.value, minor.value) == wanted.device

    return same
