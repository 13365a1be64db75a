"""The bot's database: where it is, how it is opened, and one transaction at a time in a thread."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import DespoolError, SettingsError, TryLater

log = logging.getLogger(__name__)

T = TypeVar("T")

# PostgreSQL's own limits for one bot: these threads, and as many connections
THREADS = 8
BUSY = 30_000  # milliseconds that SQLite waits for a lock
CONNECT = 5  # seconds
WAL_FIXED = (3, 51, 3)  # older ones can damage a WAL under two writers: https://sqlite.org/wal.html


class StoreUnavailable(TryLater):
    """The database does not answer, or takes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where the databases are: that of the incidents, and that of the jobs beside it."""

    incidents: sa.URL
    jobs: sa.URL

    @property
    def file(self) -> Path | None:
        """Return the file of the incidents; None on PostgreSQL."""
        return Path(str(self.incidents.database)) if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Tell whether one process alone may use the database."""
        return self.incidents.get_backend_name() == "sqlite"


def where(address: str) -> Where:
    """Return where the databases are; the engine of the jobs gets a SQLite file of its own.

    In one file with it, both would lock each other out under load.
    """
    try:
        url = sa.make_url(address)
    except SQLAlchemyError:
        raise SettingsError(
            "DESPOOL_DATABASE_URL is no address of a database: "
            "write sqlite:///path or postgresql://user:password@host/name."
        ) from None
    if url.get_backend_name() != "sqlite":
        url = url.set(drivername="postgresql+psycopg")
        return Where(incidents=url, jobs=url)
    if not url.database or url.database == ":memory:":
        raise SettingsError(
            "DESPOOL_DATABASE_URL names no file: what is acknowledged would be lost. "
            "Write sqlite:///path."
        )
    path = Path(url.database).expanduser().absolute()
    jobs = path.with_name(f"{path.stem}-jobs{path.suffix}")
    return Where(
        incidents=sa.URL.create("sqlite", database=str(path)),
        jobs=sa.URL.create("sqlite", database=str(jobs)),
    )


def occupy(place: Where) -> FileLock | None:
    """Take a SQLite file for this process alone, or raise SettingsError naming who has it."""
    if place.file is None:
        return None
    try:
        place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # held open as long as the process lives, so that its end frees it, however it comes
        lock = FileLock(f"{place.file}.lock", thread_local=False)
        lock.acquire(timeout=0)
    except Timeout:
        raise SettingsError(
            f"{place.file} is in use by another Despool. One process at a time can use a SQLite "
            "file: stop the other one, or give both a PostgreSQL database in DESPOOL_DATABASE_URL."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"{place.file} cannot be used: {error.strerror or error}. "
            "Set DESPOOL_DATA_DIR or DESPOOL_DATABASE_URL to a place that the bot may write to."
        ) from None
    return lock


def connect(url: sa.URL, *, size: int = 1, busy: int = BUSY) -> sa.Engine:
    """Open a database as the bot needs it; nothing is asked of it yet."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url,
            hide_parameters=True,  # an error in the log quotes nothing that was pasted
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=busy / 1000,
            connect_args={"connect_timeout": CONNECT, "application_name": "despool"},
        )
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        poolclass=sa.pool.QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"timeout": busy / 1000, "check_same_thread": False},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        # one writer at a time from its first statement on, and a commit is on the disk
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


class Database:
    """Runs one transaction at a time in a thread, so that the loop never waits for a disk."""

    def __init__(self, place: Where) -> None:
        size = 1 if place.is_sqlite else THREADS
        self.place = place
        self.engine = connect(place.incidents, size=size)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="database")
        if place.is_sqlite and sqlite3.sqlite_version_info < WAL_FIXED:
            log.info("This SQLite is older than 3.51.3", extra={"version": sqlite3.sqlite_version})

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do the work in one transaction, or raise StoreUnavailable with nothing changed."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._run, work)
        except RuntimeError:  # the threads have ended
            raise StoreUnavailable("The database is closed.") from None

    def _run(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            with self.engine.begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            if not _passes(error):
                raise
            raise unavailable(error) from error

    def close(self) -> None:
        """End the threads and the connections; what is under way is finished first."""
        self._threads.shutdown(wait=True)
        self.engine.dispose()


def _passes(error: SQLAlchemyError) -> bool:
    """Tell whether the database is in trouble, and not the statement wrong."""
    trouble = (OperationalError, InterfaceError, InternalError, DisconnectionError, PoolTimeout)
    return isinstance(error, trouble) or type(error) is DatabaseError  # SQLite: a damaged file


def unavailable(error: SQLAlchemyError) -> DespoolError:
    """Return what a failure of the database means, without the statement and what was in it."""
    reason = str(error.orig) if isinstance(error, DBAPIError) and error.orig else str(error)
    first = reason.strip().partition("\n")[0]
    return StoreUnavailable(f"The database took nothing: {first[:200]}.")
