"""What a running agent tells on disk about itself: that it runs, and how it is connected."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from bot.agent.outbox import OutboxUnusable
from bot.agent.private import keep_private
from bot.errors import DespoolError

STATUS = "status.json"
FRESH = 30.0  # seconds; a running agent writes its status three times as often
_LOCK = "running.lock"


class AlreadyRunning(DespoolError):
    """Another agent runs with the same configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How an agent is; times are ISO 8601 in UTC."""

    name: str
    bot: str
    pid: int
    started: str
    connected: bool
    since: str  # of the connection, or of its loss
    trouble: str | None
    waiting: int  # pushes that the bot has not yet taken
    lost: int
    logs: tuple[str, ...]


def write_status(folder: Path, status: Status) -> None:
    """Write a status that is whole at every moment."""
    new = folder / f"{STATUS}.new"
    new.write_text(json.dumps(asdict(status), indent=2) + "\n", "utf-8")
    new.replace(folder / STATUS)


def read_status(folder: Path) -> Status | None:
    """Return the last status of an agent, None where there never was one."""
    try:
        held = json.loads((folder / STATUS).read_text("utf-8"))
        known = {one.name for one in fields(Status)}
        return Status(**{key: value for key, value in held.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the lock of a state folder, or raise AlreadyRunning; a crash releases it."""
    with ExitStack() as stack:
        try:
            _take(folder, stack)
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise OutboxUnusable(f"state: {folder} cannot be used: {error}.") from None
            raise AlreadyRunning(
                f"An agent runs with this state already ({folder}). Stop it first."
            ) from None
        yield


def is_running(folder: Path) -> bool:
    """Tell whether an agent holds the lock of a state folder."""
    if not (folder / _LOCK).exists():
        return False
    try:
        with ExitStack() as stack:
            _take(folder, stack)
    except sqlite3.OperationalError as error:
        # who may not open the lock still sees that the status is kept up
        return _is_busy(error) or _is_fresh(folder / STATUS)
    return False


def _take(folder: Path, stack: ExitStack) -> None:
    # SQLite locks files alike on every platform, and the system takes the lock from the dead
    path = folder / _LOCK
    lock = stack.enter_context(closing(sqlite3.connect(path, timeout=0, isolation_level=None)))
    lock.execute("BEGIN EXCLUSIVE")
    keep_private(path)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode == sqlite3.SQLITE_BUSY


def _is_fresh(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < FRESH
    except OSError:
        return False
