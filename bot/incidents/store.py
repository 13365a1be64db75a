"""The threads the bot has something to say in: kept in the database, held one at a time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa

from bot.errors import DespoolError
from bot.incidents.database import Database
from bot.incidents.executors import Executors
from bot.incidents.schema import EVIDENCE, FACTS, PLACES, THREADS
from bot.incidents.threads import Evidence, Overtaken, Thread
from bot.incidents.upsert import upsert
from bot.incidents.writing import (
    kept,
    read_evidence,
    read_report,
    read_state,
    write_report,
    write_state,
)


@dataclass(slots=True)
class _Turn:
    """The turn-taking over one thread within this process."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Threads:
    """The threads of the database; across processes too, one holds a thread at a time."""

    def __init__(self, database: Database, executors: Executors) -> None:
        self._database = database
        self._executors = executors
        self._turns: dict[tuple[str, str], _Turn] = {}
        self._places: dict[str, bool] = {}  # what was written already, to write it once
        self._born: float | None = None

    async def born(self) -> float:
        """Return since when there is this database, in seconds since 1970.

        What was said before may have been answered by a bot that this one knows nothing of.
        """
        if self._born is None:
            self._born = await self._database.run(_born)
        return self._born

    async def heard(self, channel: str, channel_type: str) -> None:
        """Learn what kind of place a channel is; as long as it is unknown it counts as private."""
        is_public = channel_type == "channel"
        if self._places.get(channel) is not is_public:
            row = {"channel": channel, "is_public": is_public}
            await self._database.run(lambda connection: upsert(connection, PLACES, row))
            self._places[channel] = is_public

    async def is_public(self, channel: str) -> bool:
        """Tell whether everybody of the workspace may read a channel."""
        asked = sa.select(PLACES.c.is_public).where(PLACES.c.channel == channel)
        return bool(await self._database.run(lambda connection: connection.scalar(asked)))

    async def find(self, channel: str, ts: str) -> Thread | None:
        """Return a thread as it is stored; to change it, hold it."""
        return await self._database.run(lambda connection: _load(connection, channel, ts))

    async def evidence(
        self, places: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], dict[str, Evidence]]:
        """Return what the messages of some threads gave, by thread and message."""
        keys = list(places)
        return await self._database.run(
            lambda connection: {key: _evidence(connection, *key) for key in keys}
        )

    @asynccontextmanager
    async def holding(self, channel: str, ts: str) -> AsyncIterator[Thread]:
        """Hold a thread, so that nobody else changes it meanwhile, and store it at the end.

        Raise Overtaken where another process has changed it all the same: it took this one for
        dead. Then nothing is stored, and the work is to be done again.
        """
        async with self._turn(channel, ts), self._executors.holding(f"thread {channel} {ts}"):
            thread = await self.find(channel, ts) or Thread(channel=channel, ts=ts)
            before = dict(thread.evidence)
            try:
                yield thread
            except DespoolError:
                await self._store(thread, before)
                raise
            await self._store(thread, before)

    async def _store(self, thread: Thread, before: dict[str, Evidence]) -> None:
        if not (thread.evidence or thread.answers or thread.revision):
            return
        await self._database.run(lambda connection: _save(connection, thread, before))
        thread.revision += 1

    @asynccontextmanager
    async def _turn(self, channel: str, ts: str) -> AsyncIterator[None]:
        turn = self._turns.setdefault((channel, ts), _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[channel, ts]


def _born(connection: sa.Connection) -> float:
    upsert(connection, FACTS, {"name": "born", "value": time.time()}, replace=False)
    value = connection.scalar(sa.select(FACTS.c.value).where(FACTS.c.name == "born"))
    return float(value or 0.0)


def _load(connection: sa.Connection, channel: str, ts: str) -> Thread | None:
    row = connection.execute(
        sa.select(THREADS).where(THREADS.c.channel == channel, THREADS.c.ts == ts)
    ).one_or_none()
    if row is None:
        return None
    thread = Thread(channel=channel, ts=ts, version=row.version, revision=row.revision)
    thread.report = read_report(row.report)
    read_state(thread, row.state)
    thread.evidence = _evidence(connection, channel, ts)
    return thread


def _evidence(connection: sa.Connection, channel: str, ts: str) -> dict[str, Evidence]:
    rows = connection.execute(
        sa.select(EVIDENCE).where(EVIDENCE.c.channel == channel, EVIDENCE.c.thread_ts == ts)
    )
    found = ((str(row.ts), read_evidence(row)) for row in rows)
    return {ts: one for ts, one in found if one is not None}


def _save(connection: sa.Connection, thread: Thread, before: dict[str, Evidence]) -> None:
    row = {
        "channel": thread.channel,
        "ts": thread.ts,
        "revision": thread.revision + 1,
        "version": thread.version,
        "report": write_report(thread.report),
        "state": write_state(thread),
        "changed_at": time.time(),
    }
    if not _replaced(connection, thread, row):
        raise Overtaken("Another process changed this thread meanwhile.")
    for ts in before.keys() - thread.evidence.keys():
        connection.execute(
            sa.delete(EVIDENCE).where(EVIDENCE.c.channel == thread.channel, EVIDENCE.c.ts == ts)
        )
    for ts, one in thread.evidence.items():
        if before.get(ts) != one:
            upsert(connection, EVIDENCE, _row_of(thread, ts, one))


def _replaced(connection: sa.Connection, thread: Thread, row: dict[str, object]) -> bool:
    if thread.revision:
        changed = connection.execute(
            sa.update(THREADS)
            .where(
                THREADS.c.channel == thread.channel,
                THREADS.c.ts == thread.ts,
                THREADS.c.revision == thread.revision,
            )
            .values(row)
        )
        return bool(changed.rowcount)
    return upsert(connection, THREADS, row, replace=False)


def _row_of(thread: Thread, ts: str, one: Evidence) -> dict[str, object]:
    return {
        "channel": thread.channel,
        "ts": ts,
        "thread_ts": thread.ts,
        "text": kept(one.text, thread.report),
        "files": json.dumps(one.files),
        "edited": one.edited,
        "permalink": one.permalink,
        "server": one.server,
        "kept_at": time.time(),
    }
