"""Where a path leads on this machine, and what is there."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any

_WHY = {
    errno.ELOOP: "its links lead in a circle",
    errno.ENAMETOOLONG: "it is longer than this system takes",
    errno.EIO: "the disk or the server behind it fails",
    errno.ESTALE: "the server behind it no longer knows it",
    errno.EHOSTDOWN: "the server behind it is down",
    errno.ENOTCONN: "the program behind its file system has ended",
}


def find(path: str) -> dict[str, Any]:
    """Return what a path leads to: `there` with its identity, `gone`, or `unseen` with a reason."""
    try:
        resolved = os.path.realpath(path, strict=True)
        found = os.stat(resolved)
    except (FileNotFoundError, NotADirectoryError):
        return {"is": "gone", "resolved": os.path.realpath(path)}
    except PermissionError as problem:
        folder = os.path.dirname(problem.filename or path)
        return {"is": "unseen", "resolved": path, "why": f"no right to look into {folder}"}
    except (OSError, ValueError) as problem:
        why = _WHY.get(getattr(problem, "errno", 0) or 0) or str(problem)
        return {"is": "unseen", "resolved": path, "why": why}
    return {
        "is": "there",
        "resolved": resolved,
        "device": found.st_dev,
        "inode": found.st_ino,
        "kind": _kind(found.st_mode),
    }


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "other"
