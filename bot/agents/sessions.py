"""The connection of one agent: what is sent to it, what it pushes, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import aiohttp
from aiohttp import web

from bot.agents.pending import Pending
from bot.agents.port import AgentStatus
from bot.agents.roster import Agent
from bot.errors import DespoolError
from bot.wire.frames import FrameRefused, FromAgent, FromBot, said_by_agent, written
from bot.wire.greeting import RESTART, Hello, Refusal
from bot.wire.talk import Ack, CapturePush, Push, RecordPush, ReleasedPush

log = logging.getLogger(__name__)

PUSHES = 100  # of one agent that wait to be handed on

OnPush = Callable[[Agent, Push], Awaitable[None]]


class Taken(Protocol):
    """The pushes that were handed on: an acknowledgement can be lost on its way."""

    async def holds(self, agent: str, id_: str) -> bool:
        """Tell whether a push of an agent was handed on."""

    async def add(self, agent: str, id_: str) -> None:
        """Note a push as handed on."""


@dataclass(slots=True, kw_only=True)
class Session:
    """One agent's connection: the enrolled identity, and no field of a message, says whose."""

    agent: Agent
    hello: Hello
    protocol: int
    since: datetime
    socket: web.WebSocketResponse
    pending: Pending
    number: str = field(default_factory=lambda: secrets.token_hex(8))  # of this connection alone
    pushes: asyncio.Queue[Push] = field(default_factory=lambda: asyncio.Queue(maxsize=PUSHES))

    @property
    def status(self) -> AgentStatus:
        """Return what people are told of it."""
        return AgentStatus(
            name=self.agent.name,
            host=self.hello.host,
            version=self.hello.version,
            connected_since=self.since,
            blind=self.hello.blind,
        )

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

    async def serve(self, on_push: OnPush, taken: Taken) -> None:
        """Hear the agent until it has gone; raise FrameRefused for what is no frame."""
        # beside the answers, which must not wait until Slack has taken a push
        taking = asyncio.create_task(self._take(on_push, taken))
        try:
            while True:
                await self._hear(await heard(self.socket))
        except ConnectionError:
            log.info("An agent has gone", extra={"agent": self.agent.name})
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            self.pending.fail(f"The agent of {self.agent.name} has just lost its connection.")

    async def _hear(self, frame: FromAgent) -> None:
        if isinstance(frame, Hello):
            raise FrameRefused("The agent said its hello again.")
        if isinstance(frame, RecordPush | CapturePush | ReleasedPush):
            await self.pushes.put(frame)  # where too many wait, the socket does
        else:
            self.pending.settle(frame)

    async def _take(self, on_push: OnPush, taken: Taken) -> None:
        """Hand on what the agent pushes, in order; where that fails it comes again."""
        while True:
            push = self._own(await self.pushes.get())
            try:
                if not await taken.holds(self.agent.id, push.id):
                    await on_push(self.agent, push)
                    await taken.add(self.agent.id, push.id)
            except (DespoolError, OSError) as error:
                log.error("A push was not taken", extra={"reason": str(error)})
                await self.close(RESTART, "The bot could not take what was pushed.")
                return
            await self.send(Ack(id=push.id))

    def _own(self, push: Push) -> Push:
        """Put the enrolled name where the agent may have written another one."""
        if isinstance(push, RecordPush):
            return push
        return replace(push, holds=replace(push.holds, host=self.agent.name))


class TakenLately:
    """Knows the pushes that were handed on last, until the program ends."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def holds(self, agent: str, id_: str) -> bool:
        """Tell whether a push of an agent was handed on."""
        return (agent, id_) in self._ids

    async def add(self, agent: str, id_: str) -> None:
        """Note a push as handed on."""
        self._ids[agent, id_] = None
        if len(self._ids) > self._most:
            self._ids.popitem(last=False)


async def heard(socket: web.WebSocketResponse) -> FromAgent:
    """Return the next frame; raise ConnectionError at the end, FrameRefused for rubbish."""
    message = await socket.receive()
    if message.type is aiohttp.WSMsgType.TEXT:
        return said_by_agent(message.data)
    if message.type is aiohttp.WSMsgType.BINARY:
        raise FrameRefused("Bytes are in no version of this protocol.")
    raise ConnectionResetError
