"""An examination that many may ask for and few calls are made for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from bot.doctor.row import Row

AGE = 30.0  # seconds; opening the App Home again and again is no reason to ask Slack again


class Lately:
    """Examine at most once in `age` seconds, and give everybody the same rows meanwhile."""

    def __init__(self, examine: Callable[[], Awaitable[list[Row]]], *, age: float = AGE) -> None:
        self._examine = examine
        self._age = age
        self._lock = asyncio.Lock()
        self._rows: list[Row] = []
        self._at: float | None = None

    async def __call__(self) -> list[Row]:
        """Return the rows of the latest examination, which may be this one."""
        async with self._lock:
            if self._at is None or time.monotonic() - self._at > self._age:
                self._rows = await self._examine()
                self._at = time.monotonic()
            return self._rows
