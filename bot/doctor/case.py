"""What the checks are given: the settings, a way to Slack, and what was asked only once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.agents import Agents
from bot.doctor.row import Row, failed
from bot.hearing import Hearing
from bot.incidents.health import State
from bot.repairs import REPAIR
from bot.settings import Settings
from bot.slack import SlackError, SlackRefused, SlackUnreachable, call

REINSTALL = (
    "Give the app this scope, as manifest.json has it, and install it to the workspace again: "
    'https://api.slack.com/apps, your app, "OAuth & Permissions", "Reinstall to Workspace".'
)
UNREACHABLE = (
    "Look at the network, at HTTPS_PROXY and at DESPOOL_SLACK_API_URL; "
    "https://slack-status.com tells of outages."
)
_TOKEN_TROUBLE = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """What came of auth.test, which several checks read."""

    answer: Mapping[str, Any]
    headers: Mapping[str, str]  # names in lower case; Slack sends them with a refusal as well
    error: SlackError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What one examination looks at."""

    settings: Settings
    client: AsyncWebClient
    session: aiohttp.ClientSession
    agents: Agents | None  # of the bot that runs in this process
    hearing: Callable[[], Hearing] | None  # of the bot that runs in this process
    work: Callable[[], Awaitable[State]] | None  # how the work stands, of the same bot
    introduction: asyncio.Task[Introduction]
    now: Callable[[], float]  # seconds since 1970
    timeout: float  # seconds that one step over the network may take
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)  # one at a time can use a SQLite file

    async def ask(self, method: Callable[..., Awaitable[Any]], **args: Any) -> dict[str, Any]:
        """Call one method of the Web API within the time-out, or raise SlackError."""

        async def limited() -> Any:
            async with asyncio.timeout(self.timeout):
                return await method(**args)

        return await call(limited())


async def introduce(client: AsyncWebClient, timeout: float) -> Introduction:  # noqa: ASYNC109
    """Ask Slack who the bot is."""
    headers: dict[str, str] = {}

    async def ask() -> Any:
        try:
            async with asyncio.timeout(timeout):
                response = await client.auth_test()
        except SlackApiError as error:
            headers.update(_headers(error.response))
            raise
        headers.update(_headers(response))
        return response

    try:
        return Introduction(answer=await call(ask()), headers=headers)
    except SlackError as error:
        return Introduction(answer={}, headers=headers, error=error)


def _headers(response: Any) -> dict[str, str]:
    found = getattr(response, "headers", None) or {}
    return {str(name).lower(): str(value) for name, value in found.items()}


def trouble(name: str, error: SlackError, variable: str = "SLACK_BOT_TOKEN") -> Row:
    """Return the row of a check that Slack did not answer, or answered with a refusal."""
    if isinstance(error, SlackRefused):
        return failed(name, *_refusal(error.code, variable))
    text = str(error)
    if not isinstance(error, SlackUnreachable):
        return failed(name, text, "Run this again after that time.")
    if not text.startswith("Slack cannot be reached"):
        text = f"Slack cannot be reached: {text}"
    return failed(name, text, UNREACHABLE)


def _refusal(code: str, variable: str) -> tuple[str, str]:
    """Return what a refusal means, and what mends it."""
    if code == "missing_scope" and variable == "SLACK_BOT_TOKEN":
        return f"A scope for this was not granted ({code}).", REINSTALL
    if code in _TOKEN_TROUBLE:
        return f"Slack refuses {variable} ({code}).", f"Set {variable} anew. {REPAIR[variable]}"
    return f"Slack refuses this ({code}).", f"Look {code} up on https://docs.slack.dev."
