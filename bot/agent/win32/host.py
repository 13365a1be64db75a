"""The process of a service of Windows, which runs a coroutine until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Run = Callable[[Path, asyncio.Event], Awaitable[None]]

STOPPING = 30_000  # milliseconds it may take to stop
SPECIFIC = 1_066  # ERROR_SERVICE_SPECIFIC_ERROR: not Windows failed, but the agent


def host(name: str, config: Path, run: Run) -> None:
    """Be the process that Windows starts for a service, and return when it has stopped."""
    manager = import_module("servicemanager")

    def make(arguments: Sequence[str]) -> Service:
        return Service(arguments[0], config, run)

    manager.Initialize(name, None)
    manager.PrepareToHostSingle(make)
    manager.StartServiceCtrlDispatcher()


class Service:
    """What pywin32 has made when Windows starts the service, and then runs until it ends."""

    def __init__(self, name: str, config: Path, run: Run) -> None:
        """Begin to hear what Windows tells the service."""
        self._windows: Any = import_module("win32service")
        self._config, self._run = config, run
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        register = import_module("servicemanager").RegisterServiceCtrlHandler
        self._status = register(name, self._told, True)

    def SvcRun(self) -> None:  # noqa: N802 - the name that pywin32 calls
        """Run until told to stop; where that fails, Windows is told so, and starts us again."""
        windows = self._windows
        self._say(
            windows.SERVICE_RUNNING, windows.SERVICE_ACCEPT_STOP | windows.SERVICE_ACCEPT_SHUTDOWN
        )
        failed = True
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._work())
            failed = False
        finally:
            self._say(windows.SERVICE_STOPPED, failed=failed)

    async def _work(self) -> None:
        await self._run(self._config, self._stop)

    def _told(self, control: int, *_: object) -> None:
        windows = self._windows
        if control in (windows.SERVICE_CONTROL_STOP, windows.SERVICE_CONTROL_SHUTDOWN):
            self._say(windows.SERVICE_STOP_PENDING, wait=STOPPING)
            self._loop.call_soon_threadsafe(self._stop.set)

    def _say(self, state: int, accepted: int = 0, *, failed: bool = False, wait: int = 0) -> None:
        kind = self._windows.SERVICE_WIN32_OWN_PROCESS
        error = (SPECIFIC, 1) if failed else (0, 0)
        self._windows.SetServiceStatus(self._status, (kind, state, accepted, *error, 0, wait))
