"""The middleware that makes work safe before it is acknowledged, and acknowledges events."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot import metrics
from bot.errors import DespoolError
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

HEARD_AT = "heard_at"  # when Slack brought it, in seconds since 1970
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
        with metrics.ACK_SECONDS.time():
            return await self._acknowledged(req, next)

    async def _acknowledged(self, req: AsyncBoltRequest, go_on: Next) -> BoltResponse:
        job = work_in(req.body, self._services)
        if job is None:
            metrics.EVENTS.labels("dismissed").inc()
        else:
            await self._keep(job)
        if req.body.get("type") == "event_callback":
            return BoltResponse(status=200, body="")
        return await go_on()

    async def _keep(self, job: Job) -> None:
        payload = {**job.payload, HEARD_AT: time.time()}
        try:
            is_new = await self._services.jobs.submit(job.kind, payload, job.key)
        except DespoolError as error:
            metrics.EVENTS.labels("failed").inc()
            log.error("Work could not be kept, so Slack is to bring it again: %s", error)
            raise
        metrics.EVENTS.labels("kept" if is_new else "known").inc()
        log.info("Kept work" if is_new else "Knew the work", extra={"key": job.key})


def work_in(body: Json, services: Services) -> Job | None:
    """Return the work that a request brings; None for talk and for what is answered at once."""
    event = body.get("event")
    if body.get("type") == "event_callback" and isinstance(event, dict):
        return _event(body, event, services)
    if isinstance(body.get("command"), str):
        return commands.work_in(body)
    return actions.work_in(body) or modals.work_in(body)


def worth_keeping(event: Json, services: Services) -> bool:
    """Dismiss ordinary talk cheaply, without a write; in doubt it is kept.

    Kept are whatever analysis would recognise, what is said to the bot, files, replies in threads,
    which may be evidence for what was said before, and edits and deletions, since the message they
    are about may still be waiting. What the bot said itself is not.
    """
    identity = services.known()
    said = event.get("message") if event.get("subtype") in CHANGED else event
    if identity and isinstance(said, dict) and is_own(said, identity):
        return False
    if event.get("subtype") in CHANGED:
        return True
    message = spoken(event)
    if message is None:
        return False
    if is_addressed(event, message, identity) or uploads(message) or _is_reply(message):
        return True
    if identity is None and "<@" in str(message.get("text")):
        return True  # it may name us: Slack has not told yet who we are
    return may_tell(gather(message, services.recognises), services)


def _is_reply(message: Json) -> bool:
    return message.get("thread_ts") not in (None, message.get("ts"))


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
        if not worth_keeping(event, services):
            return None
    elif kind not in EVENTS:
        return None
    return Job(kind=kind, payload={"event": event}, key=key_of(body, event))
