"""Work that failed: how often it was tried, and that it is tried no more."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from bot import metrics
from bot.incidents.database import Database
from bot.incidents.jobs import Job
from bot.incidents.schema import ASIDE
from bot.incidents.upsert import upsert

# of the process while it did this work: whatever else was under way is counted as well, and a
# process that is killed again and again must not cost innocents their reply
CRASHES = 50
CRASHED = "the process ended while it was done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One piece of work that is tried no more."""

    key: str
    kind: str
    tries: int
    reason: str
    reference: str | None
    at: float  # seconds since 1970


class Aside:
    """The list of what failed for good, and the count of crashes of what has not yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, job: Job, tries: int, reason: str, reference: str | None) -> None:
        """Write down work that is over without having succeeded."""
        row = {
            "key": job.key,
            "kind": job.kind,
            "tries": tries,
            "reason": reason,
            "reference": reference,
            "over": True,
            "at": time.time(),
        }
        await self._database.run(lambda connection: upsert(connection, ASIDE, row))
        metrics.SET_ASIDE.inc()

    async def crashed(self, keys: Iterable[str]) -> list[str]:
        """Count one more crash for each; return those that have had too many."""
        names = list(keys)
        over = await self._database.run(
            lambda connection: [key for key in names if _crash(connection, key) >= CRASHES]
        )
        metrics.SET_ASIDE.inc(len(over))
        return over

    async def over(self) -> list[Failed]:
        """Return what is tried no more, the latest first."""
        asked = sa.select(ASIDE).where(ASIDE.c.over).order_by(ASIDE.c.at.desc()).limit(1000)
        rows = await self._database.run(lambda connection: connection.execute(asked).all())
        return [
            Failed(
                key=row.key,
                kind=row.kind,
                tries=row.tries,
                reason=row.reason,
                reference=row.reference,
                at=row.at,
            )
            for row in rows
        ]


def _crash(connection: sa.Connection, key: str) -> int:
    tries = connection.scalar(sa.select(ASIDE.c.tries).where(ASIDE.c.key == key)) or 0
    row = {
        "key": key,
        "kind": "crash",
        "tries": tries + 1,
        "reason": CRASHED,
        "reference": None,
        "over": tries + 1 >= CRASHES,
        "at": time.time(),
    }
    upsert(connection, ASIDE, row)
    return tries + 1
