"""The enrolled agents and the codes by which they enrol, in the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from bot.agents.roster import Agent, Invitation
from bot.incidents.database import Database
from bot.incidents.schema import AGENTS, CODES
from bot.incidents.signals import ROSTER, call_out
from bot.incidents.upsert import upsert

LOCK = 0x4465_7371  # of PostgreSQL's advisory locks: two of one name enrol one after the other


class KeptRoster:
    """A roster that outlives the program, and is one for all replicas."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(self, invitation: Invitation) -> None:
        """Keep an invitation."""
        row = {
            "hash": invitation.code_hash,
            "name": invitation.name,
            "expires_at": invitation.expires_at.timestamp(),
            "used_at": _seconds(invitation.used_at),
        }
        await self._database.run(lambda connection: upsert(connection, CODES, row))

    async def redeem(self, code_hash: str, now: datetime) -> Invitation | None:
        """Use up an invitation and return it as it was before; None where there is none such."""
        return await self._database.run(
            lambda connection: _redeem(connection, code_hash, now.timestamp())
        )

    async def add(self, agent: Agent) -> None:
        """Keep a new agent, and revoke those of the same name that it takes the place of."""
        await self._database.run(lambda connection: _add(connection, agent))

    async def agent(self, id_: str) -> Agent | None:
        """Return one agent, revoked or not."""
        found = await self._database.run(
            lambda connection: connection.execute(
                sa.select(AGENTS).where(AGENTS.c.id == id_)
            ).one_or_none()
        )
        return _agent(found) if found is not None else None

    async def agents(self) -> tuple[Agent, ...]:
        """Return the agents that are not revoked, by name."""
        asked = sa.select(AGENTS).where(AGENTS.c.revoked_at.is_(None))
        rows = await self._database.run(lambda connection: connection.execute(asked).all())
        # in Python, for the databases order letters each in its own way
        return tuple(sorted(map(_agent, rows), key=lambda agent: agent.name.casefold()))

    async def revoke(self, id_: str, now: datetime) -> None:
        """Revoke an agent for good; the replica that holds its socket is told."""

        def write(connection: sa.Connection) -> None:
            _revoke(connection, AGENTS.c.id == id_, now)
            call_out(connection, ROSTER)

        await self._database.run(write)

    async def seen(self, id_: str, now: datetime, *, host: str, version: str) -> None:
        """Note that an agent has connected."""
        noted = sa.update(AGENTS).where(AGENTS.c.id == id_)
        values = {"last_seen": now.timestamp(), "host": host, "version": version}
        await self._database.run(lambda connection: connection.execute(noted.values(values)))


def _redeem(connection: sa.Connection, code_hash: str, now: float) -> Invitation | None:
    used = (
        sa.update(CODES)
        .where(CODES.c.hash == code_hash, CODES.c.used_at.is_(None))
        .values(used_at=now)
        .returning(CODES.c.hash)
    )
    is_first = connection.execute(used).first() is not None
    row = connection.execute(sa.select(CODES).where(CODES.c.hash == code_hash)).one_or_none()
    if row is None:
        return None
    return Invitation(
        code_hash=row.hash,
        name=row.name,
        expires_at=_moment(row.expires_at),
        used_at=None if is_first else _moment(row.used_at),
    )


def _add(connection: sa.Connection, agent: Agent) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    _revoke(connection, AGENTS.c.folded == agent.name.casefold(), agent.enrolled_at)
    connection.execute(sa.insert(AGENTS).values(_row(agent)))
    call_out(connection, ROSTER)


def _revoke(connection: sa.Connection, who: sa.ColumnElement[bool], now: datetime) -> None:
    active = sa.update(AGENTS).where(who, AGENTS.c.revoked_at.is_(None))
    connection.execute(active.values(revoked_at=now.timestamp()))


def _row(agent: Agent) -> dict[str, object]:
    return {
        "id": agent.id,
        "name": agent.name,
        "folded": agent.name.casefold(),
        "aliases": json.dumps(agent.aliases),
        "public_key": agent.public_key,
        "url": agent.url,
        "host": agent.host,
        "version": agent.version,
        "enrolled_at": agent.enrolled_at.timestamp(),
        "revoked_at": _seconds(agent.revoked_at),
        "last_seen": _seconds(agent.last_seen),
    }


def _agent(row: Any) -> Agent:
    return Agent(
        id=row.id,
        name=row.name,
        aliases=tuple(json.loads(row.aliases)),
        public_key=row.public_key,
        url=row.url,
        host=row.host,
        version=row.version,
        enrolled_at=_moment(row.enrolled_at),
        revoked_at=None if row.revoked_at is None else _moment(row.revoked_at),
        last_seen=None if row.last_seen is None else _moment(row.last_seen),
    )


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
