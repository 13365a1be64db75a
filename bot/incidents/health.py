"""How the work stands: what waits, what waits for too long, and what will never be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from bot import metrics
from bot.incidents.aside import Aside, Failed
from bot.incidents.ledger import Ledger

TOO_LONG = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The work at one moment."""

    waiting: int
    overdue: int
    dead: int  # in the engine: failed inside it, or of another version
    unsure: int  # replies that may or may not stand, in threads that cannot be read
    aside: tuple[Failed, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as one process tells another."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> State:
        """Return what another process told."""
        return cls(**{**row, "aside": tuple(Failed(**one) for one in row["aside"])})


class Counted(Protocol):
    """The part of the engine that counts."""

    async def depth(self) -> int:
        """Return how many pieces of work are waiting or under way."""

    async def overdue(self, seconds: float) -> int:
        """Return how many pieces of work have waited for longer than that."""

    async def dead(self) -> int:
        """Return how many pieces of work cannot be done."""


class Health:
    """Looks at the work when somebody asks."""

    def __init__(self, jobs: Counted, aside: Aside, ledger: Ledger) -> None:
        self._jobs = jobs
        self._aside = aside
        self._ledger = ledger

    async def look(self) -> State:
        """Count the work, and set the gauges to it."""
        state = State(
            waiting=await self._jobs.depth(),
            overdue=await self._jobs.overdue(TOO_LONG),
            dead=await self._jobs.dead(),
            unsure=await self._ledger.unsure(),
            aside=tuple(await self._aside.over()),
        )
        metrics.QUEUE_DEPTH.set(state.waiting)
        metrics.OVERDUE.set(state.overdue)
        metrics.DEAD.set(state.dead + len(state.aside))
        return state
