"""Forgetting what is old: incidents and evidence after the retention, the rest much sooner."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import Protocol

import sqlalchemy as sa

from bot.errors import TryLater
from bot.incidents.database import Database
from bot.incidents.schema import (
    ASIDE,
    CLICKS,
    CODES,
    DRAFTS,
    EVIDENCE,
    INCIDENTS,
    PUSHES,
    QUESTIONS,
    REPLIES,
    THREADS,
    TOUCHES,
)

log = logging.getLogger(__name__)

EACH = 3600.0  # seconds
DAY = 86_400.0
ASKED = DAY  # drafts, clicks, codes, and questions that nobody waits for any more
JOBS = 7 * DAY  # keys of what was done; Slack repeats itself for an hour at the most


class Done(Protocol):
    """The part of the engine that forgets."""

    async def forget(self, before: float) -> int:
        """Delete what was done before a time (seconds since 1970); return how many rows."""


class Retention:
    """Deletes by age, an hour at a time."""

    def __init__(self, database: Database, done: Done, keep: timedelta) -> None:
        self._database = database
        self._done = done
        self._keep = keep.total_seconds()

    async def keep_on(self) -> None:
        """Delete again and again until cancelled."""
        while True:
            try:
                await self.sweep(time.time())
            except TryLater as error:
                log.warning("What is old could not be deleted: %s", error)
            await asyncio.sleep(EACH)

    async def sweep(self, now: float) -> int:
        """Delete what is too old at a time (seconds since 1970); return how many threads went."""
        gone = await self._database.run(lambda connection: _delete(connection, now, self._keep))
        while await self._done.forget(now - min(JOBS, self._keep)):
            pass
        if gone:
            log.info("Deleted old threads", extra={"threads": gone})
        return gone


def _delete(connection: sa.Connection, now: float, keep: float) -> int:
    oldest = now - keep
    for table in (DRAFTS, CLICKS):
        connection.execute(sa.delete(table).where(table.c.at < now - ASKED))
    connection.execute(sa.delete(CODES).where(CODES.c.expires_at < now - ASKED))
    connection.execute(sa.delete(QUESTIONS).where(QUESTIONS.c.asked_at < now - ASKED))
    connection.execute(sa.delete(PUSHES).where(PUSHES.c.at < oldest))
    connection.execute(sa.delete(ASIDE).where(ASIDE.c.at < oldest))
    old = sa.select(INCIDENTS.c.id).where(INCIDENTS.c.evidence_at < oldest)
    connection.execute(sa.delete(TOUCHES).where(TOUCHES.c.incident.in_(old)))
    connection.execute(sa.delete(INCIDENTS).where(INCIDENTS.c.evidence_at < oldest))
    connection.execute(sa.delete(EVIDENCE).where(EVIDENCE.c.kept_at < oldest))
    posted = REPLIES.c.since < oldest
    connection.execute(sa.delete(REPLIES).where(posted, REPLIES.c.state != "posting"))
    gone = connection.execute(
        sa.delete(THREADS).where(THREADS.c.changed_at < oldest).returning(THREADS.c.ts)
    )
    return len(gone.all())
