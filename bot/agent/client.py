"""The connection that the agent opens to the bot: kept, and opened again."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from yarl import URL

from bot.agent.greeting import BotLost, BotRefused, Identity, greet, heard, refused, send
from bot.errors import DespoolError
from bot.wire.address import CONNECT, is_loopback
from bot.wire.frames import LARGEST_QUESTION, FrameRefused, written
from bot.wire.greeting import Challenge, Refusal, Welcome
from bot.wire.talk import Ack, Answer, Question

log = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds; routers cut what is silent for a minute
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
STEADY = 10.0  # seconds after which a connection counts as a good one
AT_ONCE = 32  # questions and pushes on their way at the same time


class Pushes(Protocol):
    """What waits to be taken by the bot."""

    def oldest(self, after: int, count: int) -> list[tuple[int, str]]:
        """Return the next pushes behind a place."""

    def taken(self, id_: str) -> None:
        """Forget a push that the bot has taken."""


@dataclass(slots=True, kw_only=True)
class Standing:
    """How the connection is, for `despool agent status`."""

    connected: bool = False
    trouble: str | None = None
    changed: Callable[[], None] = field(default=lambda: None)

    def set(self, *, connected: bool, trouble: str | None) -> None:
        """Note a change."""
        self.connected, self.trouble = connected, trouble
        self.changed()


class Client:
    """Keeps one connection to the bot for as long as it runs."""

    def __init__(
        self,
        identity: Identity,
        answer: Callable[[Question], Awaitable[Answer]],
        pushes: Pushes,
        pushed: asyncio.Event,
        standing: Standing,
        *,
        pause: Callable[[float], float] = lambda most: random.uniform(most / 2, most),  # noqa: S311
    ) -> None:
        self._identity, self._answer = identity, answer
        self._pushes, self._pushed = pushes, pushed
        self._standing, self._pause = standing, pause

    async def run(self) -> None:
        """Connect, and connect again whenever that ends; it goes on until cancelled."""
        longest = FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await self._connection()
            except BotRefused as error:
                longest = LONGEST_PAUSE  # it may be asked again, but not at once
                self._lost(error)
            except DespoolError as error:  # also where the outbox cannot be written
                steady = loop.time() - started > STEADY
                longest = FIRST_PAUSE if steady else min(longest * 2, LONGEST_PAUSE)
                self._lost(error)
            # spread, for after a restart of the bot every server would come at the same moment
            await asyncio.sleep(self._pause(longest))

    def _lost(self, error: DespoolError) -> None:
        log.warning("Not connected to the bot", extra={"reason": str(error)})
        self._standing.set(connected=False, trouble=str(error))

    async def _connection(self) -> None:
        address = self._identity.address
        try:
            async with (
                aiohttp.ClientSession(
                    trust_env=not is_loopback(URL(address).host or "")
                ) as session,
                session.ws_connect(
                    address + CONNECT,
                    ssl=self._identity.tls or True,
                    heartbeat=HEARTBEAT,
                    max_msg_size=LARGEST_QUESTION,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                ) as socket,
            ):
                self._welcomed(await greet(socket, self._identity))
                await self._serve(socket)
        except aiohttp.WSServerHandshakeError as error:
            raise BotLost(
                f"What answered at {address} is no Despool bot with agents (status {error.status})."
            ) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise BotLost(f"The bot is not reached at {address}: {reason}.") from None

    def _welcomed(self, welcome: Welcome) -> None:
        log.info("Connected", extra={"name_there": welcome.name, "protocol": welcome.protocol})
        self._standing.set(connected=True, trouble=None)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        replies: set[asyncio.Task[None]] = set()
        both = {
            asyncio.create_task(self._listen(socket, replies)),
            asyncio.create_task(self._push(socket)),
        }
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [*both, *replies]:
                task.cancel()
            await asyncio.gather(*both, *replies, return_exceptions=True)
        for task in done:
            task.result()  # neither ends but by an error

    async def _listen(
        self, socket: aiohttp.ClientWebSocketResponse, replies: set[asyncio.Task[None]]
    ) -> None:
        while True:
            frame = await heard(socket)
            if isinstance(frame, Ack):
                self._pushes.taken(frame.id)
            elif isinstance(frame, Refusal):
                raise refused(frame)
            elif isinstance(frame, Challenge | Welcome):
                raise FrameRefused("The bot said its first words again.")
            else:
                if len(replies) >= AT_ONCE:  # a flood waits in the socket, not in memory
                    await asyncio.wait(replies, return_when=asyncio.FIRST_COMPLETED)
                task = asyncio.create_task(self._reply(socket, frame))
                replies.add(task)
                task.add_done_callback(replies.discard)

    async def _reply(self, socket: aiohttp.ClientWebSocketResponse, question: Question) -> None:
        with suppress(BotLost):  # then the connection ends by itself
            await send(socket, written(await self._answer(question)))

    async def _push(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send what waits, each once in a connection; it is forgotten when the bot has taken it."""
        sent = 0
        while True:
            self._pushed.clear()
            rows = self._pushes.oldest(sent, AT_ONCE)
            for place, frame in rows:
                await send(socket, frame)
                sent = place
            if not rows:
                await self._pushed.wait()
