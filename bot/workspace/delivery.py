"""Bring events and interactions to the bot, events again when it does not acknowledge them."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.workspace import cast
from bot.workspace.cast import Json


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event or interaction on its way to the bot."""

    payload: Json
    kind: str = "events_api"  # or "slash_commands", "interactive": Socket Mode's envelope types
    failures: list[str] = field(default_factory=list)  # Slack's retry reasons, one an attempt
    acknowledged: bool = False
    over: bool = False  # acknowledged, or given up
    response: Json | None = None  # what the acknowledgement said
    outcome: Callable[["Delivery"], object] = lambda delivery: None  # what comes of it

    @property
    def event_id(self) -> str:
        """Return what identifies the event through all its attempts."""
        return str(self.payload["event_id"])


# Sends once, waits so many seconds; None when acknowledged, else Slack's word for the reason.
Route = Callable[[Delivery, float], Awaitable[str | None]]


class GivenUp(Exception):
    """The bot asked not to be sent this event again."""


class Courier:
    """Delivers each event until it is acknowledged or its attempts are used up.

    https://docs.slack.dev/apis/events-api#retries; an interaction gets one attempt:
    https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
    """

    def __init__(self, route: Route) -> None:
        self.route = route
        self.ack_timeout = 3.0
        self.retry_after: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.late = 0.0  # seconds before a delivery
        self.duplicate = 1  # times each event is sent
        self.deliveries: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, delivery: Delivery) -> Delivery:
        """Start to deliver."""
        self.deliveries.append(delivery)
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def _deliver(self, delivery: Delivery) -> None:
        is_event = delivery.kind == "events_api"
        copies, pauses = (self.duplicate, self.retry_after) if is_event else (1, ())
        try:
            for pause in (self.late, *pauses):
                await asyncio.sleep(pause)
                sent = [self.route(delivery, self.ack_timeout) for _ in range(copies)]
                reasons = await asyncio.gather(*sent)
                if None in reasons:
                    delivery.acknowledged = True
                    break
                delivery.failures.append(str(reasons[0]))
        except GivenUp as given_up:
            delivery.failures.append(str(given_up))
        delivery.outcome(delivery)
        delivery.over = True

    async def stop(self) -> None:
        """Forget everything still on its way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def envelope(event: Json) -> Json:
    """Wrap an event as the Events API does: https://docs.slack.dev/apis/events-api#callback-field."""
    team = {"enterprise_id": None, "team_id": cast.TEAM_ID, "is_enterprise_install": False}
    wrapped: Json = {"token": "stand-in-token", "type": "event_callback", "event": event}
    wrapped |= {"team_id": cast.TEAM_ID, "api_app_id": cast.APP_ID, "is_ext_shared_channel": False}
    wrapped |= {"context_team_id": cast.TEAM_ID, "context_enterprise_id": None}
    wrapped |= {"authorizations": [{**team, "user_id": cast.BOT_USER, "is_bot": True}]}
    ids = {"event_id": f"Ev{uuid.uuid4().hex[:10].upper()}", "event_time": int(time.time())}
    return wrapped | ids | {"event_context": f"4-{uuid.uuid4().hex}"}
