"""Open a log that others write, rename and delete, without ever standing in their way."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import BinaryIO

from bot.agent.win32.calls import WindowsRefused, on_windows
from bot.agent.win32.files import close, create_file

READ = 0x8000_0000


def open_shared(path: str | Path) -> BinaryIO:
    """Open a file for reading and share it for reading, writing and deleting.

    Python's own `open` shares no deletion on Windows, so a log could not be rotated. Raises
    OSError as `open` does, with the Windows error in `winerror`.
    """
    if not on_windows():
        return Path(path).open("rb")
    try:
        handle = create_file(str(path), READ)
    except WindowsRefused as refused:
        raise OSError(0, str(refused), str(path), refused.code) from refused
    try:
        descriptor = importlib.import_module("msvcrt").open_osfhandle(handle, os.O_RDONLY)
    except OSError:
        close(handle)
        raise
    return os.fdopen(descriptor, "rb")
