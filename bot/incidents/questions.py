"""Questions on their way from the process that asks to the one that holds the agent's socket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.incidents.database import Database
from bot.incidents.schema import EXECUTORS, QUESTIONS
from bot.incidents.signals import ANSWER, QUESTION, call_out

# of the database: the clocks of two hosts may differ by more than a question lasts
_NOW = sa.func.extract("epoch", sa.func.clock_timestamp()).cast(sa.Float)


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    ELSEWHERE = "elsewhere"  # the agent has left that process
    LOST = "lost"  # the process itself has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A question that somebody waits for the answer to."""

    id: str
    agent: str
    frame: str
    left: float  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a question, with a frame where there is an answer, else with words."""

    outcome: Outcome
    text: str


class Questions:
    """The rows; both sides are called when there is something to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, waiting: Waiting, executor: str) -> None:
        """Put a question to the process that holds the socket."""
        row = {
            "id": waiting.id,
            "agent": waiting.agent,
            "executor": executor,
            "frame": waiting.frame,
            "seconds": waiting.left,
            "asked_at": _NOW,
            "taken": False,
        }

        def write(connection: sa.Connection) -> None:
            connection.execute(sa.insert(QUESTIONS).values(row))
            call_out(connection, QUESTION, f"{executor} {waiting.id}")

        await self._database.run(write)

    async def take(self, executor: str) -> list[Waiting]:
        """Take the questions that were put to a process; those that came too late are dropped."""
        taken = (
            sa.update(QUESTIONS)
            .where(QUESTIONS.c.executor == executor, QUESTIONS.c.taken.is_(False))
            .values(taken=True)
            .returning(QUESTIONS, (QUESTIONS.c.seconds - _NOW + QUESTIONS.c.asked_at).label("left"))
        )
        rows = await self._database.run(lambda connection: connection.execute(taken).all())
        return [
            Waiting(id=row.id, agent=row.agent, frame=row.frame, left=row.left)
            for row in rows
            if row.left > 0
        ]

    async def settle(self, id_: str, answered: Answered) -> None:
        """Write what became of a question, and call who asked."""

        def write(connection: sa.Connection) -> None:
            changed = sa.update(QUESTIONS).where(QUESTIONS.c.id == id_)
            values = {"outcome": answered.outcome.value, "answer": answered.text}
            connection.execute(changed.values(values))
            call_out(connection, ANSWER, id_)

        await self._database.run(write)

    async def look(self, id_: str) -> Answered | None:
        """Return what became of a question; None where that is open still."""
        asked = (
            sa.select(QUESTIONS, EXECUTORS.c.id.label("alive"))
            .join(EXECUTORS, EXECUTORS.c.id == QUESTIONS.c.executor, isouter=True)
            .where(QUESTIONS.c.id == id_)
        )
        row: Any = await self._database.run(
            lambda connection: connection.execute(asked).one_or_none()
        )
        if row is None or (row.outcome is None and row.alive is None):
            return Answered(outcome=Outcome.LOST, text="")
        if row.outcome is None:
            return None
        return Answered(outcome=Outcome(row.outcome), text=row.answer)

    async def drop(self, id_: str) -> None:
        """Forget a question: it may hold lines of a server's logs."""
        gone = sa.delete(QUESTIONS).where(QUESTIONS.c.id == id_)
        await self._database.run(lambda connection: connection.execute(gone))
