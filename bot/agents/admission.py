"""Who may report, as an admin sees and changes it: invite a server, list the agents, revoke one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.agents.enrolment import Enrolment
from bot.agents.port import AgentStatus, Enrolled
from bot.agents.roster import Agent, Roster
from bot.agents.trouble import AgentUnknown

Statuses = Callable[[], tuple[AgentStatus, ...]]
Revoke = Callable[[str], Awaitable[tuple[Agent, ...]]]


class Admission:
    """Invites, lists and revokes."""

    def __init__(self, roster: Roster, statuses: Statuses, revoke: Revoke | None = None) -> None:
        """Take who is enrolled, who is connected, and a revocation that closes sockets as well."""
        self._roster, self._statuses = roster, statuses
        self._enrolment = Enrolment(roster)
        self._revoke = revoke or self._enrolment.revoke

    async def invite(self, name: str) -> str:
        """Return a code with which that server enrols once, or raise EnrolmentRefused."""
        return await self._enrolment.invite(name)

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return all agents that may report, by name."""
        connected = {status.name.casefold(): status for status in self._statuses()}
        return tuple(
            Enrolled(agent=agent, status=connected.get(agent.name.casefold()))
            for agent in await self._roster.agents()
        )

    async def revoke(self, name: str) -> tuple[Agent, ...]:
        """Revoke the agent of that name or number for good, or raise AgentUnknown."""
        gone = await self._revoke(name)
        if not gone:
            raise AgentUnknown(
                f"No agent is called {name}. `despool agents list` shows those that are enrolled."
            )
        return gone
