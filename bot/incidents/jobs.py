"""The port through which all work runs, and its first engine, which keeps work in memory."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.errors import DespoolError

log = logging.getLogger(__name__)

# a job mostly waits for Slack, and those of one slow channel wait together: they are to leave
# some over; analyses and downloads have bounds of their own
WORKERS = 512
REMEMBERED = 20_000  # Slack repeats an event for minutes, and sends 30,000 an hour at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work: what it is, what it needs, and what makes it the same as another."""

    kind: str
    payload: dict[str, Any]  # JSON, so that any engine can store it
    key: str


Work = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
OnError = Callable[[Job, BaseException], Coroutine[Any, Any, None]]


class JobsStopped(DespoolError):
    """Work came after the end; whoever brought it must bring it again later."""


class Jobs(Protocol):
    """Take work, do each piece once, finish what was begun."""

    async def submit(self, kind: str, payload: dict[str, Any], key: str) -> bool:
        """Keep the work safe before returning; False where the key is known already."""

    async def start(self, work: Mapping[str, Work], on_error: OnError) -> None:
        """Begin to work, on what was submitted before as well."""

    async def idle(self) -> None:
        """Wait until nothing is waiting or under way."""

    async def drain(self, deadline: float) -> int:
        """Stop within `deadline` seconds and return how many pieces of work were left undone."""


class MemoryJobs:
    """Jobs that live and die with the process."""

    def __init__(self, *, workers: int = WORKERS, remembered: int = REMEMBERED) -> None:
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._size = workers
        self._remembered = remembered
        self._workers: list[asyncio.Task[None]] = []
        self._under_way = 0
        self._closed = False

    async def submit(self, kind: str, payload: dict[str, Any], key: str) -> bool:
        """Queue the work; False where the key is known already."""
        if self._closed:
            raise JobsStopped("Despool is stopping and takes no more work.")
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)
        self._queue.put_nowait(Job(kind=kind, payload=payload, key=key))
        return True

    async def start(self, work: Mapping[str, Work], on_error: OnError) -> None:
        """Start the workers."""
        self._workers = [
            asyncio.create_task(self._serve(work, on_error), name=f"job-worker-{number}")
            for number in range(self._size)
        ]

    async def idle(self) -> None:
        """Wait until nothing is waiting or under way."""
        await self._queue.join()

    async def drain(self, deadline: float) -> int:
        """Let the work finish for `deadline` seconds, then stop it."""
        self._closed = True
        if self._workers:
            joined = asyncio.create_task(self._queue.join())
            await asyncio.wait({joined}, timeout=deadline)
            joined.cancel()
        left = self._queue.qsize() + self._under_way
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if left:
            log.warning("Work was left undone at the end", extra={"jobs": left})
        return left

    async def _serve(self, work: Mapping[str, Work], on_error: OnError) -> None:
        while True:
            job = await self._queue.get()
            self._under_way += 1
            try:
                await _run(job, work, on_error)
            finally:
                self._under_way -= 1
                self._queue.task_done()


async def _run(job: Job, work: Mapping[str, Work], on_error: OnError) -> None:
    error = await _outcome(_perform(job, work))
    if error is not None:
        error = await _outcome(on_error(job, error))
    if error is not None:
        log.error("The error of a job could not be handled", exc_info=error)


async def _perform(job: Job, work: Mapping[str, Work]) -> None:
    await work[job.kind](job.payload)


async def _outcome(step: Coroutine[Any, Any, None]) -> BaseException | None:
    # a task of its own keeps one job's exception from ending the worker
    task = asyncio.create_task(step)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    return None if task.cancelled() else task.exception()
