"""The bot's side of the agents on servers: who reports, and asking one of them."""

from bot.agents.port import Agents, AgentStatus, AgentUnknown, NoAgents, same_server

__all__ = ["AgentStatus", "AgentUnknown", "Agents", "NoAgents", "same_server"]
