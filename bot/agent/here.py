"""The look for whoever sits at this server: any path, or what the agent's admin allows here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bot.agent.looking import DEADLINE, look, look_at
from bot.agent.places import config_file
from bot.agent.probes.order import PROBES
from bot.agent.probes.port import Step
from bot.wire import WhoHolds

_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|[\\/]{2}")


async def look_here(
    path: str, config: Path | None = None, *, steps: Sequence[Step] = PROBES
) -> WhoHolds:
    """Tell who holds a path, as logs or as this machine write it.

    Where an agent is configured its policy holds for everybody here; elsewhere any path may be
    asked about. Raise AgentConfigError where the configuration cannot be used.
    """
    config = config or config_file()
    if not _is_there(config):
        return await look_at(path, steps=steps)
    # these cost more than the look, and most machines have no agent
    from bot.agent.config import load
    from bot.agent.looks import Looks
    from bot.agent.policy import Policy, own_shares
    from bot.agent.relaying import Relays

    held = load(config)
    relays = Relays(held)
    looks = Looks(
        host=held.name,
        policy=Policy(held, own_shares),
        look=partial(look, steps=steps),
        relay=relays.look,
        deadline=max(DEADLINE, held.deadline),
    )
    try:
        return await looks.at(_whole(path))
    finally:
        relays.close()


def _whole(path: str) -> str:
    """Return a path from its root; whether links may be followed is the policy's business."""
    return path if _OF_WINDOWS.match(path) else os.path.abspath(path)  # noqa: PTH100


def _is_there(config: Path) -> bool:
    try:
        return config.is_file()
    except OSError:
        return False  # a folder that is nobody's business here
