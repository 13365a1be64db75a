"""Bring events to the bot, and again when it does not acknowledge them."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.workspace import cast


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event on its way to the bot."""

    payload: dict[str, Any]
    failures: list[str] = field(default_factory=list)  # Slack's retry reasons, one an attempt
    acknowledged: bool = False
    over: bool = False  # acknowledged, or given up

    @property
    def event_id(self) -> str:
        """Return what identifies the event through all its attempts."""
        return str(self.payload["event_id"])


class Route(Protocol):
    """A way to the bot."""

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Send once; return None when acknowledged, else Slack's word for the reason."""


class GivenUp(Exception):
    """The bot asked not to be sent this event again."""


class Courier:
    """Delivers each event until it is acknowledged or its attempts are used up.

    https://docs.slack.dev/apis/events-api#retries
    """

    def __init__(self) -> None:
        self.route: Route
        self.ack_timeout = 3.0
        self.retry_after: Sequence[float] = (0.0, 60.0, 300.0)
        self.deliveries: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, payload: dict[str, Any]) -> Delivery:
        """Start to deliver a payload."""
        delivery = Delivery(payload=payload)
        self.deliveries.append(delivery)
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            for pause in (0.0, *self.retry_after):
                await asyncio.sleep(pause)
                reason = await self.route.send(delivery, self.ack_timeout)
                if reason is None:
                    delivery.acknowledged = True
                    return
                delivery.failures.append(reason)
        except GivenUp as given_up:
            delivery.failures.append(str(given_up))
        finally:
            delivery.over = True

    async def stop(self) -> None:
        """Forget everything still on its way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def envelope(event: dict[str, Any], channel: str | None) -> dict[str, Any]:
    """Wrap an event as the Events API does: https://docs.slack.dev/apis/events-api#callback-field."""
    authorization = {
        "enterprise_id": None,
        "team_id": cast.TEAM_ID,
        "user_id": cast.BOT_USER,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "stand-in-verification-token",
        "team_id": cast.TEAM_ID,
        "context_team_id": cast.TEAM_ID,
        "context_enterprise_id": None,
        "api_app_id": cast.APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid.uuid4().hex[:10].upper()}",
        "event_time": int(time.time()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
        "event_context": f"4-{uuid.uuid4().hex}-{channel or ''}",
    }
