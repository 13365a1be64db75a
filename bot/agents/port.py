"""The port to the agents on servers, and what stands behind it as long as there are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.agents.roster import Agent
from bot.agents.trouble import AgentUnknown
from bot.wire import proof


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    """One agent that is connected to the bot."""

    name: str
    host: str
    version: str
    connected_since: datetime
    blind: tuple[str, ...] = ()  # the probes that cannot look there


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


class Agents(Protocol):
    """Ask the agent of a server; the answers are lines for the reader, most important first."""

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected now."""

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return the agents that may report, connected or not."""

    async def who_holds(self, server: str, path: str) -> tuple[str, ...]:
        """Say who holds a file there, or raise AgentUnknown."""

    async def check(self, server: str, path: str | None, back: timedelta) -> tuple[str, ...]:
        """Say what the server's logs and open files show, or raise AgentUnknown."""


class NoAgents:
    """The port of a bot to which no agent is connected."""

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return nothing: there are none."""
        return ()

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return nothing: there are none."""
        return ()

    async def who_holds(self, server: str, path: str) -> tuple[str, ...]:
        """Raise AgentUnknown."""
        raise unknown(server)

    async def check(self, server: str, path: str | None, back: timedelta) -> tuple[str, ...]:
        """Raise AgentUnknown."""
        raise unknown(server)


def unknown(server: str) -> AgentUnknown:
    """Return the error of a server that no agent speaks for, with how to add one."""
    return AgentUnknown(
        f"No agent reports from {server}, so Despool could not look there. An admin adds one: "
        f"`despool agents invite {server}` where the bot runs, then `despool agent enroll` on "
        "that server."
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
