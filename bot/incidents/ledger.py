"""The ledger of replies: what is to be seen, what is seen, and who is about to post it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.incidents.database import Database
from bot.incidents.executors import Executors
from bot.incidents.schema import REPLIES
from bot.incidents.upsert import upsert

Json = dict[str, Any]


class Standing(StrEnum):
    """What is known of a reply."""

    WANTED = "wanted"  # nothing was tried yet
    POSTING = "posting"  # a post was tried, and what became of it was not recorded
    POSTED = "posted"
    GONE = "gone"  # somebody took it away; it is not said again
    UNSURE = "unsure"  # it may or may not stand, and nobody can look; it is not said again


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the ledger."""

    key: str
    wanted: Json  # the newest answer, whole
    wanted_version: int
    shown_version: int | None
    ts: str | None
    standing: Standing
    owner: str | None
    since: float  # seconds since 1970; of the latest try to post

    @property
    def is_shown(self) -> bool:
        """Tell whether nothing is left to do."""
        if self.standing in (Standing.GONE, Standing.UNSURE):
            return True
        return self.ts is not None and self.shown_version == self.wanted_version


class Ledger:
    """The rows; whatever is done to Slack is written here before and after."""

    def __init__(self, database: Database, executors: Executors) -> None:
        self._database = database
        self._executors = executors

    async def want(self, key: str, version: int, answer: Mapping[str, Any]) -> Entry:
        """Write down what is to be seen, unless something newer is wanted already."""
        wanted = json.dumps(answer, sort_keys=True)
        row = {
            "key": key,
            "wanted": wanted,
            "wanted_version": version,
            "state": Standing.WANTED.value,
            "since": time.time(),
        }
        same = REPLIES.c.wanted == wanted
        shows = sa.and_(same, REPLIES.c.shown_version == REPLIES.c.wanted_version)
        reworded = sa.and_(sa.not_(same), REPLIES.c.shown_version == version)
        newer = (
            sa.update(REPLIES)
            .where(REPLIES.c.key == key, REPLIES.c.wanted_version <= version)
            .values(
                wanted=wanted,
                wanted_version=version,
                # the same words once more are no edit, other words of the same version are
                shown_version=sa.case(
                    (shows, version), (reworded, None), else_=REPLIES.c.shown_version
                ),
            )
        )

        def write(connection: sa.Connection) -> Entry:
            if not upsert(connection, REPLIES, row, replace=False):
                connection.execute(newer)
            return _entry(connection, key)

        return await self._database.run(write)

    async def adopt(self, key: str, ts: str) -> None:
        """Take a message that was found for the reply that stands, unless one is known."""
        row = {
            "key": key,
            "wanted": "{}",
            "wanted_version": -1,
            "ts": ts,
            "state": Standing.POSTED.value,
            "since": time.time(),
        }
        await self._database.run(lambda connection: upsert(connection, REPLIES, row, replace=False))

    async def read(self, key: str) -> Entry:
        """Return a row that was wanted before."""
        return await self._database.run(lambda connection: _entry(connection, key))

    def is_elsewhere(self, entry: Entry) -> bool:
        """Tell whether another process that lives is about to post it."""
        return entry.owner in self._executors.living()

    async def claim(self, key: str) -> bool:
        """Be the one who posts; False where another living process is, or it stands already."""
        me = self._executors.name

        alive = REPLIES.c.owner.in_(self._executors.living())
        tried = sa.and_(REPLIES.c.state == Standing.POSTING.value, sa.not_(alive))

        def write(connection: sa.Connection) -> bool:
            free = sa.or_(REPLIES.c.state == Standing.WANTED.value, tried)
            claimed = connection.execute(
                sa.update(REPLIES)
                .where(REPLIES.c.key == key, free)
                .values(state=Standing.POSTING.value, owner=me, since=time.time())
                .returning(REPLIES.c.key)
            )
            return claimed.first() is not None

        return await self._database.run(write)

    async def posted(self, key: str, ts: str, shown: Entry | None) -> None:
        """Record that the reply stands, and what it says; None: it may say something older."""
        version: Any = None
        if shown is not None:
            # what came meanwhile with the same words is shown as well
            same = REPLIES.c.wanted == json.dumps(shown.wanted, sort_keys=True)
            version = sa.case((same, REPLIES.c.wanted_version), else_=shown.wanted_version)
        await self._set(key, ts=ts, shown_version=version, state=Standing.POSTED.value, owner=None)

    async def lost(self, key: str, standing: Standing) -> None:
        """Record that the reply is not to be said again."""
        await self._set(key, state=standing.value, owner=None)

    async def refused(self, key: str) -> None:
        """Record that nothing was posted: Slack said no."""
        await self._set(key, state=Standing.WANTED.value, owner=None)

    async def unsure(self) -> int:
        """Return how many replies may or may not stand."""
        asked = sa.select(sa.func.count()).where(REPLIES.c.state == Standing.UNSURE.value)
        return await self._database.run(lambda connection: connection.scalar(asked) or 0)

    async def _set(self, key: str, **values: Any) -> None:
        change = sa.update(REPLIES).where(REPLIES.c.key == key).values(values)
        await self._database.run(lambda connection: connection.execute(change))


def _entry(connection: sa.Connection, key: str) -> Entry:
    row = connection.execute(sa.select(REPLIES).where(REPLIES.c.key == key)).one()
    return Entry(
        key=key,
        wanted=json.loads(row.wanted),
        wanted_version=row.wanted_version,
        shown_version=row.shown_version,
        ts=row.ts,
        standing=Standing(row.state),
        owner=row.owner,
        since=row.since,
    )
