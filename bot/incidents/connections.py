"""Which process holds the socket of which agent, for all that work on one database."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.agents.port import AgentStatus
from bot.agents.presence import Presence
from bot.incidents.database import Database
from bot.incidents.executors import Executors, beating
from bot.incidents.schema import AGENTS, CONNECTIONS, EXECUTORS
from bot.incidents.signals import CONNECTED, call_out
from bot.incidents.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Where an agent is connected, or why it was turned away there."""

    executor: str
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What came of telling the others who is here."""

    statuses: tuple[AgentStatus, ...]  # of all processes that live
    overtaken: tuple[Presence, ...]  # those of ours that have connected anew elsewhere


class Connections:
    """The table of who is connected where.

    A question is put to the one process that stands here, rather than to all: so a server that
    nobody holds is told at once, without waiting for each of them to say no.
    """

    def __init__(self, database: Database, executors: Executors) -> None:
        self._database, self._executors = database, executors
        self._written: set[str] = set()  # sessions that were told

    async def exchange(self, here: Sequence[Presence]) -> Exchange:
        """Write who is connected to this process, and read who is connected anywhere."""
        me, dead = self._executors.name, self._executors.dead()
        before = frozenset(self._written)
        found = await self._database.run(
            lambda connection: _exchange(connection, me, dead, before, here)
        )
        self._written = {one.session for one in here}
        return found

    async def owner(self, agent: str) -> Owner | None:
        """Return the living process that an agent is connected to."""
        dead = self._executors.dead()
        asked = _living(dead).where(CONNECTIONS.c.agent == agent)
        row = await self._database.run(lambda connection: connection.execute(asked).one_or_none())
        return None if row is None else Owner(executor=row.executor, trouble=row.trouble)


async def connected(database: Database) -> tuple[AgentStatus, ...]:
    """Return the agents that are connected to a process that is seen to live."""
    rows = await database.run(lambda connection: connection.execute(_living(())).all())
    alive = await beating(database, {row.executor for row in rows})
    return _statuses([row for row in rows if row.executor in alive])


def _living(dead: Collection[str]) -> sa.Select[Any]:
    """Select the rows of processes that live, whose agents may still report."""
    return (
        sa.select(CONNECTIONS, AGENTS.c.name)
        .join(EXECUTORS, EXECUTORS.c.id == CONNECTIONS.c.executor)
        .join(AGENTS, AGENTS.c.id == CONNECTIONS.c.agent)
        .where(AGENTS.c.revoked_at.is_(None), EXECUTORS.c.id.not_in(dead))
    )


def _exchange(
    connection: sa.Connection,
    me: str,
    dead: Collection[str],
    written: Collection[str],
    here: Sequence[Presence],
) -> Exchange:
    rows = {row.agent: row for row in connection.execute(_living(dead))}
    elsewhere = {id_ for id_, row in rows.items() if row.executor != me and row.trouble is None}
    overtaken, changed = [], _forget(connection, me, here)
    for one in here:
        if one.agent in elsewhere and (one.status is None or one.session in written):
            overtaken.append(one)
        elif not _stands(rows.get(one.agent), one, me):
            upsert(connection, CONNECTIONS, _row(one, me))
            changed = True
    if changed:
        call_out(connection, CONNECTED)
        rows = {row.agent: row for row in connection.execute(_living(dead))}
    return Exchange(statuses=_statuses(rows.values()), overtaken=tuple(overtaken))


def _forget(connection: sa.Connection, me: str, here: Sequence[Presence]) -> bool:
    gone = (
        sa.delete(CONNECTIONS)
        .where(
            CONNECTIONS.c.executor == me,
            CONNECTIONS.c.agent.not_in([one.agent for one in here]),
        )
        .returning(CONNECTIONS.c.agent)
    )
    return connection.execute(gone).first() is not None


def _stands(row: Any, one: Presence, me: str) -> bool:
    if row is None:
        return False
    return (row.executor, row.session, row.trouble) == (me, one.session, one.trouble)


def _row(one: Presence, me: str) -> Mapping[str, object]:
    status = one.status
    return {
        "agent": one.agent,
        "executor": me,
        "session": one.session,
        "host": status.host if status else "",
        "version": status.version if status else "",
        "since": status.connected_since.timestamp() if status else time.time(),
        "blind": json.dumps(status.blind if status else ()),
        "trouble": one.trouble,
    }


def _statuses(rows: Collection[Any]) -> tuple[AgentStatus, ...]:
    found = [
        AgentStatus(
            name=row.name,
            host=row.host,
            version=row.version,
            connected_since=datetime.fromtimestamp(row.since, UTC),
            blind=tuple(json.loads(row.blind)),
        )
        for row in rows
        if row.trouble is None
    ]
    return tuple(sorted(found, key=lambda status: status.name.casefold()))
