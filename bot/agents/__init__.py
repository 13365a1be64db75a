"""The bot's side of the agents on servers: who reports, and asking one of them."""

from bot.agents.port import Agents, AgentStatus, Enrolled, Looked, NoAgents
from bot.agents.trouble import AgentError, AgentRefused, AgentUnknown, AgentUnreachable

__all__ = [
    "AgentError",
    "AgentRefused",
    "AgentStatus",
    "AgentUnknown",
    "AgentUnreachable",
    "Agents",
    "Enrolled",
    "Looked",
    "NoAgents",
]
