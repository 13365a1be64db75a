"""The middleware that makes an event safe before it is acknowledged, and its listeners."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.services import Services
from handlers.contents import gather
from handlers.messages import spoken

log = logging.getLogger(__name__)

Json = dict[str, Any]
Next = Callable[[], Awaitable[BoltResponse]]
Middleware = Callable[..., Awaitable[BoltResponse]]

EVENTS = ("message",)  # every event type that manifest.json subscribes to


def keep(services: Services) -> Middleware:
    """Make the middleware that stores what is worth a look; where it raises, Slack sends again."""

    async def keep_event(req: AsyncBoltRequest, next: Next) -> BoltResponse:  # noqa: A002
        body = req.body
        event = body.get("event")
        if body.get("type") == "event_callback" and isinstance(event, dict):
            await _keep(body, event, repeated(req), services)
        return await next()

    return keep_event


def register(app: AsyncApp) -> None:
    """Listen to every subscribed event, for what nothing listens to gets 404 and comes again."""
    for kind in EVENTS:
        app.event(kind)(acknowledge)


async def acknowledge() -> None:
    """Do nothing more: the work is in the jobs already."""


def worth_keeping(event: Json, services: Services) -> bool:
    """Dismiss ordinary talk cheaply; what analysis would recognise is always kept."""
    message = spoken(event)
    return message is not None and services.recognises(gather(message, services.recognises))


def key_of(body: Json) -> str:
    """Return what makes two deliveries the same event."""
    if body.get("event_id"):
        return str(body["event_id"])
    text = json.dumps(body.get("event"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def repeated(req: AsyncBoltRequest) -> bool:
    """Tell whether Slack delivered it before; first deliveries may carry the number 0."""
    number = (req.headers.get("x-slack-retry-num") or ["0"])[0]
    return number not in ("", "0")


async def _keep(body: Json, event: Json, is_repeated: bool, services: Services) -> None:
    if not worth_keeping(event, services):
        return
    kind = str(event["type"])
    payload = {"event": event, "repeated": is_repeated}
    is_new = await services.jobs.submit(kind, payload, key_of(body))
    log.info("Kept an event" if is_new else "Knew an event", extra={"event_id": key_of(body)})
