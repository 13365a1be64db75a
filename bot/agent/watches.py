"""Watches: telling the bot when a file that somebody waits for is free again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.agent.capturing import Send, new_id
from bot.agent.looks import Looks
from bot.errors import DespoolError
from bot.wire.talk import ReleasedPush

log = logging.getLogger(__name__)

MOST = 16
EVERY = 1.0  # seconds between two looks

Wait = Callable[[str], Awaitable[None]]
LONGEST = 24 * 3600.0


class TooManyWatches(DespoolError):
    """So many files are watched already that no further one can be."""


class Watches:
    """The files under watch, by the number of the question."""

    def __init__(self, looks: Looks, send: Send, wait: Wait | None = None) -> None:
        """Take how to wait for a change of a file; without it there is a look every second."""
        self._looks, self._send, self._wait = looks, send, wait
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, watch: str, path: str) -> None:
        """Watch a path until it is released, or raise TooManyWatches."""
        if watch in self._tasks:
            return
        if len(self._tasks) >= MOST:
            raise TooManyWatches(f"This server watches {MOST} files already.")
        task = asyncio.create_task(self._watch(watch, path))
        self._tasks[watch] = task
        task.add_done_callback(lambda done: self._done(watch, done))

    def end(self, watch: str) -> None:
        """Stop a watch; one that is over already is no fault."""
        if (task := self._tasks.pop(watch, None)) is not None:
            task.cancel()

    async def close(self) -> None:
        """Stop all watches."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, watch: str, path: str) -> None:
        started = time.monotonic()
        while True:
            seen = await self._looks.at(path)
            after = time.monotonic() - started
            # where nothing can be seen, waiting does not help; a late look may still succeed
            if seen.state in ("free", "gone", "refused") or after > LONGEST:
                push = ReleasedPush(
                    id=new_id(), watch=watch, at=datetime.now(UTC), after=after, holds=seen
                )
                self._send(push)
                return
            if self._wait is None or seen.state != "held":
                await asyncio.sleep(EVERY)
            else:
                await self._wait(path)

    def _done(self, watch: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(watch) is task:
            del self._tasks[watch]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("A watch broke off", exc_info=error)
