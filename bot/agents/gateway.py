"""The door for agents: they enrol, they connect, and the newest socket of each counts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

import aiohttp
from aiohttp import web

from bot.agents.enrolment import LARGEST, Clock, Enrolment, now_utc
from bot.agents.greeting import HANDSHAKE, REVOKED, NotWelcome, greeted, turn_away
from bot.agents.port import AgentStatus
from bot.agents.presence import Presence
from bot.agents.roster import Agent, Roster
from bot.agents.sessions import OnPush, Session, Taken, TakenLately
from bot.agents.trouble import EnrolmentRefused
from bot.errors import DespoolError, TryLater
from bot.wire.address import CONNECT, ENROLL
from bot.wire.frames import LARGEST_ANSWER, FrameRefused
from bot.wire.greeting import RESTART, Welcome

log = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds
SWEEP = 1.0  # seconds after which a revocation made elsewhere closes a socket here
ANEW = "This agent has connected anew."
STRANGERS = 64  # sockets that have not yet proved who they are

OnAgent = Callable[[Agent], Awaitable[None]]


class Gateway:
    """Enrols agents, keeps their sockets, and hands on what they push."""

    def __init__(
        self,
        roster: Roster,
        on_push: OnPush,
        *,
        on_enrolled: OnAgent | None = None,
        taken: Taken | None = None,
        public_url: str | None = None,
        clock: Clock = now_utc,
    ) -> None:
        """Take the roster, and who is told.

        `on_push` gets what an agent pushes, one after the other; when it returns the push is
        acknowledged, and when it raises a DespoolError or OSError it comes again. `taken` knows
        which came before, else the same id may come once more after a restart. `public_url` is
        where this bot is reached now, should agents have enrolled at another address.
        """
        self.roster, self._on_push, self._on_enrolled = roster, on_push, on_enrolled
        self.enrolment = Enrolment(roster, clock)
        self._public_url, self._clock = public_url, clock
        self._sessions: dict[str, Session] = {}
        self._out_of_step: dict[str, str] = {}
        self._strangers = 0
        self._taken = taken or TakenLately()
        self._changed: Callable[[], None] = lambda: None
        self._shut = False

    # -- asked by the rest of the bot

    def session(self, agent: str) -> Session | None:
        """Return the connection of an agent."""
        return self._sessions.get(agent)

    def out_of_step(self, agent: str) -> str | None:
        """Return, in words, why an agent that is there cannot be spoken with: its version."""
        return self._out_of_step.get(agent)

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected here, by name."""
        sessions = sorted(self._sessions.values(), key=lambda one: one.agent.name.casefold())
        return tuple(one.status for one in sessions)

    def presences(self) -> tuple[Presence, ...]:
        """Return who is connected here, and who was turned away for its version."""
        return (
            *(
                Presence(agent=id_, session=one.number, status=one.status)
                for id_, one in self._sessions.items()
            ),
            *(
                Presence(agent=id_, session="", trouble=why)
                for id_, why in self._out_of_step.items()
            ),
        )

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have a function called whenever somebody has come or gone."""
        self._changed = changed

    async def revoke(self, name: str) -> tuple[Agent, ...]:
        """Revoke the agents of that name or number, close their sockets, and return them."""
        found = await self.enrolment.revoke(name)
        await self.sweep()
        return found

    async def sweep(self) -> None:
        """Close the sockets of agents that were revoked, here or by another replica."""
        if not self._sessions:
            return
        active = {agent.id for agent in await self.roster.agents()}
        gone = [one for id_, one in self._sessions.items() if id_ not in active]
        await asyncio.gather(*(one.close("revoked", REVOKED) for one in gone))

    async def keep_swept(self, every: float = SWEEP) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.sweep()
            except TryLater as error:
                log.warning("Who was revoked is not known: %s", error)

    async def overtaken(self, elsewhere: Collection[Presence]) -> None:
        """Let go of agents that have connected anew to another replica."""
        for one in elsewhere:
            if one.trouble is not None:
                self._out_of_step.pop(one.agent, None)
        sessions = {one.session for one in elsewhere}
        old = [one for one in self._sessions.values() if one.number in sessions]
        await asyncio.gather(*(one.close("replaced", ANEW) for one in old))

    async def shut(self) -> None:
        """Take no more sockets, and close those that are open."""
        self._shut = True
        await self.close()

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
        except TryLater as error:
            return web.json_response({"error": str(error)}, status=503)
        try:
            await self.sweep()  # it may have taken the place of another
            if self._on_enrolled is not None:
                await self._on_enrolled(agent)
        except DespoolError as error:  # it is enrolled all the same
            log.error("An enrolment was not announced", extra={"reason": str(error)})
        return web.json_response({"agent": agent.id, "name": agent.name})

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one agent for as long as it stays."""
        if self._shut:
            raise web.HTTPServiceUnavailable(reason="The bot ends")
        if self._strangers >= STRANGERS:
            raise web.HTTPServiceUnavailable(reason="Too many connect at once")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST_ANSWER)
        await socket.prepare(request)
        self._strangers += 1
        try:
            session = await greeted(socket, self.roster, self._public_url, self._clock)
        except (NotWelcome, FrameRefused) as error:
            if isinstance(error, NotWelcome) and error.agent is not None:
                self._out_of_step[error.agent.id] = str(error)
                self._changed()
            await turn_away(socket, error, request.remote)
            return socket
        except (TimeoutError, ConnectionError, TryLater):
            await socket.close()
            return socket
        finally:
            self._strangers -= 1
        await self._serve(session)
        return socket

    async def _serve(self, session: Session) -> None:
        agent, hello = session.agent, session.hello
        self._out_of_step.pop(agent.id, None)
        before = self._sessions.pop(agent.id, None)
        self._sessions[agent.id] = session
        if before is not None:
            await before.close("replaced", ANEW)
        log.info("An agent has connected", extra={"agent": agent.name, "version": hello.version})
        try:
            await session.send(Welcome(protocol=session.protocol, name=agent.name))
            self._changed()
            now = self._clock()
            await self.roster.seen(agent.id, now, host=hello.host, version=hello.version)
            await self.sweep()  # it may have been revoked since it was looked up
            await session.serve(self._on_push, self._taken)
        except FrameRefused as error:
            await session.close("rubbish", str(error))
        except TryLater as error:
            await session.close(RESTART, str(error))
        except ConnectionError:
            log.info("An agent has gone", extra={"agent": agent.name})
        finally:
            if self._sessions.get(agent.id) is session:
                del self._sessions[agent.id]
            self._changed()


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
