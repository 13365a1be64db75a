"""Asking the agent of a server: which one that is, how long to wait, and what it answered."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TypeVar

from bot.agents.port import unknown
from bot.agents.roster import Agent, Roster
from bot.agents.trouble import AgentError, AgentRefused, AgentUnknown
from bot.agents.ways import Way
from bot.servers import same_server
from bot.wire.talk import (
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question and what became of it."""

    agent: str
    operation: str
    path: str | None
    asker: str
    outcome: str  # a state such as "held", or why there was no answer
    ms: int


A = TypeVar("A", Holds, Recent, Watching, Pong)


class Asking:
    """Puts questions to agents; who asked is told to the agent, and audited at both ends."""

    def __init__(
        self,
        roster: Roster,
        way: Way,
        *,
        audit: Callable[[Asked], None] | None = None,
        look: float = LOOK,
        check: float = CHECK,
    ) -> None:
        """Take who is enrolled, how they are reached, and who keeps the audit: else the log."""
        self._roster, self._way, self._audit = roster, way, audit or _noted
        self._look, self._check = look, check

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
        agents = await self._roster.agents()
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
        raise unknown(server)

    async def _ask(
        self, server: str, question: Question, kind: type[A], deadline: float
    ) -> tuple[Agent, A]:
        started = time.monotonic()
        agent = await self.agent_of(server)
        outcome = "no answer"
        try:
            answer = await self._way.answer(agent, question, deadline)
            if not isinstance(answer, kind):
                raise AgentRefused(f"The agent of {agent.name} answered something else.")
            outcome = answer.holds.state if isinstance(answer, Holds) else "answered"
            return agent, answer
        except AgentError as error:
            outcome = str(error)
            raise
        finally:
            self._audit(
                Asked(
                    agent=agent.name,
                    operation=question.type,
                    path=getattr(question, "path", None),
                    asker=getattr(question, "asker", "Despool itself"),
                    outcome=outcome,
                    ms=round((time.monotonic() - started) * 1000),
                )
            )


def _noted(asked: Asked) -> None:
    log.info("Asked an agent", extra=asdict(asked))


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
