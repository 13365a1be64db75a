"""What is to be known of one process that holds a file: who it is, since when, and how it holds."""

from __future__ import annotations

import os
import re
from typing import Any

from bot.agent.procfs.walking import Hit

_MODES = {os.O_RDONLY: "read", os.O_WRONLY: "write", os.O_RDWR: "read+write"}
_PATH_ONLY = 0o10000000  # O_PATH: it names the file and neither reads nor writes it
_CONTAINER = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_UNIT = re.compile(r"/([^/]+\.(?:service|scope|socket|mount|swap))(?=/|$)")


def details(hit: Hit) -> dict[str, Any] | None:
    """Return what /proc tells of a process, None when it ended or is another one meanwhile."""
    try:
        started = _started(hit.pid)
        access = _access(hit)
        if access is None:
            return None  # all closed meanwhile, or open in a way that keeps nobody out
        row: dict[str, Any] = {
            "pid": hit.pid,
            "started": started,
            "name": _text(hit.pid, "comm").rstrip("\n"),
            "exe": _exe(hit.place),
            "uid": _uid(hit.pid),
            "access": access,
            "descriptors": sorted(map(int, hit.descriptors)),
            "is_sure": hit.is_sure,
            **unit_of(_text(hit.pid, "cgroup")),
        }
        return row if _started(hit.pid) == started else None
    except (FileNotFoundError, ProcessLookupError):
        return None


def boot_time() -> int:
    """Return when the machine started, in seconds since the epoch."""
    with open("/proc/stat", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("btime"))


def unit_of(cgroup: str) -> dict[str, str | None]:
    """Return the systemd unit, and the service or container, of the lines of /proc/PID/cgroup."""
    paths = [line.split(":", 2)[2] for line in cgroup.splitlines() if line.count(":") >= 2]
    units = [match for path in paths for match in _UNIT.findall(path)]
    containers = [match for path in paths for match in _CONTAINER.findall(path)]
    unit = units[-1] if units else None
    service = unit.removesuffix(".service") if unit and unit.endswith(".service") else None
    if containers:
        service = f"container {containers[-1][:12]}"
    return {"unit": unit, "service": service}


def _text(place: str | int, name: str) -> str:
    with open(f"/proc/{place}/{name}", encoding="utf-8", errors="backslashreplace") as file:
        return file.read()


def _started(pid: int) -> int:
    """Return the clock ticks from the start of the machine to that of the process."""
    return int(_text(pid, "stat").rpartition(")")[2].split()[19])


def _exe(place: str) -> str | None:
    try:
        return os.fsencode(os.readlink(f"/proc/{place}/exe")).decode("utf-8", "backslashreplace")
    except OSError:
        return None


def _uid(pid: int) -> int:
    match = re.search(r"(?m)^Uid:\s+\d+\s+(\d+)", _text(pid, "status"))
    return int(match[1]) if match else -1


def _access(hit: Hit) -> str | None:
    modes = {mode for name in hit.descriptors if (mode := _mode(hit.place, name))}
    if modes:
        return next(iter(modes)) if len(modes) == 1 else "+".join(_words(modes))
    return hit.other[0] if hit.other else None


def _words(modes: set[str]) -> list[str]:
    held = {word for mode in modes for word in mode.split("+")}
    return [word for word in ("read", "write") if word in held]


def _mode(place: str, descriptor: str) -> str | None:
    try:
        match = re.search(r"(?m)^flags:\s*([0-7]+)", _text(place, f"fdinfo/{descriptor}"))
    except FileNotFoundError:
        return None  # closed meanwhile
    flags = int(match[1], 8) if match else 0
    return None if flags & _PATH_ONLY else _MODES.get(flags & os.O_ACCMODE)
