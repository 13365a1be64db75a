"""Bringing the tables of an older release up to date, once, whoever starts first."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError
from bot.incidents.database import unavailable

log = logging.getLogger(__name__)

SCRIPTS = Path(__file__).parent / "migrations"
LOCK = 0x4465_7370  # of PostgreSQL's advisory locks; any number that nobody else takes


def upgrade(engine: sa.Engine, revision: str = "head") -> tuple[str | None, str | None]:
    """Migrate to a revision; return the one before and the one after, None for an empty database.

    Of replicas that start together one migrates, and the others wait for it. Raise SettingsError
    where the database cannot be used, or was written by a newer release.
    """
    try:
        with engine.begin() as connection:
            _lock(connection)
            before = MigrationContext.configure(connection).get_current_revision()
            config = Config()
            config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
            config.attributes["connection"] = connection
            _refuse_newer(config, before)
            command.upgrade(config, revision)
            after = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise SettingsError(f"DESPOOL_DATABASE_URL cannot be used. {unavailable(error)}") from None
    if before != after:
        log.info("Migrated the database", extra={"before": before, "after": after})
    return before, after


def _lock(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    else:
        # pysqlite would begin only before the first write, and create tables outside of it
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_newer(config: Config, before: str | None) -> None:
    try:
        if before is not None:
            ScriptDirectory.from_config(config).get_revision(before)
    except CommandError:
        raise SettingsError(
            f"DESPOOL_DATABASE_URL was written by a newer Despool (revision {before}). "
            "Run that version again, or give this one another database."
        ) from None
