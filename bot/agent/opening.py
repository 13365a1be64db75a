"""Open a log that others write, without ever being the one who locks it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO


def open_log(path: Path) -> BinaryIO:
    """Open a log for reading, shared for reading, writing and deleting; raise OSError."""
    if sys.platform == "win32":
        from bot.agent.win32.opening import open_shared

        return open_shared(path)
    return path.open("rb")
