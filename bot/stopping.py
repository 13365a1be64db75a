"""Ending on a signal, in order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress


def stop_on_signal() -> asyncio.Event:
    """Return an event that SIGTERM or Ctrl-C sets; call it inside the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: there Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(number, stop.set)
    return stop
