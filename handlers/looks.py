"""Asking the agent of a server about what a thread has found."""

from __future__ import annotations

from datetime import timedelta

from bot.agents import AgentUnknown
from bot.model import Finding
from bot.services import Services

LOOK_BACK = timedelta(hours=24)


async def who_holds(finding: Finding, services: Services) -> tuple[str, ...]:
    """Ask the agent of a finding's server who holds its first file; its answer in lines."""
    if not finding.server:
        return ("The log does not name the server, so no agent could be asked.",)
    try:
        if finding.files:
            return await services.agents.who_holds(finding.server, finding.files[0])
        return await services.agents.check(finding.server, None, LOOK_BACK)
    except AgentUnknown as error:
        return (str(error),)
