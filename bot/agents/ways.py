"""The way from a question to an agent's answer: here the sockets that this replica holds."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bot.agents.gateway import Gateway
from bot.agents.roster import Agent
from bot.agents.sessions import Session
from bot.agents.trouble import AgentRefused, AgentUnreachable
from bot.wire.talk import Answer, Question


class Way(Protocol):
    """How a question reaches an agent, whichever replica holds its socket."""

    async def answer(self, agent: Agent, question: Question, deadline: float) -> Answer:
        """Return the answer, within `deadline` seconds, or raise an AgentError."""


class Sockets:
    """Asks over the sockets of this replica alone.

    Question and answer are frames, which `bot.wire.frames` writes and reads: a way between
    replicas carries their texts, and ends here where the socket is.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def reach(self, agent: Agent) -> bool:
        """Tell whether the agent's socket is held here."""
        return self._gateway.session(agent.id) is not None

    async def answer(self, agent: Agent, question: Question, deadline: float) -> Answer:
        """Return the answer, or raise AgentUnreachable or AgentRefused."""
        session = self._session(agent)
        waiting = session.pending.expect(question.id)
        try:
            await session.send(question)
            async with asyncio.timeout(deadline):
                return await waiting
        except TimeoutError:
            raise AgentUnreachable(
                f"The agent of {agent.name} did not answer within {deadline:g} s."
            ) from None
        except ConnectionError:
            raise AgentUnreachable(
                f"The agent of {agent.name} has just lost its connection."
            ) from None
        finally:
            waiting.cancel()

    def _session(self, agent: Agent) -> Session:
        session = self._gateway.session(agent.id)
        if session is not None:
            return session
        if (why := self._gateway.out_of_step(agent.id)) is not None:
            raise AgentRefused(f"The agent of {agent.name} cannot be asked. {why}")
        here = agent.last_seen
        last = f"It came last at {here:%Y-%m-%d %H:%M} UTC" if here else "It has never been here"
        raise AgentUnreachable(
            f"The agent of {agent.name} is not connected, so Despool could not look there. "
            f"{last}: start it with `despool agent run`, or see `despool agent status` on that "
            "server."
        )
