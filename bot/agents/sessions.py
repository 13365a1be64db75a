"""The sockets of the agents: who is behind each was proved, and the newest of an agent counts."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
from aiohttp import web

from bot.agents.enrolment import LARGEST, Clock, Enrolment, now_utc
from bot.agents.pending import Pending
from bot.agents.port import AgentStatus
from bot.agents.roster import Agent, Roster
from bot.agents.trouble import EnrolmentRefused
from bot.errors import DespoolError
from bot.wire import proof
from bot.wire.address import CONNECT, ENROLL
from bot.wire.frames import (
    LARGEST_ANSWER,
    NEWEST,
    OLDEST,
    RESTART,
    Ack,
    CapturePush,
    Challenge,
    FrameRefused,
    FromAgent,
    FromBot,
    Hello,
    Push,
    RecordPush,
    Refusal,
    ReleasedPush,
    Welcome,
    said_by_agent,
    spoken,
    written,
)

log = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds
HANDSHAKE = 15.0
SWEEP = 1.0  # seconds after which a revocation made elsewhere closes a socket here
PUSHES = 100  # of one agent that wait to be handed on
STRANGERS = 64  # sockets that have not yet proved who they are

OnPush = Callable[[Agent, Push], Awaitable[None]]
OnAgent = Callable[[Agent], Awaitable[None]]


class NotWelcome(DespoolError):
    """An agent that may not connect; its text goes to the agent's admin."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Session:
    """One agent's connection: the enrolled identity, and no field of a message, says whose."""

    agent: Agent
    hello: Hello
    protocol: int
    since: datetime
    socket: web.WebSocketResponse
    pending: Pending
    pushes: asyncio.Queue[Push] = field(default_factory=lambda: asyncio.Queue(maxsize=PUSHES))

    async def send(self, frame: FromBot) -> None:
        """Send a frame; on a socket that is closed it is lost, as on one that breaks."""
        if not self.socket.closed:
            await self.socket.send_str(written(frame))

    async def close(self, code: str, text: str) -> None:
        """Say why, and close at once."""
        self.pending.fail(text)
        try:
            async with asyncio.timeout(1):
                await self.send(Refusal(code=code, text=text))
                await self.socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION, drain=False)
        except (ConnectionError, TimeoutError, RuntimeError):
            log.debug("A socket was broken already")


