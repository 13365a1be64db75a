"""Doing one piece of work: what passes is waited for, what is wrong is tried and set aside."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from bot.errors import DespoolError, TryLater
from bot.incidents.database import StoreUnavailable
from bot.incidents.jobs import Job, OnError, Work

log = logging.getLogger(__name__)

TRIES = 3  # of work that fails without a known reason
FIRST_PAUSE = 0.2  # seconds
LONGEST_PAUSE = 10.0
STUBBORN = 20  # times in a row that a passing trouble is waited for before the work becomes a row
LATER = 600.0  # seconds
MOST_POSTPONED = 144  # times, which makes a day
POSTPONED = "postponed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Work that is to be tried again after a while."""

    job: Job
    after: float  # seconds


class SetAside(Protocol):
    """Remembers work that failed, so that somebody can see it."""

    async def note(self, job: Job, tries: int, reason: str, reference: str | None) -> None:
        """Write down work that is over without having succeeded."""


class Performer:
    """Does work by its kind, and decides what becomes of it when it fails."""

    def __init__(
        self,
        work: Mapping[str, Work],
        on_error: OnError,
        *,
        aside: SetAside,
        later: Callable[[Later], Awaitable[None]],
    ) -> None:
        self._work = work
        self._on_error = on_error
        self._aside = aside
        self._later = later

    async def perform(self, job: Job) -> None:
        """Do the work, or see to it that somebody hears of its failure; never raise."""
        structlog.contextvars.bind_contextvars(job=job.key)
        tries, pause = 0, FIRST_PAUSE
        while (error := await _outcome(self._attempt(job))) is not None:
            tries += 1
            known = isinstance(error, DespoolError)
            if isinstance(error, TryLater) and _is_soon(error, tries):
                log.warning("Work waits: %s", error)
            elif isinstance(error, TryLater) and await self._is_postponed(job):
                return
            elif known or tries >= TRIES:
                await self._fail(job, error, tries)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _attempt(self, job: Job) -> None:
        await self._work[job.kind](job.payload)

    async def _is_postponed(self, job: Job) -> bool:
        count = int(job.payload.get(POSTPONED) or 0) + 1
        if count > MOST_POSTPONED:
            return False
        key = f"{job.key.partition('~')[0]}~{count}"
        again = replace(job, key=key, payload={**job.payload, POSTPONED: count})
        await self._later(Later(job=again, after=LATER))
        log.warning("Work is tried again later", extra={"seconds": LATER, "count": count})
        return True

    async def _fail(self, job: Job, error: BaseException, tries: int) -> None:
        reference = secrets.token_hex(4)
        told = await _outcome(self._on_error(job, error, reference))
        if told is not None:
            log.error("The error of a job could not be handled", exc_info=told)
        if isinstance(error, DespoolError) and not isinstance(error, TryLater):
            return  # whoever asked was told what to do; nothing is broken
        noted = await _outcome(self._aside.note(job, tries, type(error).__name__, reference))
        if noted is not None:
            log.error("Failed work could not be noted", exc_info=noted)


def _is_soon(error: TryLater, tries: int) -> bool:
    return error.soon and (tries < STUBBORN or isinstance(error, StoreUnavailable))


async def _outcome(step: Awaitable[None]) -> BaseException | None:
    # a task of its own keeps one job's exception from ending whoever waits for it
    task = asyncio.ensure_future(step)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    return None if task.cancelled() else task.exception()
