"""Making work safe before it is acknowledged: many deliveries share one commit."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from bot.errors import DespoolError
from bot.incidents.database import StoreUnavailable
from bot.incidents.jobs import Job

MOST = 200  # in one commit
PATIENCE = 2.5  # seconds; after three Slack has given up, and brings it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A job on its way into the database."""

    job: Job
    after: float | None = None  # seconds until it may begin
    is_new: Future[bool] = field(default_factory=Future)


# Writes jobs in one transaction, and tells for each whether it was new.
Write = Callable[[Sequence[Kept]], list[bool]]


class Acceptance:
    """One thread that writes down whatever came meanwhile, with one commit for all of it."""

    def __init__(self, write: Write, *, patience: float = PATIENCE) -> None:
        self._write = write
        self._patience = patience
        self._waiting: queue.SimpleQueue[Kept | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="acceptance", daemon=True)
        self._thread.start()

    async def keep(self, job: Job, after: float | None = None) -> bool:
        """Return once the job is on the disk: True where it is new. Raise StoreUnavailable."""
        kept = Kept(job=job, after=after)
        self._waiting.put(kept)
        try:
            async with asyncio.timeout(self._patience):
                return await asyncio.wrap_future(kept.is_new)
        except TimeoutError:
            raise StoreUnavailable("The database takes too long.") from None

    def close(self) -> None:
        """Write down what has come, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, goes_on = [first], True
            with suppress(queue.Empty):
                while len(batch) < MOST:
                    more = self._waiting.get_nowait()
                    if more is None:
                        goes_on = False
                        break
                    batch.append(more)
            # whoever waited too long has said so to Slack, which brings it again
            self._settle([one for one in batch if one.is_new.set_running_or_notify_cancel()])
            if not goes_on:
                return

    def _settle(self, batch: Sequence[Kept]) -> None:
        if not batch:
            return
        try:
            answers = self._write(batch)
        except DespoolError as error:
            for one in batch:
                one.is_new.set_exception(error)
        else:
            for one, is_new in zip(batch, answers, strict=True):
                one.is_new.set_result(is_new)
