"""Checks of what is kept: the database, and the work in it."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from bot.control import Control
from bot.doctor.case import Case
from bot.doctor.row import Row, failed, untried, well
from bot.errors import DespoolError
from bot.incidents.database import Where, connect, unavailable, where
from bot.incidents.health import State
from bot.incidents.opening import looked_at

SHOWN = 3  # pieces of failed work


async def database(case: Case) -> Row:
    """Check that the bot can write where it keeps its state."""
    place = where(case.settings.database_url.get_secret_value())
    folders = {case.settings.data_dir, *({place.file.parent} if place.file else ())}
    for folder in sorted(folders):
        try:
            await asyncio.to_thread(_write, folder)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return failed("database", f"{folder} cannot be written: {reason}.", _room(folder))
    if place.is_sqlite:
        return well("database", f"SQLite {sqlite3.sqlite_version}; its folder can be written.")
    try:
        version = await asyncio.to_thread(_ask, place)
    except SQLAlchemyError as error:
        fix = "Start PostgreSQL, and look at the address in DESPOOL_DATABASE_URL."
        return failed("database", str(unavailable(error)), fix)
    return well("database", f"PostgreSQL {version} answers.")


def _room(folder: Path) -> str:
    return f"Make room and give the bot's account the right to write to {folder}, or name another."


def _write(folder: Path) -> None:
    """Write to a database that is new and goes away: one that is in use must not be touched."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".doctor-", dir=folder) as scratch,
        closing(sqlite3.connect(Path(scratch) / "doctor.db")) as connection,
    ):
        connection.execute("CREATE TABLE doctor (id INTEGER)")
        connection.execute("INSERT INTO doctor VALUES (1)")
        connection.commit()


def _ask(place: Where) -> str:
    engine = connect(place.incidents)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(sa.text("SHOW server_version")))
    finally:
        engine.dispose()


async def work(case: Case) -> Row:
    """Say what waits for too long, and what will never be done."""
    try:
        state = await _state(case)
    except DespoolError as error:
        return failed("work", str(error), "Look at the row `database` first.")
    if state is None:
        return untried("work", "nothing was kept yet.")
    faults = list(_faults(state))
    if not faults:
        return well("work", f"{state.waiting} waiting; nothing is overdue or set aside.")
    fix = (
        "Look for the references in the bot's log and report them. What is set aside stops "
        "nothing else, and is forgotten after DESPOOL_RETENTION."
    )
    return failed("work", " ".join(faults), fix)


async def _state(case: Case) -> State | None:
    """Ask the bot of this process, or the one that runs, or look where none does."""
    if case.work is not None:
        return await case.work()
    asked = await Control.at(case.settings.data_dir).ask("work")
    if asked is not None:
        return State.from_json(asked)
    async with case.alone:
        return await looked_at(case.settings.database_url.get_secret_value())


def _faults(state: State) -> list[str]:
    faults = []
    if state.overdue:
        faults.append(f"{state.overdue} pieces of work have waited for over a minute.")
    if state.dead:
        faults.append(f"{state.dead} cannot be done by this version.")
    if state.unsure:
        faults.append(f"{state.unsure} replies may be missing: their threads cannot be read.")
    if state.aside:
        rows = [
            f"{one.kind} {one.key} ({one.reason}, {one.tries} tries, "
            f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime(one.at))} UTC"
            + (f", reference {one.reference})" if one.reference else ")")
            for one in state.aside[:SHOWN]
        ]
        faults.append(f"{len(state.aside)} set aside: {'; '.join(rows)}.")
    return faults
