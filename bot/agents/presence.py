"""Who is connected to one process, as it tells the others."""

from __future__ import annotations

from dataclasses import dataclass

from bot.agents.port import AgentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """One agent that is connected, or was turned away for its version."""

    agent: str
    session: str  # tells this connection from any other
    status: AgentStatus | None = None  # None: it was turned away
    trouble: str | None = None  # in words: why
