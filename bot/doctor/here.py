"""Checks of what is here: the settings, the data folder, the agents, the versions."""

from __future__ import annotations

import asyncio
import platform
import re
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from bot import __version__
from bot.agents import Agents
from bot.doctor.case import Case
from bot.doctor.row import Row, failed, untried, well
from bot.errors import SettingsError
from bot.repairs import REPAIR

LIBRARIES = ("slack_bolt", "slack_sdk", "aiohttp")
OLDEST_SDK = (3, 47)  # older ones stay silent for ever after "Session is closed"


async def settings(case: Case) -> Row:
    """Say in which mode the bot works; wrong settings never get this far."""
    mode = "Socket Mode" if case.settings.socket_mode else "HTTP"
    return well("settings", f"Complete; events arrive over {mode}.")


def wrong_settings(error: SettingsError) -> Row:
    """Return the row of settings that cannot be used."""
    faults, fixes = [], []
    for line in str(error).splitlines():
        variable = line.partition(" ")[0]
        repair = REPAIR.get(variable, "")
        faults.append(line.removesuffix(repair).rstrip())
        fixes.append(f"{variable}: {repair}" if repair else "See README, Settings.")
    return failed("settings", " ".join(faults), " ".join(fixes))


async def database(case: Case) -> Row:
    """Check that SQLite can write where the bot keeps its state."""
    scheme, _, place = case.settings.database_url.get_secret_value().partition("://")
    folders = {case.settings.data_dir}
    if scheme.startswith("sqlite") and len(place) > 1 and place != "/:memory:":
        folders.add(Path(place[1:].partition("?")[0]).parent)
    for folder in sorted(folders):
        try:
            await asyncio.to_thread(_write, folder)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return failed("database", f"{folder} cannot be written: {reason}.", _room(folder))
    if not scheme.startswith("sqlite"):
        return untried("database", "no incidents are stored yet, so PostgreSQL is not needed.")
    return well("database", f"SQLite {sqlite3.sqlite_version}; its folder can be written.")


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


async def agents(case: Case) -> Row:
    """Say how many servers are looked after."""
    return agents_of(case.agents)


def agents_of(port: Agents) -> Row:
    """Return the row of the agents that are connected."""
    found = port.statuses()
    if not found:
        return well("agents", "No agent yet.")
    blind = [f"{status.name} ({', '.join(status.blind)})" for status in found if status.blind]
    note = f"; cannot look everywhere: {', '.join(blind)}" if blind else ""
    return well("agents", f"{len(found)} connected{note}.")


async def versions(_: Case) -> Row:
    """Say which versions are installed, and refuse one that is known to fall silent."""
    return versions_of(installed())


def installed() -> dict[str, str]:
    """Return the versions that matter, by name."""
    own = {"despool": __version__, "python": platform.python_version()}
    return own | {name: version(name) for name in LIBRARIES}


def versions_of(found: Mapping[str, str]) -> Row:
    """Judge the versions."""
    detail = ", ".join(f"{name} {number}" for name, number in found.items())
    sdk = tuple(map(int, re.findall(r"\d+", found["slack_sdk"])[:2]))
    if sdk < OLDEST_SDK:
        fix = "pip install --upgrade 'slack_sdk>=3.47': an older one may fall silent for ever."
        return failed("versions", detail, fix)
    return well("versions", detail)
