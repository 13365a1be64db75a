"""The middleware that makes work safe before it is acknowledged, and acknowledges events."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.incidents import Job
from bot.services import Services
from handlers import actions, commands, modals
from handlers.contents import gather, uploads
from handlers.evidence import is_own, may_tell
from handlers.messages import is_addressed, spoken

log = logging.getLogger(__name__)

Json = dict[str, Any]
Next = Callable[[], Awaitable[BoltResponse]]

# every event type that manifest.json subscribes to
EVENTS = ("app_home_opened", "app_mention", "member_joined_channel", "message")

CHANGED = frozenset({"message_changed", "message_deleted"})


class Keep(AsyncMiddleware):
    """Store what is worth a look; where that raises, Slack sends the request again.

    An event is acknowledged here, of whatever type, and goes no further: Bolt would only look for
    a listener, and answer 404 where there is none, which Slack repeats.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Next,  # noqa: A002
    ) -> BoltResponse:
        """Keep the work of one request."""
        job = work_in(req.body, self._services)
        if job is not None:
            payload = {**job.payload, "repeated": repeated(req)}
            is_new = await self._services.jobs.submit(job.kind, payload, job.key)
            log.info("Kept work" if is_new else "Knew the work", extra={"key": job.key})
        if req.body.get("type") == "event_callback":
            return BoltResponse(status=200, body="")
        return await next()


def work_in(body: Json, services: Services) -> Job | None:
    """Return the work that a request brings; None for talk and for what is answered at once."""
    event = body.get("event")
    if body.get("type") == "event_callback" and isinstance(event, dict):
        return _event(body, event, services)
    if isinstance(body.get("command"), str):
        return commands.work_in(body)
    return actions.work_in(body) or modals.work_in(body)


def worth_keeping(event: Json, services: Services) -> bool:
    """Dismiss ordinary talk cheaply; what analysis would recognise is always kept.

    Edits and deletions are always kept as well: the message they are about may still be waiting.
    """
    identity = services.known()
    if event.get("subtype") in CHANGED:
        message = event.get("message")
        return not (identity and isinstance(message, dict) and is_own(message, identity))
    message = spoken(event)
    if message is None:
        return False
    if is_addressed(event, message, identity) or uploads(message):
        return True
    return may_tell(gather(message, services.recognises), services)


def repeated(req: AsyncBoltRequest) -> bool:
    """Tell whether Slack delivered it before; first deliveries may carry the number 0."""
    number = (req.headers.get("x-slack-retry-num") or ["0"])[0]
    return number not in ("", "0")


def key_of(body: Json, event: Json) -> str:
    """Return what makes two deliveries the same: one mention comes as two kinds of event."""
    is_new = event.get("type") in ("message", "app_mention") and event.get("subtype") not in CHANGED
    if is_new and event.get("channel") and event.get("ts"):
        return f"{event['channel']}:{event['ts']}"
    if body.get("event_id"):
        return str(body["event_id"])
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()


def _event(body: Json, event: Json, services: Services) -> Job | None:
    kind = str(event.get("type"))
    if kind == "app_mention":
        kind = "message"
    if kind == "message":
        if event.get("channel_type"):
            services.threads.heard(str(event.get("channel")), str(event["channel_type"]))
        if not worth_keeping(event, services):
            return None
    elif kind not in EVENTS:
        return None
    return Job(kind=kind, payload={"event": event}, key=key_of(body, event))
