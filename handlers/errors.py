"""The one place where an exception becomes a message."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.asides import Asker
from bot.errors import DespoolError
from bot.incidents import Job
from bot.services import Services
from bot.slack import SlackError, SlackRefused
from handlers import actions, commands

log = logging.getLogger(__name__)

READING = frozenset({"message", "paste", "shortcut"})  # jobs that read a log
UNASKED = frozenset({"member_joined_channel", "push", "enrolled"})  # jobs that nobody waits for


def register(app: AsyncApp) -> None:
    """Answer a failed request with 500, so that Slack delivers it again."""

    @app.error
    async def on_error(error: Exception, req: AsyncBoltRequest) -> BoltResponse:
        log.error("A request failed", extra={"reference": secrets.token_hex(4)}, exc_info=error)
        return BoltResponse(status=500, body="")


async def on_job_error(job: Job, error: BaseException, sign: str, services: Services) -> None:
    """Log what went wrong under its sign, and tell the author of the message alone."""
    known = isinstance(error, DespoolError)
    log.error(
        "A job failed: %s" if known else "A job failed unexpectedly: %s",
        error if known else type(error).__name__,
        extra={"reference": sign, "job": job.key, "kind": job.kind},
        exc_info=None if known else error,
    )
    if job.kind in UNASKED:
        return
    if not isinstance(error, SlackError):  # there is no use in telling Slack that Slack fails
        await services.asides.tell(asker_of(job.payload), sentence(error, sign, job.kind))
    if isinstance(error, SlackRefused):
        services.refused(error.code)


def sentence(error: BaseException, sign: str, kind: str) -> str:
    """Return what the reader sees: what failed, what was done, what to do next."""
    what = str(error) if isinstance(error, DespoolError) else "Something went wrong inside Despool."
    if kind in READING:
        failed, todo = "Despool could not read this log.", "Run `despool explain` on the file"
    else:
        failed, todo = "That did not work.", "Try once more"
    return f"{failed} {what} Nothing was changed anywhere. {todo}, or report the reference {sign}."


def asker_of(payload: dict[str, Any]) -> Asker:
    """Return who is to be told of a job's failure, whatever kind of job it was."""
    if "command" in payload:
        return commands.asker_of(payload["command"])
    body = payload.get("action") or payload.get("shortcut") or payload
    event = payload.get("event")
    if event is None:
        return actions.asker_of(body)
    message = event.get("message") if isinstance(event.get("message"), dict) else event
    thread_ts = message.get("thread_ts") or message.get("ts")
    return Asker(
        user=str(message.get("user") or ""),
        channel=str(event["channel"]) if event.get("channel") else None,
        thread_ts=str(thread_ts) if thread_ts else None,
    )
