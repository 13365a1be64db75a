"""Calls that may hang for ever, kept aside: a deadline, and nobody waits for them at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from bot.errors import DespoolError

MOST_STUCK = 8  # threads that a dead network file system may hold

_stuck = threading.BoundedSemaphore(MOST_STUCK)

T = TypeVar("T")


class TooSlow(DespoolError):
    """A call did not come back in time; what it asked about is not known."""


async def aside(call: Callable[[], T], seconds: float) -> T:
    """Return what a call gives, or raise TooSlow; the call itself cannot be ended.

    A pool's threads would be waited for when the program ends, so each call has one of its own.
    """
    if not _stuck.acquire(blocking=False):
        raise TooSlow("Earlier looks at a file system are still waiting for it.")
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    threading.Thread(target=_run, args=(call, done, loop), daemon=True).start()
    try:
        return await asyncio.wait_for(done, seconds)
    except TimeoutError:
        raise TooSlow(f"The file system did not answer within {seconds:g} s.") from None


def _run(call: Callable[[], T], done: asyncio.Future[T], loop: asyncio.AbstractEventLoop) -> None:
    def settle(value: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)  # type: ignore[arg-type]

    value: T | None = None
    fault: BaseException | None = None
    try:
        value = call()
    except (OSError, ValueError, DespoolError) as error:
        fault = error
    finally:
        _stuck.release()
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle, value, fault)
