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
            raise too_slow(agent, deadline) from None
        except ConnectionError:
            raise lost(agent) from None
        finally:
            waiting.cancel()

    def _session(self, agent: Agent) -> Session:
        session = self._gateway.session(agent.id)
        if session is not None:
            return session
        if (why := self._gateway.out_of_step(agent.id)) is not None:
            raise out_of_step(agent, why)
        raise not_connected(agent)


def not_connected(agent: Agent) -> AgentUnreachable:
    """Return the error of an agent that nobody holds a socket of."""
    seen = agent.last_seen
    last = f"It came last at {seen:%Y-%m-%d %H:%M} UTC" if seen else "It has never been here"
    return AgentUnreachable(
        f"The agent of {agent.name} is not connected, so Despool could not look there. "
        f"{last}: start it with `despool agent run`, or see `despool agent status` on that server."
    )


def out_of_step(agent: Agent, why: str) -> AgentRefused:
    """Return the error of an agent whose version cannot be spoken with."""
    return AgentRefused(f"The agent of {agent.name} cannot be asked. {why}")


def too_slow(agent: Agent, deadline: float) -> AgentUnreachable:
    """Return the error of an agent that did not answer in time."""
    return AgentUnreachable(f"The agent of {agent.name} did not answer within {deadline:g} s.")


def lost(agent: Agent) -> AgentUnreachable:
    """Return the error of an agent whose connection broke before it answered."""
    return AgentUnreachable(f"The agent of {agent.name} has just lost its connection.")
