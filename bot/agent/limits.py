"""How often and how long the agent looks: so many looks a second, one at a time, a deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.errors import DespoolError

Clock = Callable[[], float]


class TooOften(DespoolError):
    """The bot asks more often than this server's admin allows."""


class Allowance:
    """Questions that may be asked now; it fills up again with time, to a second's worth."""

    def __init__(self, per_second: float, clock: Clock = time.monotonic) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second)
        self._left = self._most
        self._clock = clock
        self._at = clock()

    def take(self) -> None:
        """Use up one question, or raise TooOften."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            raise TooOften(f"This server answers {self._rate:g} questions a second. Ask again.")
        self._left -= 1


class OneAtATime:
    """The turn to look: a scan of all processes is not to be run twice at once."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn; who cannot wait for ever brings a deadline of its own."""
        async with self._turn:
            yield
