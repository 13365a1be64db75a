"""Who may report: the enrolled agents and the codes by which they enrol, behind a small port."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One enrolled agent; its identity is the key, and its name was given by an admin."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    public_key: str
    url: str  # where it reaches the bot, which is part of what it signs
    host: str  # as the server calls itself; nothing is decided by it
    version: str
    enrolled_at: datetime
    revoked_at: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A code by which one server may enrol once; the code itself is kept nowhere."""

    code_hash: str
    name: str
    expires_at: datetime
    used_at: datetime | None = None


class Roster(Protocol):
    """Where agents and invitations are kept; all times are aware."""

    async def invite(self, invitation: Invitation) -> None:
        """Keep an invitation."""

    async def redeem(self, code_hash: str, now: datetime) -> Invitation | None:
        """Use up an invitation and return it as it was before; None where there is none such.

        Of two that come at the same time, one gets it with `used_at` None.
        """

    async def add(self, agent: Agent) -> None:
        """Keep a new agent, and revoke those of the same name that it takes the place of."""

    async def agent(self, id_: str) -> Agent | None:
        """Return one agent, revoked or not."""

    async def agents(self) -> tuple[Agent, ...]:
        """Return the agents that are not revoked, by name."""

    async def revoke(self, id_: str, now: datetime) -> None:
        """Revoke an agent for good."""

    async def seen(self, id_: str, now: datetime, *, host: str, version: str) -> None:
        """Note that an agent has connected."""


class MemoryRoster:
    """A roster that is forgotten when the program ends."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._invitations: dict[str, Invitation] = {}

    async def invite(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        self._invitations[invitation.code_hash] = invitation

    async def redeem(self, code_hash: str, now: datetime) -> Invitation | None:
        """Use up an invitation and return it as it was before."""
        invitation = self._invitations.get(code_hash)
        if invitation is not None and invitation.used_at is None:
            self._invitations[code_hash] = replace(invitation, used_at=now)
        return invitation

    async def add(self, agent: Agent) -> None:
        """Keep a new agent, and revoke those of the same name."""
        for old in await self.agents():
            if old.name.casefold() == agent.name.casefold():
                await self.revoke(old.id, agent.enrolled_at)
        self._agents[agent.id] = agent

    async def agent(self, id_: str) -> Agent | None:
        """Return one agent, revoked or not."""
        return self._agents.get(id_)

    async def agents(self) -> tuple[Agent, ...]:
        """Return the agents that are not revoked, by name."""
        active = (agent for agent in self._agents.values() if agent.revoked_at is None)
        return tuple(sorted(active, key=lambda agent: agent.name.casefold()))

    async def revoke(self, id_: str, now: datetime) -> None:
        """Revoke an agent for good."""
        agent = self._agents.get(id_)
        if agent is not None and agent.revoked_at is None:
            self._agents[id_] = replace(agent, revoked_at=now)

    async def seen(self, id_: str, now: datetime, *, host: str, version: str) -> None:
        """Note that an agent has connected."""
        agent = self._agents.get(id_)
        if agent is not None:
            self._agents[id_] = replace(agent, last_seen=now, host=host, version=version)