class Gateway:
    """Enrols agents, keeps their sockets, and hands on what they push."""

    def __init__(
        self,
        roster: Roster,
        on_push: OnPush,
        *,
        on_enrolled: OnAgent | None = None,
        public_url: str | None = None,
        clock: Clock = now_utc,
    ) -> None:
        """Take the roster, and who is told.

        `on_push` gets what an agent pushes, one after the other; when it returns the push is
        acknowledged, and when it raises a DespoolError or OSError it comes again. After a restart
        of the bot the same id may come once more. `public_url` is where this bot is
        reached now, should agents have enrolled at another address.
        """
        self.roster, self._on_push, self._on_enrolled = roster, on_push, on_enrolled
        self.enrolment = Enrolment(roster, clock)
        self._public_url, self._clock = public_url, clock
        self._sessions: dict[str, Session] = {}
        self._strangers = 0
        self._taken = _Taken()

    # -- asked by the rest of the bot

    def session(self, agent: str) -> Session | None:
        """Return the connection of an agent."""
        return self._sessions.get(agent)

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected here, by name."""
        sessions = sorted(self._sessions.values(), key=lambda one: one.agent.name.casefold())
        return tuple(
            AgentStatus(
                name=one.agent.name,
                host=one.hello.host,
                version=one.hello.version,
                connected_since=one.since,
                blind=one.hello.blind,
            )
            for one in sessions
        )

    async def revoke(self, name: str) -> tuple[Agent, ...]:
        """Revoke the agents of that name or number, close their sockets, and return them."""
        found = []
        for agent in await self.roster.agents():
            if name == agent.id or name.casefold() == agent.name.casefold():
                await self.roster.revoke(agent.id, self._clock())
                found.append(agent)
        await self.sweep()
        return tuple(found)

    async def sweep(self) -> None:
        """Close the sockets of agents that were revoked, here or by another replica."""
        if not self._sessions:
            return
        active = {agent.id for agent in await self.roster.agents()}
        gone = [one for id_, one in self._sessions.items() if id_ not in active]
        await asyncio.gather(*(one.close("revoked", _REVOKED) for one in gone))

    async def keep_swept(self, every: float = SWEEP) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            await asyncio.sleep(every)
            await self.sweep()

    async def close(self) -> None:
        """Close all sockets; the agents come again."""
        sessions = list(self._sessions.values())
        await asyncio.gather(*(one.close(RESTART, "The bot restarts.") for one in sessions))

    # -- asked over HTTP

    async def enroll(self, request: web.Request) -> web.StreamResponse:
        """Take in a server; the answer is JSON, with a sentence in `error` where it is refused."""
        try:
            agent = await self.enrolment.enroll(await _body(request))
        except EnrolmentRefused as error:
            return web.json_response({"error": str(error)}, status=403)
        await self.sweep()  # it may have taken the place of another
        try:
            if self._on_enrolled is not None:
                await self._on_enrolled(agent)
        except DespoolError as error:  # it is enrolled all the same
            log.error("An enrolment was not announced", extra={"reason": str(error)})
        return web.json_response({"agent": agent.id, "name": agent.name})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one agent for as long as it stays."""
        if self._strangers >= STRANGERS:
            raise web.HTTPServiceUnavailable(reason="Too many connect at once")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST_ANSWER)
        await socket.prepare(request)
        try:
            session = await self._greeted(socket)
        except (NotWelcome, FrameRefused) as error:
            await _turn_away(socket, error, request.remote)
            return socket
        except (TimeoutError, ConnectionError):
            await socket.close()
            return socket
        await self._serve(session)
        return socket

    async def _greeted(self, socket: web.WebSocketResponse) -> Session:
        self._strangers += 1
        try:
            async with asyncio.timeout(HANDSHAKE):
                nonce = secrets.token_urlsafe(32)
                first = Challenge(oldest=OLDEST, newest=NEWEST, nonce=nonce)
                await socket.send_str(written(first))
                hello = await _next(socket)
                if not isinstance(hello, Hello):
                    raise FrameRefused("The agent did not begin with its hello.")
                agent = await self._proved(hello, nonce)
        finally:
            self._strangers -= 1
        return Session(
            agent=agent,
            hello=hello,
            protocol=_agreed(hello),
            since=self._clock(),
            socket=socket,
            pending=Pending(),
        )

    async def _proved(self, hello: Hello, nonce: str) -> Agent:
        """Return who signed this very nonce; a stranger learns nothing about who is enrolled."""
        agent = await self.roster.agent(hello.agent)
        if agent is None or not self._is_signed(agent, hello, nonce):
            raise NotWelcome("unknown", _UNKNOWN)
        if agent.revoked_at is not None:
            raise NotWelcome("revoked", _REVOKED)
        return agent

    def _is_signed(self, agent: Agent, hello: Hello, nonce: str) -> bool:
        return any(
            proof.is_signed(
                agent.public_key, hello.signature, proof.connecting(agent.id, address, nonce)
            )
            for address in (agent.url, self._public_url)
            if address is not None
        )

    async def _serve(self, session: Session) -> None:
        agent = session.agent
        before = self._sessions.pop(agent.id, None)
        self._sessions[agent.id] = session
        if before is not None:
            await before.close("replaced", "This agent has connected anew.")
        extra = {"agent": agent.name, "version": session.hello.version}
        log.info("An agent has connected", extra=extra)
        # beside the answers, which must not wait until Slack has taken a push
        taking = asyncio.create_task(self._take(session))
        try:
            await session.send(Welcome(protocol=session.protocol, name=agent.name))
            await self.roster.seen(
                agent.id, self._clock(), host=session.hello.host, version=session.hello.version
            )
            await self.sweep()  # it may have been revoked since it was looked up
            while True:
                await _hear(session, await _next(session.socket))
        except FrameRefused as error:
            await session.close("rubbish", str(error))
        except ConnectionError:
            log.info("An agent has gone", extra={"agent": agent.name})
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            session.pending.fail(f"The agent of {agent.name} has just lost its connection.")
            if self._sessions.get(agent.id) is session:
                del self._sessions[agent.id]

    async def _take(self, session: Session) -> None:
        """Hand on what an agent pushes, in order; where that fails the agent comes again."""
        while True:
            push = await session.pushes.get()
            if not self._taken.holds(session.agent.id, push.id):
                try:
                    await self._on_push(session.agent, push)
                except (DespoolError, OSError) as error:
                    log.error("A push was not taken", extra={"reason": str(error)})
                    await session.close(RESTART, "The bot could not take what was pushed.")
                    return
                self._taken.add(session.agent.id, push.id)
            await session.send(Ack(id=push.id))


