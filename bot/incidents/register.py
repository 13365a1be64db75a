"""The incidents: one for each server, share and package within its window, in one thread."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from bot.incidents.database import Database
from bot.incidents.schema import INCIDENTS, PLACES, TOUCHES
from bot.incidents.subjects import Home, Subject
from bot.incidents.threads import Incident, State, Thread
from bot.incidents.upsert import upsert
from bot.incidents.writing import read_finding, write_finding
from bot.model import Finding
from bot.servers import host_of, same_server

PUBLIC = ""  # the scope of what everybody may read
LATEST = 1_000  # incidents that are looked at together


class Register:
    """The rows of the incidents."""

    def __init__(self, database: Database, window: timedelta) -> None:
        self._database = database
        self._window = window.total_seconds()

    async def claim(self, thread: Thread, subject: Subject, scope: str, at: float) -> Home:
        """Return the incident a finding of a thread belongs to; a new one has its home there.

        `at` is when the evidence was said. An incident takes more for a window after its last
        evidence; its own threads belong to it for ever.
        """
        return await self._database.run(
            lambda connection: self._claim(connection, thread, subject, scope, at)
        )

    def _claim(
        self, connection: sa.Connection, thread: Thread, subject: Subject, scope: str, at: float
    ) -> Home:
        host, package = host_of(subject.server), (subject.package or "").upper() or None
        if connection.dialect.name == "postgresql":
            name = f"{scope}|{host}|{package}" if subject.is_shared else thread.channel + thread.ts
            connection.execute(
                sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0)))
            )
        found = self._found(connection, thread, subject, scope, at)
        if found is None:
            found = _opened(connection, thread, subject, scope, at)
        later = sa.case((INCIDENTS.c.evidence_at < at, at), else_=INCIDENTS.c.evidence_at)
        share = found.subject.share or subject.share
        connection.execute(
            sa.update(INCIDENTS)
            .where(INCIDENTS.c.id == found.id)
            .values(evidence_at=later, share=share)
        )
        touch = {"incident": found.id, "channel": thread.channel, "thread_ts": thread.ts}
        upsert(connection, TOUCHES, {**touch, "since": at}, replace=False)
        return found

    def _found(
        self, connection: sa.Connection, thread: Thread, subject: Subject, scope: str, at: float
    ) -> Home | None:
        mine = sa.select(TOUCHES.c.incident).where(
            TOUCHES.c.channel == thread.channel, TOUCHES.c.thread_ts == thread.ts
        )
        if not subject.is_shared:
            known = INCIDENTS.c.id.in_(mine) & (INCIDENTS.c.subject == subject.rest)
            rows = connection.execute(sa.select(INCIDENTS).where(known)).all()
            return _home(rows[0]) if rows else None
        within = sa.func.abs(INCIDENTS.c.evidence_at - at) <= self._window
        asked = (
            sa.select(INCIDENTS)
            .where(
                INCIDENTS.c.scope == scope,
                INCIDENTS.c.host == host_of(subject.server),
                INCIDENTS.c.package == (subject.package or "").upper(),
                sa.or_(within, INCIDENTS.c.id.in_(mine)),
            )
            .order_by(INCIDENTS.c.opened_at.desc())
        )
        for row in connection.execute(asked):
            if subject.fits(row.server, row.share, row.package):
                return _home(row)
        return None

    async def twin(self, subject: Subject, at: float, scope: str = PUBLIC) -> Home | None:
        """Return the incident of a scope about the same, for a thread that is none of its own."""
        nowhere = Thread(channel="", ts="")
        return await self._database.run(
            lambda connection: self._found(connection, nowhere, subject, scope, at)
        )

    async def about_file(self, server: str, path: str, scopes: Collection[str]) -> Home | None:
        """Return the latest incident of a server in which a file is locked, in some scopes."""
        asked = (
            sa.select(INCIDENTS)
            .where(INCIDENTS.c.scope.in_(scopes), INCIDENTS.c.host == host_of(server))
            .order_by(INCIDENTS.c.evidence_at.desc())
            .limit(LATEST)
        )
        rows = await self._database.run(lambda connection: connection.execute(asked).all())
        wanted = path.casefold()
        for home in map(_home, rows):
            files = home.finding.files if home.finding else ()
            if same_server(home.subject.server, server) and wanted in map(str.casefold, files):
                return home
        return None

    async def threads_of(self, ids: Iterable[str]) -> list[tuple[str, str]]:
        """Return the threads that gave evidence to these incidents, the first one first."""
        asked = (
            sa.select(TOUCHES.c.channel, TOUCHES.c.thread_ts)
            .where(TOUCHES.c.incident.in_(list(ids)))
            .order_by(TOUCHES.c.since, TOUCHES.c.thread_ts)
        )
        rows = await self._database.run(lambda connection: connection.execute(asked).all())
        return list(dict.fromkeys((str(row.channel), str(row.thread_ts)) for row in rows))

    async def of_thread(self, channel: str, ts: str) -> list[Home]:
        """Return the incidents that a thread is about, wherever their home is."""
        asked = (
            sa.select(INCIDENTS)
            .join(TOUCHES, TOUCHES.c.incident == INCIDENTS.c.id)
            .where(TOUCHES.c.channel == channel, TOUCHES.c.thread_ts == ts)
        )
        rows = await self._database.run(lambda connection: connection.execute(asked).all())
        return [_home(row) for row in rows]

    async def record(self, id_: str, finding: Finding, state: State) -> None:
        """Write down what is known of an incident, without the quotes."""
        change = (
            sa.update(INCIDENTS)
            .where(INCIDENTS.c.id == id_)
            .values(finding=write_finding(finding), state=state)
        )
        await self._database.run(lambda connection: connection.execute(change))

    async def mark(self, channel: str, ts: str, state: State) -> None:
        """Give every incident that has its home in a thread a state."""
        here = (INCIDENTS.c.channel == channel) & (INCIDENTS.c.thread_ts == ts)
        change = sa.update(INCIDENTS).where(here).values(state=state)
        await self._database.run(lambda connection: connection.execute(change))

    async def leave(self, id_: str, thread: Thread) -> tuple[str, str] | None:
        """Take a thread out of an incident; return the thread its reply moves to, if it does.

        An incident that no thread is about any more is forgotten.
        """
        return await self._database.run(lambda connection: _left(connection, id_, thread))

    async def seen_from(self, viewer: str | None = None) -> list[Incident]:
        """Return what may be seen from a channel, the latest first; None sees what is public."""
        rows = await self._rows(_visible(viewer))
        return [one for one in map(_incident, rows) if one is not None]

    async def locks(self, package: str, viewer: str, since: float) -> int:
        """Return how many locks on a package a channel may hear of, from a time on."""
        found = await self._rows(
            _visible(viewer)
            & (INCIDENTS.c.opened_at >= since)
            & (INCIDENTS.c.package == package.upper())
        )
        incidents = filter(None, map(_incident, found))
        return sum(bool(one.finding.files) for one in incidents)

    async def _rows(self, which: sa.ColumnElement[bool]) -> Sequence[sa.Row[tuple[object, ...]]]:
        asked = (
            sa.select(INCIDENTS, PLACES.c.is_public)
            .outerjoin(PLACES, PLACES.c.channel == INCIDENTS.c.channel)
            .where(which)
            .order_by(INCIDENTS.c.opened_at.desc())
            .limit(LATEST)
        )
        return await self._database.run(lambda connection: connection.execute(asked).all())


def _visible(viewer: str | None) -> sa.ColumnElement[bool]:
    # a channel that was made private since is private from then on
    public = (INCIDENTS.c.scope == PUBLIC) & PLACES.c.is_public
    return public if viewer is None else sa.or_(public, INCIDENTS.c.channel == viewer)


def _opened(
    connection: sa.Connection, thread: Thread, subject: Subject, scope: str, at: float
) -> Home:
    home = Home(
        id=secrets.token_hex(6),
        channel=thread.channel,
        thread_ts=thread.ts,
        subject=subject,
        finding=None,
    )
    connection.execute(
        sa.insert(INCIDENTS).values(
            id=home.id,
            scope=scope,
            host=host_of(subject.server),
            package=(subject.package or "").upper() or None,
            server=subject.server,
            share=subject.share,
            subject=subject.rest,
            channel=thread.channel,
            thread_ts=thread.ts,
            state="open",
            finding="",
            opened_at=at,
            evidence_at=at,
        )
    )
    return home


def _left(connection: sa.Connection, id_: str, thread: Thread) -> tuple[str, str] | None:
    connection.execute(
        sa.delete(TOUCHES).where(
            TOUCHES.c.incident == id_,
            TOUCHES.c.channel == thread.channel,
            TOUCHES.c.thread_ts == thread.ts,
        )
    )
    heir = connection.execute(
        sa.select(TOUCHES).where(TOUCHES.c.incident == id_).order_by(TOUCHES.c.since).limit(1)
    ).first()
    row = INCIDENTS.c.id == id_
    if heir is None:
        connection.execute(sa.delete(INCIDENTS).where(row))
        return None
    here = (INCIDENTS.c.channel == thread.channel) & (INCIDENTS.c.thread_ts == thread.ts)
    moved = connection.execute(
        sa.update(INCIDENTS)
        .where(row, here)
        .values(channel=heir.channel, thread_ts=heir.thread_ts)
        .returning(INCIDENTS.c.id)
    )
    return (heir.channel, heir.thread_ts) if moved.first() else None


def _home(row: sa.Row[tuple[object, ...]]) -> Home:
    subject = Subject(server=row.server, share=row.share, package=row.package, rest=row.subject)
    return Home(
        id=row.id,
        channel=row.channel,
        thread_ts=row.thread_ts,
        subject=subject,
        finding=read_finding(row.finding) if row.finding else None,
    )


def _incident(row: sa.Row[tuple[object, ...]]) -> Incident | None:
    finding = read_finding(row.finding) if row.finding else None
    if finding is None:
        return None
    return Incident(
        id=row.id,
        channel=row.channel,
        thread_ts=row.thread_ts,
        private=row.scope != PUBLIC or not row.is_public,
        finding=replace(finding, evidence=()),
        state=row.state,
        opened_at=row.opened_at,
    )
