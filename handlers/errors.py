"""The one place where an exception becomes a message."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import DespoolError
from bot.incidents import Job
from bot.services import Services
from bot.slack import SlackError

log = logging.getLogger(__name__)


def register(app: AsyncApp) -> None:
    """Answer a failed request with 500, so that Slack delivers it again."""

    @app.error
    async def on_error(error: Exception, req: AsyncBoltRequest) -> BoltResponse:
        log.error("A request failed", extra={"reference": reference()}, exc_info=error)
        return BoltResponse(status=500, body="")


async def on_job_error(job: Job, error: BaseException, services: Services) -> None:
    """Log what went wrong and tell the author of the message alone."""
    sign = reference()
    known = isinstance(error, DespoolError)
    log.error(
        "A job failed: %s" if known else "A job failed unexpectedly: %s",
        error if known else type(error).__name__,
        extra={"reference": sign, "job": job.key, "kind": job.kind},
        exc_info=None if known else error,
    )
    if not isinstance(error, SlackError):  # there is no use in telling Slack that Slack fails
        await services.delivery.whisper(*_author(job.payload), sentence(error, sign))


def sentence(error: BaseException, sign: str) -> str:
    """Return what the reader sees: what failed, what was done, what to do next."""
    what = str(error) if isinstance(error, DespoolError) else "Something went wrong inside Despool."
    return (
        f"Despool could not read this log. {what} Nothing was changed anywhere. "
        f"Run `despool explain` on the file, or report the reference {sign}."
    )


def reference() -> str:
    """Return a short sign that the reader and the log share."""
    return secrets.token_hex(4)


def _author(payload: dict[str, Any]) -> tuple[str, str | None, str | None]:
    event = payload.get("event", {})
    message = event.get("message") if isinstance(event.get("message"), dict) else event
    thread_ts = message.get("thread_ts") or message.get("ts")
    return str(event.get("channel", "")), message.get("user"), thread_ts
