"""What would keep an agent from working as it is configured, found before it matters."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from bot.agent.config import AgentConfig, AgentConfigError
from bot.agent.probes.credential import CredentialRefused, credential


def troubles(config: AgentConfig) -> list[str]:
    """Return what would keep an agent from working as configured, each naming its key."""
    found = []
    if (fault := key_fault(config.key_file)) is not None:
        found.append(fault)
    try:
        config.tls_context()
    except AgentConfigError as error:
        found.append(str(error))
    found += [f"roots: {root} is no folder here." for root in config.roots if not root.is_dir()]
    for path, place in config.maps.items():
        if not any(_is_within(place, root) for root in config.roots):
            found.append(f"maps: {path} leads to {place}, which is in none of the roots.")
    found += [f"logs: {log} is in no folder." for log in config.logs if not log.parent.is_dir()]
    for name, relay in config.relays.items():
        try:
            credential(relay.account)
        except CredentialRefused as error:
            found.append(f"relays.{name}.account: {error}")
    if not config.state.is_dir():
        found.append(f"state: {config.state} is no folder here.")
    return found


def key_fault(path: Path) -> str | None:
    """Return why the private key cannot be used, or is everybody's to read."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return f"key_file: {path} cannot be read: {error.strerror}."
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"key_file: {path} may be read by others. Run `chmod 600` on it, or enrol again."
    return None


def _is_within(path: Path, root: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
