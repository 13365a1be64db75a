"""The agent's first words to the bot: it proves who it is, and hears whether it is welcome."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot import __version__
from bot.errors import DespoolError
from bot.wire import proof
from bot.wire.frames import FrameRefused, FromBot, said_by_bot, written
from bot.wire.greeting import NEWEST, OLDEST, RESTART, Challenge, Hello, Refusal, Welcome, spoken

HANDSHAKE = 15.0  # seconds


class BotLost(DespoolError):
    """The connection to the bot did not come about, or has ended."""


class BotRefused(BotLost):
    """The bot does not want this agent; only a person can change that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who connects, and where to."""

    agent: str
    address: str
    key: Ed25519PrivateKey
    host: str
    tls: ssl.SSLContext | None = None
    blind: Callable[[], tuple[str, ...]] = tuple


async def greet(socket: aiohttp.ClientWebSocketResponse, identity: Identity) -> Welcome:
    """Return the bot's welcome, or raise BotLost, BotRefused or FrameRefused."""
    try:
        async with asyncio.timeout(HANDSHAKE):
            challenge = await heard(socket)
            if not isinstance(challenge, Challenge):
                raise FrameRefused("The bot did not begin with a challenge.")
            if spoken(challenge.oldest, challenge.newest) is None:
                raise BotRefused(_out_of_step(challenge))
            await send(socket, written(_hello(challenge, identity)))
            welcome = await heard(socket)
    except TimeoutError:
        raise BotLost("The bot took too long over its first words.") from None
    if isinstance(welcome, Refusal):
        raise refused(welcome)
    if not isinstance(welcome, Welcome):
        raise FrameRefused("The bot answered the signature with something else.")
    return welcome


def _hello(challenge: Challenge, me: Identity) -> Hello:
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


async def send(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Send a frame, or raise BotLost."""
    try:
        await socket.send_str(text)
    except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
        raise BotLost(f"The connection ended: {type(error).__name__}.") from None


async def heard(socket: aiohttp.ClientWebSocketResponse) -> FromBot:
    """Return the bot's next frame; raise BotLost at the end, FrameRefused for rubbish."""
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.TEXT:
        return said_by_bot(message.data)
    if message.type is aiohttp.WSMsgType.BINARY:
        raise FrameRefused("The bot sent bytes, which are in no version of this protocol.")
    if message.type is aiohttp.WSMsgType.ERROR:
        raise FrameRefused(f"What the bot sent could not be read: {message.data}.")
    raise BotLost("The bot ended the connection.")


def refused(refusal: Refusal) -> BotLost:
    """Return what a refusal means: whether trying again soon helps."""
    kind = BotLost if refusal.code == RESTART else BotRefused
    return kind("".join(one for one in refusal.text if one.isprintable()))


def _out_of_step(challenge: Challenge) -> str:
    old, new = ("bot", "agent") if challenge.newest < OLDEST else ("agent", "bot")
    return (
        f"The {old} is too old for this {new}: the bot speaks the protocol "
        f"{challenge.oldest} to {challenge.newest}, the agent {OLDEST} to {NEWEST}. "
        f"Update Despool where the {old} runs."
    )
