"""Asking the agent of a server: who may ask, what a thread has found, and what was seen."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.agents import AgentError, Looked
from bot.asides import Asker
from bot.incidents import Thread
from bot.model import Finding
from bot.services import Services
from handlers.strangers import is_stranger

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(hours=24)


async def refusal(asker: Asker, team: str | None, services: Services) -> str | None:
    """Return why somebody may not have a server looked at, in words; None: they may."""
    return await services.people.refusal(asker.user, is_stranger=is_stranger(team, services))


async def who_holds(finding: Finding, services: Services, *, user: str | None = None) -> Looked:
    """Ask the agent of a finding's server who holds its first file; its answer in lines."""
    if not finding.server:
        return Looked(lines=("The log does not name the server, so no agent could be asked.",))
    asker = {"asker": user} if user else {}
    try:
        if finding.files:
            return await services.agents.who_holds(finding.server, finding.files[0], **asker)
        lines = await services.agents.check(finding.server, None, LOOK_BACK, **asker)
    except AgentError as error:
        return Looked(lines=(str(error),))
    return Looked(lines=lines)


def saw(thread: Thread, looked: Looked) -> bool:
    """Let a thread know what was seen of its file; True where it is held and was not known so."""
    before = thread.held
    thread.looked = looked.lines
    if looked.state in ("held", "free", "gone"):
        thread.held = looked.state == "held"
    return thread.held is True and before is not True


async def await_release(server: str, path: str, services: Services) -> None:
    """Have the agent tell when a file is released, which the thread then says."""
    try:
        await services.agents.watch(server, path)
    except AgentError as error:  # what was seen is said already; no more is promised
        log.warning("Nobody will tell when a file is released: %s", error)
