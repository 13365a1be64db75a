"""Asking the agent of a server: which one that is, how long to wait, and what it answered."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from bot.agents.gateway import Gateway
from bot.agents.port import same_server
from bot.agents.roster import Agent
from bot.agents.sessions import Session
from bot.agents.trouble import AgentRefused, AgentUnknown, AgentUnreachable
from bot.wire.talk import (
    Answer,
    AskHolds,
    AskRecent,
    Holds,
    Ping,
    Pong,
    Question,
    Recent,
    Sighting,
    Unwatch,
    Watch,
    Watching,
)

log = logging.getLogger(__name__)

LOOK = 8.0  # seconds for one look: the agent's own deadline is five
CHECK = 30.0  # and for reading logs and looking at some files

A = TypeVar("A", Holds, Recent, Watching, Pong)


class Asking:
    """Puts questions to agents; who asked is told to the agent, and audited at both ends."""

    def __init__(self, gateway: Gateway, *, look: float = LOOK, check: float = CHECK) -> None:
        self._gateway, self._look, self._check = gateway, look, check

    async def who_holds(self, server: str, path: str, asker: str) -> Holds:
        """Return who holds a file there, or raise an AgentError."""
        question = AskHolds(id=_new_id(), path=_path(path), asker=_asker(asker))
        agent, answer = await self._ask(server, question, Holds, self._look)
        own = replace(answer.holds, host=agent.name)
        return replace(answer, holds=own, earlier=_own(answer.earlier, agent))

    async def check(self, server: str, path: str | None, back: timedelta, asker: str) -> Recent:
        """Return what the server's logs report and who holds those files, or raise an AgentError.

        The lines are as they stand in the logs, for the analysis to judge.
        """
        question = AskRecent(
            id=_new_id(),
            path=_path(path) if path is not None else None,
            back=back.total_seconds(),
            asker=_asker(asker),
        )
        agent, answer = await self._ask(server, question, Recent, self._check)
        return replace(answer, sightings=_own(answer.sightings, agent))

    async def watch(self, server: str, path: str, asker: str) -> str:
        """Have a file watched, and return the number of the watch; a ReleasedPush tells the end."""
        question = Watch(id=_new_id(), path=_path(path), asker=_asker(asker))
        await self._ask(server, question, Watching, self._look)
        return question.id

    async def unwatch(self, server: str, watch: str, asker: str) -> None:
        """End a watch."""
        question = Unwatch(id=_new_id(), watch=watch, asker=_asker(asker))
        await self._ask(server, question, Watching, self._look)

    async def ping(self, server: str) -> Pong:
        """Return what the agent says of itself."""
        _, answer = await self._ask(server, Ping(id=_new_id()), Pong, self._look)
        return answer

    async def agent_of(self, server: str) -> Agent:
        """Return the agent that speaks for a server, by name or alias, or raise AgentUnknown."""
        agents = await self._gateway.roster.agents()
        wanted = server.casefold().rstrip(".")
        alike = (
            [agent for agent in agents if agent.name.casefold() == wanted]
            or [agent for agent in agents if _is_called(agent, wanted)]
            or [agent for agent in agents if _is_alike(agent, server)]
        )
        if len(alike) == 1:
            return alike[0]
        if alike:
            names = ", ".join(agent.name for agent in alike)
            raise AgentUnknown(f"More than one agent may be meant by {server}: {names}.")
        raise AgentUnknown(
            f"No agent reports from {server}. An admin adds one: `despool agents invite {server}` "
            "where the bot runs, then `despool agent enroll` on that server."
        )

    async def _ask(
        self, server: str, question: Question, kind: type[A], deadline: float
    ) -> tuple[Agent, A]:
        started = time.monotonic()
        said = "no answer"
        agent = await self.agent_of(server)
        try:
            answer = await self._answer(self._session(agent), question, deadline)
            if not isinstance(answer, kind):
                raise AgentRefused(f"The agent of {agent.name} answered something else.")
            said = "answered"
            return agent, answer
        finally:
            log.info(
                "Asked an agent",
                extra={
                    "agent": agent.name,
                    "operation": question.type,
                    "asker": getattr(question, "asker", "bot"),
                    "outcome": said,
                    "ms": round((time.monotonic() - started) * 1000),
                },
            )

    def _session(self, agent: Agent) -> Session:
        session = self._gateway.session(agent.id)
        if session is not None:
            return session
        if (why := self._gateway.out_of_step(agent.id)) is not None:
            raise AgentRefused(f"The agent of {agent.name} cannot be asked. {why}")
        last = (
            f"It was last here at {agent.last_seen:%Y-%m-%d %H:%M} UTC" if agent.last_seen else ""
        )
        raise AgentUnreachable(
            f"The agent of {agent.name} is not connected, so Despool could not look there. "
            f"{last or 'It has never been here'}: start it with `despool agent run`, or see "
            "`despool agent status` on that server."
        )

    async def _answer(self, session: Session, question: Question, deadline: float) -> Answer:
        waiting = session.pending.expect(question.id)
        name = session.agent.name
        try:
            await session.send(question)
            async with asyncio.timeout(deadline):
                return await waiting
        except TimeoutError:
            raise AgentUnreachable(
                f"The agent of {name} did not answer within {deadline:g} s."
            ) from None
        except ConnectionError:
            raise AgentUnreachable(f"The agent of {name} has just lost its connection.") from None
        finally:
            waiting.cancel()


def _own(sightings: tuple[Sighting, ...], agent: Agent) -> tuple[Sighting, ...]:
    """Put the enrolled name where the agent may have written another one."""
    return tuple(replace(one, holds=replace(one.holds, host=agent.name)) for one in sightings)


def _is_called(agent: Agent, wanted: str) -> bool:
    return any(name.casefold().rstrip(".") == wanted for name in (agent.name, *agent.aliases))


def _is_alike(agent: Agent, server: str) -> bool:
    return any(same_server(name, server) for name in (agent.name, *agent.aliases))


def _path(path: str) -> str:
    if not 0 < len(path) <= 4096:
        raise AgentRefused("That is too long, or too short, to be the path of a file.")
    return path


def _asker(asker: str) -> str:
    return asker.strip()[:255] or "unknown"


def _new_id() -> str:
    return secrets.token_hex(12)
