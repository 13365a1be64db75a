"""Checks of what is here: the settings, and the versions."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from importlib.metadata import version

from bot import __version__
from bot.doctor.case import Case
from bot.doctor.row import Row, failed, well
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
