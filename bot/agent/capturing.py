"""Looking at a file the moment its lock is reported, and for some seconds after that."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from bot.agent.looks import Looks
from bot.agent.sampling import merged, people
from bot.agent.sightings import Sightings
from bot.wire import State, WhoHolds
from bot.wire.talk import CapturePush, Push

log = logging.getLogger(__name__)

EVERY = 0.25  # seconds between two looks
FOR = 5.0
AT_ONCE = 8  # files that are looked at for so long; further ones get one look

Send = Callable[[Push], None]


def new_id() -> str:
    """Return a number that is never used for anything else."""
    return secrets.token_hex(12)


class Captures:
    """The looks under way; each is pushed when it has begun, has changed, and is over."""

    def __init__(
        self,
        looks: Looks,
        sightings: Sightings,
        send: Send,
        *,
        every: float = EVERY,
        seconds: float = FOR,
    ) -> None:
        self._looks, self._sightings, self._send = looks, sightings, send
        self._every, self._seconds = every, seconds
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, record: str, path: str) -> None:
        """Look at the file of a record from now on; call it inside the running loop."""
        seconds = self._seconds if len(self._under_way) < AT_ONCE else 0.0
        task = asyncio.create_task(self._capture(record, path, seconds))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """End the looks under way; what they saw so far has been pushed."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _capture(self, record: str, path: str, seconds: float) -> None:
        at = datetime.now(UTC)
        loop = asyncio.get_running_loop()
        due = loop.time()
        end = due + seconds
        seen = before = await self._looks.at(path)
        final = seconds == 0 or seen.state in ("refused", "gone")
        self._push(record, at, seen, seen.state, final=final)
        while not final:
            due += self._every  # looks that take longer than that follow one another
            await asyncio.sleep(max(0.0, due - loop.time()))
            now = await self._looks.at(path)
            seen = merged(seen, now)
            final = loop.time() + self._every > end
            if final or now.state != before.state or people(now) - people(before):
                self._push(record, at, seen, now.state, final=final)
            before = now

    def _push(self, record: str, at: datetime, holds: WhoHolds, now: State, *, final: bool) -> None:
        self._sightings.add(at, holds)
        self._send(
            CapturePush(id=new_id(), record=record, at=at, holds=holds, now=now, final=final)
        )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A look broke off", exc_info=error)
