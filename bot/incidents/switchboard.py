"""The way to an agent whose socket any replica may hold: a question becomes a row."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress

from bot.agents.gateway import Gateway
from bot.agents.port import AgentStatus
from bot.agents.roster import Agent
from bot.agents.trouble import AgentRefused, AgentUnreachable
from bot.agents.ways import Sockets, lost, not_connected, out_of_step, too_slow
from bot.errors import TryLater
from bot.incidents import signals
from bot.incidents.connections import Connections
from bot.incidents.database import Database, StoreUnavailable
from bot.incidents.executors import Executors
from bot.incidents.questions import Answered, Outcome, Questions, Waiting
from bot.wire.frames import FrameRefused, said_by_agent, said_by_bot, written
from bot.wire.greeting import Challenge, Refusal, Welcome
from bot.wire.talk import Ack, Answer, Holds, Pong, Question, Recent, Watching

log = logging.getLogger(__name__)

POLL = 1.0  # seconds; a call of another replica can be lost
TWICE = 2  # an agent may move to another replica while it is asked


class Switchboard:
    """Puts questions to the replica that holds the socket, and answers those put to this one."""

    def __init__(self, database: Database, executors: Executors, gateway: Gateway) -> None:
        self._database, self._me, self._gateway = database, executors.name, gateway
        self._sockets = Sockets(gateway)
        self._connections = Connections(database, executors)
        self._questions = Questions(database)
        self._statuses: tuple[AgentStatus, ...] = ()
        self._called = asyncio.Event()  # there is something to look at
        self._revoked = False  # somebody may have been revoked
        self._open: dict[str, asyncio.Event] = {}  # questions of ours, by number
        self._answering: set[asyncio.Task[None]] = set()
        gateway.on_change(self._called.set)

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected to any replica, as of a moment ago."""
        return self._statuses

    # -- asking

    async def answer(self, agent: Agent, question: Question, deadline: float) -> Answer:
        """Return the answer, or raise AgentUnreachable or AgentRefused."""
        if self._sockets.reach(agent):
            return await self._sockets.answer(agent, question, deadline)
        until = time.monotonic() + deadline
        try:
            async with asyncio.timeout(deadline):
                for _ in range(TWICE):
                    answered = await self._asked(agent, question, until)
                    if answered.outcome is not Outcome.ELSEWHERE:
                        return _read(agent, answered)
        except TimeoutError:
            raise too_slow(agent, deadline) from None
        raise not_connected(agent)

    async def _asked(self, agent: Agent, question: Question, until: float) -> Answered:
        owner = await self._connections.owner(agent.id)
        if owner is None:
            raise not_connected(agent)
        if owner.trouble is not None:
            raise out_of_step(agent, owner.trouble)
        left = until - time.monotonic()
        waiting = Waiting(id=question.id, agent=agent.id, frame=written(question), left=left)
        called = self._open[question.id] = asyncio.Event()
        try:
            await self._questions.put(waiting, owner.executor)
            while (answered := await self._questions.look(question.id)) is None:
                await _called(called)
                called.clear()
            return answered
        finally:
            del self._open[question.id]
            with suppress(StoreUnavailable):  # else it is forgotten after a day
                await self._questions.drop(question.id)

    # -- answering

    async def keep_on(self) -> None:
        """Answer what is put to this replica and tell who is connected, until cancelled."""
        hearing = asyncio.create_task(signals.listen(self._database.place.incidents, self._heard))
        try:
            while True:
                try:
                    await self._turn()
                except TryLater as error:
                    log.warning("Could not look for questions to agents: %s", error)
                await _called(self._called)
        finally:
            tasks = [hearing, *self._answering]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _heard(self, kind: str, about: str) -> None:
        if kind == signals.ANSWER:
            if about in self._open:
                self._open[about].set()
            return
        if kind == signals.QUESTION and about.partition(" ")[0] != self._me:
            return
        if kind in (signals.ROSTER, signals.MISSED):
            self._revoked = True
        self._called.set()

    async def _turn(self) -> None:
        self._called.clear()
        if self._revoked:
            self._revoked = False
            await self._gateway.sweep()
        for waiting in await self._questions.take(self._me):
            task = asyncio.create_task(self._settle(waiting))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        found = await self._connections.exchange(self._gateway.presences())
        self._statuses = found.statuses
        await self._gateway.overtaken(found.overtaken)

    async def _settle(self, waiting: Waiting) -> None:
        try:
            await self._questions.settle(waiting.id, await self._reply(waiting))
        except TryLater as error:
            log.warning("An answer could not be handed on: %s", error)

    async def _reply(self, waiting: Waiting) -> Answered:
        agent = await self._gateway.roster.agent(waiting.agent)
        if agent is None or not self._sockets.reach(agent):
            return Answered(outcome=Outcome.ELSEWHERE, text="")
        try:
            question = said_by_bot(waiting.frame)
            if isinstance(question, Challenge | Welcome | Refusal | Ack):
                raise FrameRefused("What was put to this replica is no question.")
            answer = await self._sockets.answer(agent, question, waiting.left)
        except (AgentRefused, FrameRefused) as error:
            return Answered(outcome=Outcome.REFUSED, text=str(error))
        except AgentUnreachable as error:
            return Answered(outcome=Outcome.UNREACHABLE, text=str(error))
        return Answered(outcome=Outcome.ANSWERED, text=written(answer))


async def _called(event: asyncio.Event) -> None:
    """Wait for a call, and no longer than POLL: one may be lost."""
    with suppress(TimeoutError):
        # unlike `wait_for`, which before Python 3.12 can swallow that it was cancelled
        async with asyncio.timeout(POLL):
            await event.wait()


def _read(agent: Agent, answered: Answered) -> Answer:
    match answered.outcome:
        case Outcome.ANSWERED:
            return _frame(answered.text)
        case Outcome.REFUSED:
            raise AgentRefused(answered.text)
        case Outcome.UNREACHABLE:
            raise AgentUnreachable(answered.text)
        case _:
            raise lost(agent)


def _frame(text: str) -> Answer:
    try:
        frame = said_by_agent(text)
    except FrameRefused as error:  # of a replica of another version
        raise AgentRefused(str(error)) from None
    if isinstance(frame, Holds | Recent | Watching | Pong):
        return frame
    raise AgentRefused("The other replica answered something else.")
