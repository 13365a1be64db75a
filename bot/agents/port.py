"""The port to the agents on servers, and what stands behind it as long as there are none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.agents.roster import Agent
from bot.agents.trouble import AgentUnknown
from bot.wire import State, proof

NOBODY = "Despool itself"  # who asks where no person did


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    """One agent that is connected to the bot."""

    name: str
    host: str
    version: str
    connected_since: datetime
    blind: tuple[str, ...] = ()  # the probes that cannot look there


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the agent of a server saw: lines for the reader, most important first."""

    lines: tuple[str, ...]
    state: State | None = None  # of the one file that was asked about


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
    """Ask the agent of a server, and say which servers may report."""

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected now."""

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return the agents that may report, connected or not."""

    async def who_holds(self, server: str, path: str, asker: str = NOBODY) -> Looked:
        """Say who holds a file there, or raise an AgentError."""

    async def check(
        self, server: str, path: str | None, back: timedelta, asker: str = NOBODY
    ) -> tuple[str, ...]:
        """Say what the server's logs and open files show, or raise an AgentError."""

    async def watch(self, server: str, path: str) -> None:
        """Have the agent tell when a file is released, or raise an AgentError."""

    async def invite(self, name: str) -> str:
        """Return a code by which the server of this name can enrol once, or raise."""

    async def revoke(self, name: str) -> bool:
        """Take back the right of the agent of this name to report; False where there is none."""


class NoAgents:
    """The port of a bot to which no agent is connected."""

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return nothing: there are none."""
        return ()

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return nothing: there are none."""
        return ()

    async def who_holds(self, server: str, path: str, asker: str = NOBODY) -> Looked:
        """Raise AgentUnknown."""
        raise unknown(server)

    async def check(
        self, server: str, path: str | None, back: timedelta, asker: str = NOBODY
    ) -> tuple[str, ...]:
        """Raise AgentUnknown."""
        raise unknown(server)

    async def watch(self, server: str, path: str) -> None:
        """Raise AgentUnknown."""
        raise unknown(server)

    async def invite(self, name: str) -> str:
        """Raise AgentUnknown."""
        raise unknown(name)

    async def revoke(self, name: str) -> bool:
        """Return that there is none."""
        return False


def unknown(server: str) -> AgentUnknown:
    """Return what says that a server has no agent, and how it gets one."""
    return AgentUnknown(
        f"No agent reports from {server}, so Despool could not look there. An admin adds one: "
        f"`despool agents invite {server}` where the bot runs, then `despool agent enroll` on that "
        "server."
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
