"""The bot's side of the agents on servers: who reports, and asking one of them."""

from bot.agents.port import Agents, AgentStatus, AgentUnknown, NoAgents

__all__ = ["AgentStatus", "AgentUnknown", "Agents", "NoAgents"]
