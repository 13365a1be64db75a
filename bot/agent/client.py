"""The connection that the agent opens to the bot: proved, kept, and opened again."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from bot import __version__
from bot.errors import DespoolError
from bot.wire import proof
from bot.wire.address import CONNECT, is_loopback
from bot.wire.frames import LARGEST_QUESTION, FrameRefused, FromBot, said_by_bot, written
from bot.wire.greeting import NEWEST, OLDEST, RESTART, Challenge, Hello, Refusal, Welcome, spoken
from bot.wire.talk import Ack, Answer, Question

log = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds; routers cut what is silent for a minute
HANDSHAKE = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
STEADY = 10.0  # seconds after which a connection counts as a good one
AT_ONCE = 32  # questions and pushes on their way at the same time


class BotLost(DespoolError):
    """The connection to the bot did not come about, or has ended."""


class BotRefused(BotLost):
    """The bot does not want this agent; only a person can change that."""


class Pushes(Protocol):
    """What waits to be taken by the bot."""

    def oldest(self, after: int, count: int) -> list[tuple[int, str]]:
        """Return the next pushes behind a place."""

    def taken(self, id_: str) -> None:
        """Forget a push that the bot has taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who connects, and where to."""

    agent: str
    address: str
    key: Ed25519PrivateKey
    host: str
    tls: ssl.SSLContext | None = None
    blind: Callable[[], tuple[str, ...]] = tuple


@dataclass(slots=True, kw_only=True)
class Standing:
    """How the connection is, for `despool agent status`."""

    connected: bool = False
    name: str | None = None
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
                await self._greet(socket)
                await self._serve(socket)
        except aiohttp.WSServerHandshakeError as error:
            raise BotLost(
                f"What answered at {address} is no Despool bot with agents (status {error.status})."
            ) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise BotLost(f"The bot is not reached at {address}: {reason}.") from None

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.timeout(HANDSHAKE):
            challenge = await _next(socket)
            if not isinstance(challenge, Challenge):
                raise FrameRefused("The bot did not begin with a challenge.")
            if spoken(challenge.oldest, challenge.newest) is None:
                raise BotRefused(_out_of_step(challenge))
            await socket.send_str(written(self._hello(challenge)))
            welcome = await _next(socket)
        if isinstance(welcome, Refusal):
            raise _refused(welcome)
        if not isinstance(welcome, Welcome):
            raise FrameRefused("The bot answered the signature with something else.")
        log.info("Connected", extra={"name_there": welcome.name, "protocol": welcome.protocol})
        self._standing.name = welcome.name
        self._standing.set(connected=True, trouble=None)

    def _hello(self, challenge: Challenge) -> Hello:
        me = self._identity
        statement = proof.connecting(me.agent, me.address, challenge.nonce)
        return Hello(
            oldest=OLDEST,
            newest=NEWEST,
            agent=me.agent,
            signature=proof.signed(me.key, statement),
            version=__version__,
            host=me.host,
            blind=me.blind(),
        )

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
            frame = await _next(socket)
            if isinstance(frame, Ack):
                self._pushes.taken(frame.id)
            elif isinstance(frame, Refusal):
                raise _refused(frame)
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
            await _send(socket, written(await self._answer(question)))

    async def _push(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Send what waits, each once in a connection; it is forgotten when the bot has taken it."""
        sent = 0
        while True:
            self._pushed.clear()
            rows = self._pushes.oldest(sent, AT_ONCE)
            for place, frame in rows:
                await _send(socket, frame)
                sent = place
            if not rows:
                await self._pushed.wait()


async def _send(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    try:
        await socket.send_str(text)
    except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
        raise BotLost(f"The connection ended: {type(error).__name__}.") from None


async def _next(socket: aiohttp.ClientWebSocketResponse) -> FromBot:
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.TEXT:
        return said_by_bot(message.data)
    if message.type is aiohttp.WSMsgType.BINARY:
        raise FrameRefused("The bot sent bytes, which are in no version of this protocol.")
    if message.type is aiohttp.WSMsgType.ERROR:
        raise FrameRefused(f"What the bot sent could not be read: {message.data}.")
    raise BotLost("The bot ended the connection.")


def _refused(refusal: Refusal) -> BotLost:
    kind = BotLost if refusal.code == RESTART else BotRefused
    return kind("".join(one for one in refusal.text if one.isprintable()))


def _out_of_step(challenge: Challenge) -> str:
    old, new = ("bot", "agent") if challenge.newest < OLDEST else ("agent", "bot")
    return (
        f"The {old} is too old for this {new}: the bot speaks the protocol "
        f"{challenge.oldest} to {challenge.newest}, the agent {OLDEST} to {NEWEST}. "
        f"Update Despool where the {old} runs."
    )
