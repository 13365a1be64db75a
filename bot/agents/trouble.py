"""Why nothing came of asking an agent; whether trying again helps is in the type."""

from __future__ import annotations

from bot.errors import DespoolError


class AgentError(DespoolError):
    """Nothing came of asking an agent."""


class AgentUnknown(AgentError):
    """No agent reports from the server that was asked about."""


class AgentUnreachable(AgentError):
    """The agent is down, busy or too slow: trying again may help."""


class AgentRefused(AgentError):
    """The agent does not answer such a question: trying again does not help."""


class EnrolmentRefused(DespoolError):
    """A server may not enrol like this."""
