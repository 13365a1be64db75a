"""Trying a call to Slack again for as long as trying again can help."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot import metrics
from bot.errors import DespoolError
from bot.slack import SlackLimited, SlackUnreachable

log = logging.getLogger(__name__)

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
PATIENCE = 1200.0  # seconds; an outage of Slack lasts minutes, and the reply is still wanted then


async def insist(
    attempt: Callable[[bool], Awaitable[T]],
    *,
    sleep: Sleep = asyncio.sleep,
    patience: float = PATIENCE,
    trouble: tuple[type[DespoolError], ...] = (SlackUnreachable,),
) -> T:
    """Try until it succeeds, Slack refuses, or `patience` seconds of `trouble` have passed.

    The attempt is told whether an earlier one may have taken effect. The pauses Slack asks for
    are honoured, and not counted as trouble. The last error is raised where patience ends.
    """
    uncertain = False
    spent, pause = 0.0, FIRST_PAUSE
    while True:
        started = time.monotonic()
        try:
            return await attempt(uncertain)
        except SlackLimited as error:
            metrics.RETRIES.labels("limited").inc()
            log.info("Slack asks for a pause", extra={"seconds": error.retry_after})
            await sleep(error.retry_after)
        except trouble as error:
            uncertain = True
            metrics.RETRIES.labels("unreachable").inc()
            spent += time.monotonic() - started + pause
            if spent > patience:
                raise
            log.warning("A call may or may not have taken effect: %s", error)
            await sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