class _Taken:
    """The pushes that were handed on last: an acknowledgement can be lost on its way."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def holds(self, agent: str, id_: str) -> bool:
        return (agent, id_) in self._ids

    def add(self, agent: str, id_: str) -> None:
        self._ids[agent, id_] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)


async def _hear(session: Session, frame: FromAgent) -> None:
    if isinstance(frame, Hello):
        raise FrameRefused("The agent said its hello again.")
    if isinstance(frame, RecordPush | CapturePush | ReleasedPush):
        await session.pushes.put(frame)  # where too many wait, the socket does
    else:
        session.pending.settle(frame)


_UNKNOWN = (
    "The bot knows no agent with this number and key. Enrol this server: an admin gets a code "
    "with `despool agents invite NAME`."
)
_REVOKED = "This agent was revoked. To let it report again, enrol the server with a new code."


def routes(gateway: Gateway) -> list[web.RouteDef]:
    """Return what the bot's HTTP side has to serve for agents."""
    return [
        web.post(f"/{ENROLL}", gateway.enroll),
        web.get(f"/{CONNECT}", gateway.connect, allow_head=False),
    ]


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > LARGEST:
        raise EnrolmentRefused("The request to enrol is too large.")
    try:
        async with asyncio.timeout(HANDSHAKE):
            body = await request.content.read(LARGEST + 1)
            while len(body) <= LARGEST and (more := await request.content.read(LARGEST)):
                body += more
    except (TimeoutError, aiohttp.ClientError, ConnectionError):
        raise EnrolmentRefused("The request to enrol did not arrive whole.") from None
    if len(body) > LARGEST:
        raise EnrolmentRefused("The request to enrol is too large.")
    return body


def _agreed(hello: Hello) -> int:
    protocol = spoken(hello.oldest, hello.newest)
    if protocol is None:
        old = "agent" if hello.newest < OLDEST else "bot"
        raise NotWelcome(
            f"old-{old}",
            f"The {old} is too old: the agent speaks the protocol {hello.oldest} to "
            f"{hello.newest}, the bot {OLDEST} to {NEWEST}. Update Despool where the {old} runs.",
        )
    return protocol


async def _turn_away(
    socket: web.WebSocketResponse, error: NotWelcome | FrameRefused, remote: str | None
) -> None:
    code = error.code if isinstance(error, NotWelcome) else "rubbish"
    log.warning("Turned an agent away", extra={"reason": code, "remote": remote})
    try:
        async with asyncio.timeout(1):
            await socket.send_str(written(Refusal(code=code, text=str(error))))
            await socket.close(code=aiohttp.WSCloseCode.POLICY_VIOLATION)
    except (ConnectionError, TimeoutError, RuntimeError):
        log.debug("A socket was broken already")


async def _next(socket: web.WebSocketResponse) -> FromAgent:
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.TEXT:
        return said_by_agent(message.data)
    if message.type is aiohttp.WSMsgType.BINARY:
        raise FrameRefused("Bytes are in no version of this protocol.")
    raise ConnectionResetError
