"""The port through which all work runs: it is kept first, then done once, then never again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import TryLater


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work: what it is, what it needs, and what makes it the same as another."""

    kind: str
    payload: dict[str, Any]  # JSON, so that any engine can store it
    key: str


Work = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
OnError = Callable[[Job, BaseException, str], Coroutine[Any, Any, None]]  # with its reference


class JobsStopped(TryLater):
    """Work came after the end; whoever brought it must bring it again later."""


class Jobs(Protocol):
    """Take work, do each piece once, finish what was begun."""

    async def submit(self, kind: str, payload: dict[str, Any], key: str) -> bool:
        """Keep the work safe before returning; False where the key is known already."""

    async def submit_at(
        self, kind: str, payload: dict[str, Any], key: str, *, after: float
    ) -> bool:
        """Keep work that begins no sooner than `after` seconds from now."""

    async def start(self, work: Mapping[str, Work], on_error: OnError) -> None:
        """Begin to work, on what was submitted before as well."""

    async def idle(self) -> None:
        """Wait until nothing is waiting or under way, what is to begin later aside."""

    async def drain(self, deadline: float) -> int:
        """Stop within `deadline` seconds and return how many pieces of work were left undone."""
