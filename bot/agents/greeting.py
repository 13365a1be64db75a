"""Who is behind a new socket: a challenge, and the proof that answers it."""

from __future__ import annotations

import asyncio
import logging
import secrets

import aiohttp
from aiohttp import web

from bot.agents.enrolment import Clock
from bot.agents.pending import Pending
from bot.agents.roster import Agent, Roster
from bot.agents.sessions import Session, heard
from bot.errors import DespoolError
from bot.wire import proof
from bot.wire.frames import FrameRefused, written
from bot.wire.greeting import NEWEST, OLDEST, Challenge, Hello, Refusal, spoken

log = logging.getLogger(__name__)

HANDSHAKE = 15.0  # seconds
REVOKED = "This agent was revoked. To let it report again, enrol the server with a new code."
_UNKNOWN = (
    "The bot knows no agent with this number and key. Enrol this server: an admin gets a code "
    "with `despool agents invite NAME`."
)


class NotWelcome(DespoolError):
    """An agent that may not connect; its text goes to the agent's admin."""

    def __init__(self, code: str, text: str, agent: Agent | None = None) -> None:
        """Take what a program acts on, the words, and whose key was proved."""
        super().__init__(text)
        self.code, self.agent = code, agent


async def greeted(
    socket: web.WebSocketResponse, roster: Roster, public_url: str | None, clock: Clock
) -> Session:
    """Return the session of an agent that has proved who it is; raise NotWelcome or FrameRefused.

    A silent socket ends in TimeoutError, one that is closed in ConnectionError.
    """
    async with asyncio.timeout(HANDSHAKE):
        nonce = secrets.token_urlsafe(32)
        first = Challenge(oldest=OLDEST, newest=NEWEST, nonce=nonce)
        await socket.send_str(written(first))
        hello = await heard(socket)
        if not isinstance(hello, Hello):
            raise FrameRefused("The agent did not begin with its hello.")
        agent = await roster.agent(hello.agent)
    # a stranger learns nothing about who is enrolled
    if agent is None or not _is_signed(agent, hello, nonce, public_url):
        raise NotWelcome("unknown", _UNKNOWN)
    if agent.revoked_at is not None:
        raise NotWelcome("revoked", REVOKED)
    return Session(
        agent=agent,
        hello=hello,
        protocol=_agreed(hello, agent),
        since=clock(),
        socket=socket,
        pending=Pending(),
    )


def _is_signed(agent: Agent, hello: Hello, nonce: str, public_url: str | None) -> bool:
    """Tell whether an agent signed this very nonce, for this bot."""
    return any(
        proof.is_signed(
            agent.public_key, hello.signature, proof.connecting(agent.id, address, nonce)
        )
        for address in (agent.url, public_url)
        if address is not None
    )


def _agreed(hello: Hello, agent: Agent) -> int:
    protocol = spoken(hello.oldest, hello.newest)
    if protocol is None:
        old = "agent" if hello.newest < OLDEST else "bot"
        raise NotWelcome(
            f"old-{old}",
            f"The {old} is too old: the agent speaks the protocol {hello.oldest} to "
            f"{hello.newest}, the bot {OLDEST} to {NEWEST}. Update Despool where the {old} runs.",
            agent,
        )
    return protocol


async def turn_away(
    socket: web.WebSocketResponse, error: NotWelcome | FrameRefused, remote: str | None
) -> None:
    """Say why an agent may not connect, and close."""
    code = error.code if isinstance(error, NotWelcome) else "rubbish"
    log.warning("Turned an agent away", extra={"reason": code, "remote": remote})
    try:
        async with asyncio.timeout(1):
            await socket.send_str(written(Refusal(code=code, text=str(error))))
            await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION)
    except (ConnectionError, TimeoutError, RuntimeError):
        log.debug("A socket was broken already")
