"""Reaching Slack: are the tokens good, is the bot connected and heard, and trying until it is."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from bot.hearing import Hearing, Pulse
from bot.repairs import sentence
from bot.services import Identity
from bot.settings import Settings
from bot.slack import SlackLimited, SlackRefused, SlackUnreachable, call

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
DEAF_AFTER = 60.0  # seconds; a reconnect takes up to 30 where Slack is in trouble
PINGS = 12  # pings that stay unanswered until the socket counts as deaf, so one each 5 s
REVOKED = frozenset({"invalid_auth", "token_revoked", "token_expired", "account_inactive"})


class Connection:
    """The state of the bot's relation to Slack, which `/healthz` and `/readyz` report."""

    def __init__(
        self, settings: Settings, client: AsyncWebClient, *, deaf_after: float = DEAF_AFTER
    ) -> None:
        self._settings = settings
        self._client = client
        self._identity: Identity | None = None
        self._socket: AsyncSocketModeHandler | None = None
        self._trouble = "Slack was not asked yet."
        self._refused: str | None = None  # the code with which Slack took the token back
        self._pulse = Pulse(deaf_after)
        self._ping_interval = deaf_after / PINGS
        self._tasks: set[asyncio.Task[None]] = set()

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
            self._pulse.heard(time.monotonic())  # from here on the socket ought to be heard
        self._identity = Identity(
            bot_id=answer.get("bot_id"),
            user_id=answer.get("user_id"),
            team_id=answer.get("team_id"),
            url=answer.get("url"),
            name=answer.get("user"),
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
            ping_interval=self._ping_interval,
        )
        # like the Web API client it would take HTTPS_PROXY even for this machine
        self._socket.client.proxy = self._client.proxy
        self._socket.client.message_listeners.append(self._on_message)
        self._start(self._watch(self._socket))
        await self._socket.connect_async()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Close the socket: no more events arrive."""
        for task in tuple(self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]
            self._socket = None

    def hearing(self) -> Hearing:
        """Return when the socket was heard last, and whether it is deaf."""
        now = time.monotonic()
        session = self._socket.client.current_session if self._socket else None
        return Hearing(
            heard_seconds_ago=self._pulse.silence(now),
            is_deaf=self._pulse.is_deaf(now),
            is_open=session is not None and not session.closed,
        )

    def refused(self, code: str) -> None:
        """Take note that Slack took the token back; a code that means anything else is ignored.

        `/readyz` names the code until Slack accepts the token again, which is asked for meanwhile.
        """
        if code not in REVOKED or self._refused is not None:
            return
        log.error("Slack no longer accepts the bot token", extra={"code": code})
        self._refused = code
        self._start(self._until_accepted())

    async def missing(self) -> list[str]:
        """Return what keeps the bot from being ready, in words; nothing when it is."""
        if self._identity is None:
            return [self._trouble]
        if self._refused is not None:
            return [sentence("SLACK_BOT_TOKEN", f"was refused by Slack ({self._refused})")]
        if self._settings.socket_mode and not await self._is_listening():
            return ["The socket to Slack is not open."]
        return []

    async def _is_listening(self) -> bool:
        return self._socket is not None and await self._socket.client.is_connected()

    async def _on_message(self, _: Any, message: dict[str, Any], __: str | None) -> None:
        # a greeting says that a socket was opened, not that anything comes through it
        if message.get("type") != "hello":
            self._pulse.heard(time.monotonic())

    async def _watch(self, socket: AsyncSocketModeHandler) -> None:
        was_deaf = False
        while True:
            now = time.monotonic()
            self._pulse.pong(socket.client.last_ping_pong_time, now)
            is_deaf = self._pulse.is_deaf(now)
            if is_deaf and not was_deaf:
                log.error("Nothing is heard from Slack any more")
            elif was_deaf and not is_deaf:
                log.warning("Slack is heard again")
            was_deaf = is_deaf
            await asyncio.sleep(self._ping_interval / 5)

    async def _until_accepted(self) -> None:
        pause = FIRST_PAUSE
        while self._refused is not None:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await call(self._client.auth_test())
            except SlackRefused as error:
                self._refused = error.code
            except (SlackLimited, SlackUnreachable) as error:
                log.warning("Could not ask whether the token works: %s", error)
            else:
                self._refused = None
                log.info("Slack accepts the bot token again")

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

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
