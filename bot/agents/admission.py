"""Who may report, as an admin sees and changes it: invite a server, list the agents, revoke one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.agents.enrolment import Enrolment
from bot.agents.port import AgentStatus
from bot.agents.roster import Agent, Roster
from bot.agents.trouble import AgentUnknown
from bot.wire import proof

Statuses = Callable[[], tuple[AgentStatus, ...]]
Revoke = Callable[[str], Awaitable[tuple[Agent, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """One enrolled agent, connected or not."""

    agent: Agent
    status: AgentStatus | None  # None: it is not connected

    def as_json(self) -> dict[str, Any]:
        """Return a row of `despool agents list --json`."""
        agent, status = self.agent, self.status
        return {
            "name": agent.name,
            "host": agent.host,
            "version": agent.version,
            "connected": status is not None,
            "connected_since": _text(status.connected_since) if status else None,
            "blind": list(status.blind) if status else [],
            "id": agent.id,
            "aliases": list(agent.aliases),
            "fingerprint": proof.fingerprint(agent.public_key),
            "enrolled_at": _text(agent.enrolled_at),
            "last_seen": _text(agent.last_seen) if agent.last_seen else None,
        }


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


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
