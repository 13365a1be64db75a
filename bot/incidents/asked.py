"""What people asked for: answers that may still be shared, and clicks that act once."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from bot.incidents.database import Database
from bot.incidents.schema import CLICKS, DRAFTS
from bot.incidents.upsert import upsert

DOUBLE = 3.0  # seconds; whoever clicks again after that means it


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer one person has seen, and may share with the channel."""

    text: str
    blocks: list[dict[str, Any]]
    rule: str
    thread_ts: str | None = None


class Drafts:
    """The answers that may be shared, by a key that a button can carry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, key: str, draft: Draft) -> str:
        """Keep a draft and return its key."""
        row = {"key": key, "draft": json.dumps(asdict(draft)), "at": time.time()}
        await self._database.run(lambda connection: upsert(connection, DRAFTS, row))
        return key

    async def find(self, key: str) -> Draft | None:
        """Return a draft that was not shared yet."""
        asked = sa.select(DRAFTS.c.draft).where(DRAFTS.c.key == key)
        text = await self._database.run(lambda connection: connection.scalar(asked))
        return Draft(**json.loads(text)) if text else None

    async def drop(self, key: str) -> None:
        """Forget a draft that was shared, so that it is shared once."""
        done = sa.delete(DRAFTS).where(DRAFTS.c.key == key)
        await self._database.run(lambda connection: connection.execute(done))


class Clicks:
    """The latest clicks, so that a double click acts once, whichever process takes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_double(self, key: str, trigger: str, at: float) -> bool:
        """Tell whether the same was clicked within DOUBLE seconds before; remember the click.

        The click of the same trigger is the same one, done again after a crash.
        """
        row = {"key": key, "trigger": trigger, "at": at}

        def look(connection: sa.Connection) -> bool:
            before = connection.execute(sa.select(CLICKS).where(CLICKS.c.key == key)).first()
            upsert(connection, CLICKS, row)
            return before is not None and before.trigger != trigger and at - before.at < DOUBLE

        return await self._database.run(look)
