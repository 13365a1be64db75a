"""The bot's half of the agents, put together: their door, the way to each, and what they push."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.agents.admission import Admission
from bot.agents.asking import Asked, Asking
from bot.agents.connected import ConnectedAgents
from bot.agents.gateway import Gateway
from bot.agents.roster import Agent
from bot.agents.ways import Sockets
from bot.audit import Audit, Entry
from bot.incidents.jobs import Jobs
from bot.incidents.opening import Store
from bot.incidents.switchboard import Switchboard
from bot.knowledge import Knowledge
from bot.wire import proof
from bot.wire.address import AddressRefused, canonical
from bot.wire.frames import written
from bot.wire.talk import Push

PUSH, ENROLLED = "push", "enrolled"  # kinds of jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """The door for agents, and the port to those behind it."""

    gateway: Gateway
    agents: ConnectedAgents
    switchboard: Switchboard | None  # None: this process holds all sockets there are

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Look after the sockets as long as the context lasts, and close them at its end."""
        work = [self.gateway.keep_swept()]
        if self.switchboard is not None:
            work.append(self.switchboard.keep_on())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            await self.gateway.shut()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def founded(store: Store, knowledge: Knowledge, public_url: str | None, audit: Path) -> Agency:
    """Put the bot's half together; what agents tell by themselves becomes jobs.

    Each question to an agent is written into the file `audit`.
    """
    roster = store.roster
    teller = _Teller(store.jobs)
    gateway = Gateway(
        roster,
        teller.push,
        on_enrolled=teller.enrolled,
        taken=store.pushes,
        public_url=_address(public_url),
    )
    switchboard = None
    if not store.database.place.is_sqlite:
        switchboard = Switchboard(store.database, store.executors, gateway)
    way = switchboard or Sockets(gateway)
    statuses = switchboard.statuses if switchboard else gateway.statuses
    admission = Admission(roster, statuses, gateway.revoke)
    asking = Asking(roster, way, audit=partial(_audited, Audit(audit)))
    agents = ConnectedAgents(statuses, asking, admission, knowledge)
    return Agency(gateway=gateway, agents=agents, switchboard=switchboard)


def _audited(audit: Audit, asked: Asked) -> None:
    audit.write(
        Entry(
            who=asked.asker,
            operation=asked.operation,
            what=asked.path,
            answer=asked.outcome,
            ms=asked.ms,
            server=asked.agent,
        )
    )


class _Teller:
    """Makes a job of what an agent tells, so that it is done once, whatever happens meanwhile."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def push(self, agent: Agent, push: Push) -> None:
        payload = {
            "agent": {"id": agent.id, "name": agent.name},
            "push": json.loads(written(push)),
        }
        await self._jobs.submit(PUSH, payload, key=f"{PUSH}:{agent.id}:{push.id}")

    async def enrolled(self, agent: Agent) -> None:
        payload = {
            "name": agent.name,
            "host": agent.host,
            "fingerprint": proof.fingerprint(agent.public_key),
        }
        await self._jobs.submit(ENROLLED, payload, key=f"{ENROLLED}:{agent.id}")


def _address(public_url: str | None) -> str | None:
    """Return the address that agents sign, where this is one that agents may use."""
    try:
        return canonical(public_url) if public_url else None
    except AddressRefused:
        return None
