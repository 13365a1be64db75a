"""Where an agent keeps its configuration and its state on each platform."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

FILE_NAME = "agent.toml"


def config_file() -> Path:
    """Return the configuration of the machine's agent, or of the user's own where not root."""
    return _machine_folder() / FILE_NAME if is_privileged() else _own("config") / FILE_NAME


def state_folder(config: Path) -> Path:
    """Return where an agent with that configuration keeps what changes while it runs."""
    if sys.platform != "win32" and config == Path("/etc/despool") / FILE_NAME:
        return Path("/var/lib/despool")  # what systemd gives a unit with StateDirectory=despool
    return config.parent


def is_privileged() -> bool:
    """Tell whether this process may write where the whole machine's configuration lies."""
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.shell32.IsUserAnAdmin())
    return os.geteuid() == 0


def _machine_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "Despool"
    return Path("/etc/despool")


def _own(kind: str) -> Path:
    return Path(getattr(platformdirs, f"user_{kind}_path")("despool", appauthor=False))
