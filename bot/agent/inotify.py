"""The kernel's word that somebody closed a file, or that its name went elsewhere."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# linux/inotify.h
_CLOSED = 0x08 | 0x10  # IN_CLOSE_WRITE, IN_CLOSE_NOWRITE
_MOVED = 0x04 | 0x400 | 0x800  # IN_ATTRIB as an unlink gives it, IN_DELETE_SELF, IN_MOVE_SELF
_EVENTS = 1 << 14  # bytes; many at once, for they are only counted


class Closings:
    """The events of one file; made by `closings`."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def wait(self, seconds: float) -> bool:
        """Wait for an event, for some seconds at most, and tell whether there was one."""
        happened = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._descriptor, happened.set)
        try:
            async with asyncio.timeout(seconds):
                await happened.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._descriptor)
        with suppress(BlockingIOError):
            os.read(self._descriptor, _EVENTS)
        return True


@contextmanager
def closings(path: str) -> Iterator[Closings]:
    """Watch a file; raise OSError where that is not possible."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0:
        raise _problem()
    try:
        if libc.inotify_add_watch(descriptor, os.fsencode(path), _CLOSED | _MOVED) < 0:
            raise _problem()
        yield Closings(descriptor)
    finally:
        os.close(descriptor)


def _problem() -> OSError:
    return OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
