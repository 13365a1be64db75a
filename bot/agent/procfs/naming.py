"""The short names of processes, read fast enough to ask for all of them."""

from __future__ import annotations

import os

_LONGEST = 64  # the kernel's are shorter


def pids() -> list[int]:
    """Return the processes that are there now."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def name_of(pid: int) -> str | None:
    """Return the short name of a process, None when it has ended."""
    try:
        file = os.open(f"/proc/{pid}/comm", os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(file, _LONGEST).decode("utf-8", "backslashreplace").rstrip("\n")
    except OSError:
        return None
    finally:
        os.close(file)


def named(start: str) -> list[int]:
    """Return the processes whose short name begins so, the oldest number first."""
    return sorted(pid for pid in pids() if (name_of(pid) or "").startswith(start))
