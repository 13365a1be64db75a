"""Opening the databases, with everything that stands on them, and closing them in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import TryLater
from bot.incidents.aside import Aside
from bot.incidents.asked import Clicks, Drafts
from bot.incidents.database import Database, Where, connect, occupy, where
from bot.incidents.engine import DurableJobs
from bot.incidents.engine import migrate as migrate_jobs
from bot.incidents.executors import Executors, fresh_name
from bot.incidents.health import Health, State
from bot.incidents.ledger import Ledger
from bot.incidents.migrating import upgrade
from bot.incidents.pushes import Pushes
from bot.incidents.register import Register
from bot.incidents.retention import Retention
from bot.incidents.roster import KeptRoster
from bot.incidents.store import Threads
from bot.incidents.sweeping import Sweeper

WINDOW = timedelta(hours=24)
KEEP = timedelta(days=90)
DRAIN = 7.0  # seconds; platforms kill ten seconds after SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All that is kept, by what it is for."""

    database: Database
    executors: Executors
    jobs: DurableJobs
    threads: Threads
    incidents: Register
    ledger: Ledger
    drafts: Drafts
    clicks: Clicks
    roster: KeptRoster
    pushes: Pushes
    aside: Aside
    health: Health


@asynccontextmanager
async def opened(
    address: str, *, window: timedelta = WINDOW, keep: timedelta = KEEP
) -> AsyncIterator[Store]:
    """Open what an address names, migrated; at the end work under way is finished or given back.

    Raise SettingsError where it cannot be used, or another process has its SQLite file.
    """
    place = where(address)
    lock = occupy(place)
    try:
        await asyncio.to_thread(migrate, place)
        store = _store(place, window)
        sweeper = Sweeper(store.executors, store.jobs, store.aside)
        retention = Retention(store.database, store.jobs, keep)
        try:
            await store.threads.born()
            await sweeper.begin()
            async with _in_background(sweeper.keep_on(), retention.keep_on()):
                yield store
        finally:
            await _close(store)
    finally:
        if lock is not None:
            lock.release()


async def looked_at(address: str) -> State | None:
    """Count the work while no bot has the database; None where there is none yet.

    Raise SettingsError where another process has the file.
    """
    place = where(address)
    if place.file is not None and not place.file.exists():
        return None
    lock = occupy(place)
    try:
        store = _store(place, WINDOW)
        try:
            return await store.health.look()
        finally:
            await store.jobs.drain(0)
            store.database.close()
    finally:
        if lock is not None:
            lock.release()


def migrate(place: Where) -> tuple[str | None, str | None]:
    """Bring the tables up to date; return the revision before and after. Raise SettingsError."""
    engine = connect(place.incidents)
    try:
        revisions = upgrade(engine)
    finally:
        engine.dispose()
    migrate_jobs(place)
    return revisions


def upgrade_database(address: str) -> str:
    """Migrate the database at an address, and return in words what was done."""
    place = where(address)
    lock = occupy(place)
    try:
        before, after = migrate(place)
    finally:
        if lock is not None:
            lock.release()
    if before == after:
        return f"The database is up to date (revision {after}).\n"
    return (
        f"Migrated the database from {f'revision {before}' if before else 'nothing'} to {after}.\n"
    )


def _store(place: Where, window: timedelta) -> Store:
    database = Database(place)
    executors = Executors(database, name=fresh_name())
    aside = Aside(database)
    jobs = DurableJobs(place, executor=executors.name, aside=aside)
    ledger = Ledger(database, executors)
    return Store(
        database=database,
        executors=executors,
        jobs=jobs,
        threads=Threads(database, executors),
        incidents=Register(database, window),
        ledger=ledger,
        drafts=Drafts(database),
        clicks=Clicks(database),
        roster=KeptRoster(database),
        pushes=Pushes(database),
        aside=aside,
        health=Health(jobs, aside, ledger),
    )


async def _close(store: Store) -> None:
    await store.jobs.drain(0)
    with suppress(TryLater):  # whoever comes next finds us gone by our silence
        await store.executors.leave()
    await asyncio.to_thread(store.database.close)


@asynccontextmanager
async def _in_background(*work: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(one) for one in work]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
