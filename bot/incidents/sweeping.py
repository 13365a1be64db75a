"""Finding work whose worker is gone, and giving it to whoever lives."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Protocol

from bot.errors import TryLater
from bot.incidents.aside import Aside
from bot.incidents.executors import BEAT, Executors

log = logging.getLogger(__name__)

STALE = 30.0  # seconds; work of our own that is claimed and not under way for so long was lost


class Claimed(Protocol):
    """The part of the engine that knows who claimed which work."""

    async def left_by(self, executors: list[str] | None = None) -> dict[str, str]:
        """Return the keys of claimed work that we do not do, with who claimed it."""

    async def release(self, keys: list[str]) -> None:
        """Give claimed work back to whoever is there."""

    async def give_up(self, keys: list[str]) -> None:
        """Never do this work again."""


class Sweeper:
    """Beats, and looks after the work of those whose heart stands still."""

    def __init__(self, executors: Executors, claimed: Claimed, aside: Aside) -> None:
        self._executors = executors
        self._claimed = claimed
        self._aside = aside
        self._stale: dict[str, float] = {}  # since when work of ours is claimed and not done

    async def begin(self) -> None:
        """Take up what was left when nobody was here."""
        await self._executors.enter()
        await self._executors.beat()
        await self._sweep()

    async def keep_on(self) -> None:
        """Beat and sweep until cancelled; a database that is gone for a while ends nothing."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._executors.beat()
                await self._sweep()
            except TryLater as error:
                log.warning("Could not look after the others: %s", error)

    async def _sweep(self) -> None:
        """Release what the dead and the forgotten had claimed; one process at a time does it."""
        left = await self._claimed.left_by()
        await self._release_stale(left)
        dead = self._executors.dead()
        if not (dead or await self._gone(left)):
            return
        async with self._executors.holding("sweep"):
            left = await self._claimed.left_by()  # another one may have been faster
            await self._release(await self._gone(left), left)
            await self._executors.bury(dead)

    async def _gone(self, left: Mapping[str, str]) -> list[str]:
        alive = await self._executors.known() - self._executors.dead() | {self._executors.name}
        return [key for key, owner in left.items() if owner not in alive]

    async def _release(self, keys: list[str], left: Mapping[str, str]) -> None:
        if not keys:
            return
        over = set(await self._aside.crashed(keys))
        log.warning(
            "Took up work of a process that is gone",
            extra={"jobs": len(keys), "owners": sorted({left[key] for key in keys})},
        )
        await self._claimed.give_up([key for key in keys if key in over])
        await self._claimed.release([key for key in keys if key not in over])

    async def _release_stale(self, left: Mapping[str, str]) -> None:
        mine = [key for key, owner in left.items() if owner == self._executors.name]
        now = time.monotonic()
        self._stale = {key: self._stale.get(key, now) for key in mine}
        lost = [key for key, since in self._stale.items() if now - since >= STALE]
        if lost:
            log.warning("Work was claimed and not done", extra={"jobs": len(lost)})
            await self._claimed.release(lost)
            self._stale = {}
