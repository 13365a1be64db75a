"""Who works on the same database: heartbeats, who is gone, and what each holds meanwhile."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from bot import __version__
from bot.incidents.database import Database, StoreUnavailable
from bot.incidents.schema import CONNECTIONS, EXECUTORS, HOLDS
from bot.incidents.upsert import upsert

BEAT = 2.0  # seconds
DEAD = 8.0  # seconds without a heartbeat
LOOK = 3 * BEAT  # seconds that a command on the host waits for a heartbeat
RETRY = 0.05  # seconds until a thread that is held elsewhere is asked for again


def fresh_name() -> str:
    """Return a name for this start of this process, and for no other."""
    return f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"


@dataclass(slots=True)
class _Sight:
    """What was last seen of another process, by our own clock: nobody else's is compared."""

    beats: int
    since: float


class Executors:
    """The processes on one database; with SQLite there is but one."""

    def __init__(
        self,
        database: Database,
        *,
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._database = database
        self._clock = clock
        self._alone = database.place.is_sqlite
        self._seen: dict[str, _Sight] = {}
        self._dead: set[str] = set()
        self._owed: set[str] = set()  # holds that could not be given back

    async def enter(self) -> None:
        """Be counted from now on; on SQLite whoever was here before is gone for sure."""
        row = {"id": self.name, "beats": 1, "started_at": time.time(), "version": __version__}

        def write(connection: sa.Connection) -> None:
            if self._alone:
                connection.execute(sa.delete(HOLDS))
                connection.execute(sa.delete(CONNECTIONS))
                connection.execute(sa.delete(EXECUTORS))
            upsert(connection, EXECUTORS, row)

        await self._database.run(write)

    async def leave(self) -> None:
        """Be counted no more."""
        await self.bury([self.name])

    async def beat(self) -> None:
        """Show that this process lives, and look who else does."""
        owed = set(self._owed)
        rows = await self._database.run(lambda connection: self._beat(connection, owed))
        self._owed -= owed
        now = self._clock()
        for name, beats in rows.items():
            sight = self._seen.get(name)
            if sight is None or sight.beats != beats:
                self._seen[name] = _Sight(beats, now)
        self._seen = {name: sight for name, sight in self._seen.items() if name in rows}
        self._dead = {name for name, sight in self._seen.items() if now - sight.since >= DEAD}

    def _beat(self, connection: sa.Connection, owed: Collection[str]) -> dict[str, int]:
        connection.execute(
            sa.delete(HOLDS).where(HOLDS.c.name.in_(owed), HOLDS.c.owner == self.name)
        )
        row = {"id": self.name, "started_at": time.time(), "version": __version__}
        upsert(connection, EXECUTORS, {**row, "beats": 0}, replace=False)  # taken for dead before
        connection.execute(
            sa.update(EXECUTORS)
            .where(EXECUTORS.c.id == self.name)
            .values(beats=EXECUTORS.c.beats + 1)
        )
        rows = connection.execute(
            sa.select(EXECUTORS.c.id, EXECUTORS.c.beats).where(EXECUTORS.c.id != self.name)
        )
        return {str(row.id): int(row.beats) for row in rows}

    def dead(self) -> set[str]:
        """Return those whose heart has stood still for DEAD seconds while we looked."""
        return set(self._dead)

    def living(self) -> set[str]:
        """Return the others whose heart beats, as far as we have looked."""
        return set(self._seen) - self._dead

    async def known(self) -> set[str]:
        """Return all that are counted, dead or alive."""
        rows = await self._database.run(
            lambda connection: connection.scalars(sa.select(EXECUTORS.c.id)).all()
        )
        return set(rows)

    async def bury(self, names: Collection[str]) -> None:
        """Forget processes that are gone, and free what they held."""

        def delete(connection: sa.Connection) -> None:
            connection.execute(sa.delete(HOLDS).where(HOLDS.c.owner.in_(names)))
            connection.execute(sa.delete(CONNECTIONS).where(CONNECTIONS.c.executor.in_(names)))
            connection.execute(sa.delete(EXECUTORS).where(EXECUTORS.c.id.in_(names)))

        await self._database.run(delete)

    @asynccontextmanager
    async def holding(self, name: str) -> AsyncIterator[None]:
        """Hold something that only one process may hold; what the dead held is free."""
        if self._alone:
            yield
            return
        self._owed.discard(name)
        while not await self._took(name):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(RETRY)
        try:
            yield
        finally:
            await self._let_go(name)

    async def _took(self, name: str) -> bool:
        return await self._database.run(lambda connection: self._take(connection, name))

    def _take(self, connection: sa.Connection, name: str) -> bool:
        row = {"name": name, "owner": self.name}
        if upsert(connection, HOLDS, row, replace=False):
            return True
        taken = connection.execute(
            sa.update(HOLDS)
            .where(HOLDS.c.name == name, HOLDS.c.owner.in_([*self._dead, self.name]))
            .values(owner=self.name)
            .returning(HOLDS.c.name)
        )
        return taken.first() is not None

    async def _let_go(self, name: str) -> None:
        mine = sa.delete(HOLDS).where(HOLDS.c.name == name, HOLDS.c.owner == self.name)
        try:
            await self._database.run(lambda connection: connection.execute(mine))
        except StoreUnavailable:
            self._owed.add(name)


async def beating(database: Database, among: Collection[str]) -> set[str]:
    """Return which of some processes show a heartbeat within a few seconds, to one who only looks.

    A process that was killed leaves its row behind, so a row alone proves nothing.
    """
    asked = sa.select(EXECUTORS.c.id, EXECUTORS.c.beats).where(EXECUTORS.c.id.in_(among))
    before = await _beats(database, asked)
    alive: set[str] = set()
    until = time.monotonic() + LOOK
    while alive != set(before) and time.monotonic() < until:
        await asyncio.sleep(RETRY)
        now = await _beats(database, asked)
        alive |= {name for name, beats in now.items() if beats != before.get(name)}
    return alive


async def _beats(database: Database, asked: sa.Select[tuple[str, int]]) -> dict[str, int]:
    rows = await database.run(lambda connection: connection.execute(asked).all())
    return {row.id: row.beats for row in rows}
