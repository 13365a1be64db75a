"""Reaching Slack: are the tokens good, is the bot connected, and trying until it is."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.repairs import sentence
from bot.services import Identity
from bot.settings import Settings
from bot.slack import SlackLimited, SlackRefused, SlackUnreachable, call

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
PING_INTERVAL = 5.0  # a dead socket is noticed within one of them


class Connection:
    """The state of the bot's relation to Slack, which `/readyz` reports."""

    def __init__(self, settings: Settings, client: AsyncWebClient) -> None:
        self._settings = settings
        self._client = client
        self._identity: Identity | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._trouble = "Slack was not asked yet."

    @property
    def token(self) -> str:
        """The bot token."""
        return self._settings.slack_bot_token.get_secret_value()

    @property
    def known(self) -> Identity | None:
        """Who the bot is, once Slack has told."""
        return self._identity

    def identity(self) -> Identity:
        """Return who the bot is; only work that starts after `authenticate` may ask."""
        if self._identity is None:
            raise RuntimeError("the bot's identity was asked for before Slack told it")
        return self._identity

    async def authenticate(self) -> None:
        """Check the tokens; wait while Slack is in trouble, raise where a token is wrong."""
        answer = await self._insist("SLACK_BOT_TOKEN", self._client.auth_test)
        if (app_token := self._settings.slack_app_token) is not None:
            secret = app_token.get_secret_value()
            await self._insist(
                "SLACK_APP_TOKEN", lambda: self._client.apps_connections_open(app_token=secret)
            )
        self._identity = Identity(
            bot_id=answer.get("bot_id"),
            user_id=answer.get("user_id"),
            team_id=answer.get("team_id"),
        )
        log.info("Slack knows the bot", extra={"team_id": self._identity.team_id})

    async def listen(self, app: AsyncApp) -> None:
        """Open the socket, where Socket Mode is used; it reconnects by itself from then on."""
        if self._settings.slack_app_token is None:
            return
        self._socket = AsyncSocketModeHandler(
            app,
            self._settings.slack_app_token.get_secret_value(),
            logger=logging.getLogger("slack_bolt"),
            web_client=self._client,
            ping_interval=PING_INTERVAL,
        )
        # like the Web API client it would take HTTPS_PROXY even for this machine
        self._socket.client.proxy = self._client.proxy
        await self._socket.connect_async()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Close the socket: no more events arrive."""
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]
            self._socket = None

    async def missing(self) -> list[str]:
        """Return what keeps the bot from being ready, in words; nothing when it is."""
        if self._identity is None:
            return [self._trouble]
        if self._settings.socket_mode and not await self._is_listening():
            return ["The socket to Slack is not open."]
        return []

    async def _is_listening(self) -> bool:
        return self._socket is not None and await self._socket.client.is_connected()

    async def _insist(self, variable: str, ask: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
        pause = FIRST_PAUSE
        while True:
            try:
                return await call(ask())
            except SlackRefused as error:
                fault = f"was refused by Slack ({error.code})"
                raise SettingsError(sentence(variable, fault)) from None
            except SlackLimited as error:
                self._trouble = str(error)
                wait = error.retry_after
            except SlackUnreachable as error:
                self._trouble = str(error)
                # spread, so that many bots do not come back in one moment
                wait = pause * random.uniform(0.8, 1.2)  # noqa: S311
                pause = min(pause * 2, LONGEST_PAUSE)
            log.warning("Waiting for Slack: %s", self._trouble, extra={"seconds": round(wait, 1)})
            await asyncio.sleep(wait)
