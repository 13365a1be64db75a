"""What agents have pushed and the bot has taken: an acknowledgement can be lost on its way."""

from __future__ import annotations

import time

import sqlalchemy as sa

from bot.incidents.database import Database
from bot.incidents.schema import PUSHES
from bot.incidents.upsert import upsert


class Pushes:
    """The pushes that were taken, by agent and number, whichever replica took them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def holds(self, agent: str, id_: str) -> bool:
        """Tell whether a push of an agent was taken."""
        asked = sa.select(PUSHES.c.id).where(PUSHES.c.agent == agent, PUSHES.c.id == id_)
        found = await self._database.run(lambda connection: connection.scalar(asked))
        return found is not None

    async def add(self, agent: str, id_: str) -> None:
        """Note a push as taken."""
        row = {"agent": agent, "id": id_, "at": time.time()}
        await self._database.run(lambda connection: upsert(connection, PUSHES, row, replace=False))
