"""What a local path really leads to: opened for its attributes alone, and named by the system.

What is opened is what is named: a link that is swapped meanwhile changes both or neither.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One existing file or folder, by its final name and its identity."""

    path: Path
    device: int
    inode: int
    mode: int  # what kind of file it is, as stat says


if sys.platform == "win32":

    def final(path: Path) -> Place:
        """Follow all links, and ask where that ended; raise OSError where it is nowhere."""
        from bot.agent.win32.calls import WindowsRefused
        from bot.agent.win32.files import resolve

        # a symbolic link may lead to another server, which to open makes us sign in there; a
        # junction leads to a drive of this one
        if any(each.is_symlink() for each in (path, *path.parents)):
            raise PermissionError(0, "a symbolic link is not followed", str(path))
        try:
            found = resolve(str(path))
        except WindowsRefused as refused:
            raise OSError(0, str(refused), str(path), refused.code) from refused
        mode = Path(found.path).stat().st_mode
        return Place(path=Path(found.path), device=found.device, inode=found.inode, mode=mode)

else:

    def final(path: Path) -> Place:
        """Follow all links, and ask where that ended; raise OSError where it is nowhere."""
        # O_PATH reads nothing, starts no device and is not held against anybody
        number = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            real = Path(f"/proc/self/fd/{number}").readlink()
            seen = os.fstat(number)
        finally:
            os.close(number)
        return Place(path=real, device=seen.st_dev, inode=seen.st_ino, mode=seen.st_mode)
