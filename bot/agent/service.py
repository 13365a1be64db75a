"""The agent as a service of Windows: `python -m bot.agent.service CONFIG` is what Windows starts.

Python itself is registered, not pythonservice.exe, which fails with error 1053 where its libraries
are not on its path.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from bot.agent.win32.calls import WindowsRefused, on_windows
from bot.agent.win32.host import host
from bot.errors import DespoolError

NAME = "DespoolAgent"
TITLE = "Despool agent"
ABOUT = "Tells the Despool bot who holds a file on this server. It changes nothing."
# what the look into other users' processes needs, and what every process needs to open a path
PRIVILEGES = ("SeDebugPrivilege", "SeChangeNotifyPrivilege")
RESTART = 60_000  # milliseconds after a crash
PATIENCE = 30.0  # seconds for a service to stop

REMOVE = "--remove"

_CRASHES_FORGOTTEN = 86_400  # seconds
_UNKNOWN = 1_060  # ERROR_SERVICE_DOES_NOT_EXIST
_MODULE = (sys.executable, "-P", "-m", "bot.agent.service")


class ServiceRefused(DespoolError):
    """Windows did not do with the service what was asked for."""


def install(config: Path) -> int:
    """Register the service, tell how to start and to remove it, and return the exit status."""
    remarks = register(config)
    told = [f"Installed the service {NAME}. It starts with Windows.", *remarks]
    told.append(f"To start it now:  sc start {NAME}")
    told.append(f"To remove it:     {subprocess.list2cmdline((*_MODULE, REMOVE))}")
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return 0


def register(config: Path, command: Sequence[str] | None = None) -> tuple[str, ...]:
    """Register the service and return, in words, what this Windows would not set of it.

    It starts with Windows, as LocalSystem with all but two of its rights taken away. `command`
    is what Windows runs, by default this Python with this module.
    """
    service = _module("win32service")
    words = command or (*_MODULE, str(config))
    with _manager(service.SC_MANAGER_CREATE_SERVICE) as manager, _in_words("installed"):
        handle = service.CreateService(
            manager,
            NAME,
            TITLE,
            service.SERVICE_ALL_ACCESS,
            service.SERVICE_WIN32_OWN_PROCESS,
            service.SERVICE_AUTO_START,
            service.SERVICE_ERROR_NORMAL,
            subprocess.list2cmdline(words),
            None, 0, None, None, None,
        )  # fmt: skip
        try:
            return tuple(_refine(service, handle))
        finally:
            service.CloseServiceHandle(handle)


def _refine(service: Any, handle: Any) -> Iterator[str]:
    restart = (service.SC_ACTION_RESTART, RESTART)
    crashes = {
        "ResetPeriod": _CRASHES_FORGOTTEN,
        "RebootMsg": "",
        "Command": "",
        "Actions": [restart, restart, restart],
    }
    wanted = (
        ("its description", service.SERVICE_CONFIG_DESCRIPTION, ABOUT),
        ("its restart after a crash", service.SERVICE_CONFIG_FAILURE_ACTIONS, crashes),
        ("its restart after an error", service.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, True),
        ("its rights", service.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, PRIVILEGES),
    )
    for what, level, value in wanted:
        try:
            service.ChangeServiceConfig2(handle, level, value)
        except service.error as error:
            yield f"{what} could not be set: {error.strerror}"


def start() -> None:
    """Start the service."""
    service = _module("win32service")
    with _service(service.SERVICE_START) as handle, _in_words("started"):
        service.StartService(handle, None)


def uninstall() -> None:
    """Stop the service and take it away; nothing else that belongs to the agent is touched."""
    service = _module("win32service")
    with _service(service.SERVICE_ALL_ACCESS) as handle, _in_words("removed"):
        if service.QueryServiceStatus(handle)[1] != service.SERVICE_STOPPED:
            service.ControlService(handle, service.SERVICE_CONTROL_STOP)
            _until(lambda: service.QueryServiceStatus(handle)[1] == service.SERVICE_STOPPED)
        service.DeleteService(handle)
    _until(_is_gone)  # which it is not before its process has ended and nobody looks at it


def _is_gone() -> bool:
    service = _module("win32service")
    with _manager(service.SC_MANAGER_CONNECT) as manager:
        try:
            handle = service.OpenService(manager, NAME, service.SERVICE_QUERY_STATUS)
        except service.error as error:
            return bool(error.winerror == _UNKNOWN)
        service.CloseServiceHandle(handle)
    return False


def _until(done: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not done():
        if monotonic() > end:
            raise ServiceRefused(f"The service {NAME} did not end within {PATIENCE:g} s.")
        sleep(0.1)


def _module(name: str) -> Any:
    """Import a part of pywin32, which is installed on Windows alone."""
    if not on_windows():
        raise ServiceRefused("Services of Windows are on Windows: here, use systemd.")
    try:
        return import_module(name)
    except ImportError as problem:
        raise ServiceRefused(f"pywin32 is not installed as it should be ({problem}).") from problem


@contextmanager
def _manager(rights: int) -> Iterator[Any]:
    service = _module("win32service")
    with _in_words("asked for"):
        manager = service.OpenSCManager(None, None, rights)
    try:
        yield manager
    finally:
        service.CloseServiceHandle(manager)


@contextmanager
def _service(rights: int) -> Iterator[Any]:
    service = _module("win32service")
    with _manager(service.SC_MANAGER_CONNECT) as manager:
        with _in_words("found"):
            handle = service.OpenService(manager, NAME, rights)
        try:
            yield handle
        finally:
            service.CloseServiceHandle(handle)


@contextmanager
def _in_words(done: str) -> Iterator[None]:
    service = _module("win32service")
    try:
        yield
    except service.error as error:
        refused = WindowsRefused(f"The service {NAME} was not {done}", error.winerror)
        raise ServiceRefused(str(refused)) from error


def main(arguments: list[str]) -> None:
    """Run the agent with the config that the service was installed with, or remove the service."""
    if arguments == [REMOVE]:
        uninstall()
        return
    host(NAME, Path(arguments[0]), import_module("bot.agent.running").main)


if __name__ == "__main__":
    main(sys.argv[1:])
