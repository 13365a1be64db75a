"""The enrolled agents of a database that no bot of this host has open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa

from bot.agents.admission import Admission
from bot.agents.port import Enrolled
from bot.incidents.connections import connected
from bot.incidents.database import Database, occupy, where
from bot.incidents.migrating import upgrade
from bot.incidents.roster import KeptRoster
from bot.incidents.schema import AGENTS


@asynccontextmanager
async def admitting(address: str) -> AsyncIterator[Admission]:
    """Give who may invite and revoke; replicas that run close the sockets of who is revoked.

    Raise SettingsError where the database cannot be used, or another process has its SQLite file.
    """
    async with _opened(address) as database:
        await asyncio.to_thread(upgrade, database.engine)
        yield Admission(KeptRoster(database), lambda: ())


async def enrolled_in(address: str) -> tuple[Enrolled, ...]:
    """Return the agents that are enrolled in a database, which may not be there yet."""
    file = where(address).file
    if file is not None and not file.exists():
        return ()
    async with _opened(address) as database:
        if not await database.run(lambda connection: sa.inspect(connection).has_table(AGENTS.name)):
            return ()
        roster = KeptRoster(database)
        # with SQLite nobody else can have a socket while we have the file
        statuses = () if database.place.is_sqlite else await connected(database)
        return await Admission(roster, lambda: statuses).enrolled()


@asynccontextmanager
async def _opened(address: str) -> AsyncIterator[Database]:
    place = where(address)
    lock = occupy(place)
    try:
        database = Database(place)
        try:
            yield database
        finally:
            await asyncio.to_thread(database.close)
    finally:
        if lock is not None:
            lock.release()
