"""One call to the Slack Web API, and what its failure means for whoever made it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import DespoolError

TIMEOUT = 30.0
RETRY_AFTER = 30.0  # for a 429 that does not say how long
LONGEST_WAIT = 3600.0
# what Slack answers with `ok: false` while it is itself in trouble
TRANSIENT = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SlackError(DespoolError):
    """A call to Slack did not succeed."""


class SlackRefused(SlackError):
    """Slack said no, and did nothing; asking again will not help."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused the call: {code}.")
        self.code = code


class SlackLimited(SlackError):
    """Slack did nothing, and wants to be left alone for `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"Slack asks to wait {retry_after:g} s.")
        self.retry_after = retry_after


class SlackUnreachable(SlackError):
    """Slack gave no usable answer, so the call may or may not have taken effect."""


def connect(*, token: str, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Make a Web API client that never repeats a call by itself."""
    client = AsyncWebClient(token=token, base_url=base_url, session=session, retry_handlers=[])
    if urlsplit(base_url).hostname in LOOPBACK:
        # slack_sdk takes HTTPS_PROXY even for this machine, and knows no NO_PROXY
        client.proxy = None
    return client


def session() -> aiohttp.ClientSession:
    """Open the one connection pool of the process; slack_sdk sets no time-out on a shared one."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))


async def call(pending: Awaitable[Any]) -> dict[str, Any]:
    """Await one Web API call and turn every way it can fail into a SlackError."""
    try:
        response = await pending
    except SlackApiError as error:
        raise _failure(error.response) from None
    except (aiohttp.ClientError, SlackClientError, OSError, TimeoutError) as error:
        raise SlackUnreachable(f"Slack cannot be reached ({type(error).__name__}).") from error
    except (AttributeError, ValueError) as error:
        # slack_sdk expects an object: a proxy's or a portal's page with status 200 is none
        raise SlackUnreachable("What answers for Slack does not speak its language.") from error
    return dict(response.data)


def _failure(response: Any) -> SlackError:
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        return SlackLimited(pause(getattr(response, "headers", {})))
    if code and status < 500 and code not in TRANSIENT:
        return SlackRefused(code)
    return SlackUnreachable(f"Slack answered with status {status} {code}".rstrip() + ".")


def pause(headers: Any) -> float:
    """Return how many seconds a 429 asks to be left alone for."""
    named = {str(name).lower(): value for name, value in headers.items()}
    value = str(named.get("retry-after", ""))
    # digits, and not so many that a proxy's joke would keep a channel waiting for ever
    return min(float(value), LONGEST_WAIT) if value.isdecimal() else RETRY_AFTER
