"""The Samba servers that run on this machine."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.agent.procfs.naming import name_of, named

_FRESH = 0.1  # seconds; within one look it is asked more than once
_NAME = "smbd"
_SHORT = re.compile(r"-[DFibS]*s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One smbd and its configuration."""

    pid: int
    config: str | None  # None: where Samba was built to look for it
    is_contained: bool = False  # it sees other folders under these names than we do

    def options(self) -> list[str]:
        """Return what makes the programs of Samba read the same configuration."""
        return ["-s", self.config] if self.config else []

    def is_there(self) -> bool:
        """Tell whether it still runs; one that has ended lets nobody at anything."""
        return Path("/proc", str(self.pid)).exists()


_seen: tuple[float, tuple[Server, ...]] = (-_FRESH, ())


def servers() -> tuple[Server, ...]:
    """Return the servers that run here, one for each configuration."""
    global _seen
    now = time.monotonic()
    if now - _seen[0] > _FRESH:
        _seen = (now, tuple(_servers()))
    return _seen[1]


def _servers() -> Iterator[Server]:
    known: set[str | None] = set()
    for pid in named(_NAME):
        process = Path("/proc", str(pid))
        try:
            if not _is_first(process):
                continue
            words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
            config = _config(words, process)
        except OSError:
            continue  # ended meanwhile
        if config not in known:
            known.add(config)
            yield Server(pid=pid, config=config, is_contained=_is_contained(process))


def _is_first(process: Path) -> bool:
    """Tell whether a process began as a server: the others were begun by one, for its clients.

    It has to be root's or ours, for what somebody else's process names may be a trap.
    """
    status = (process / "status").read_text("utf-8", "replace")
    known = dict(re.findall(r"(?m)^(PPid|Uid):\s+(\d+)", status))
    is_trusted = int(known.get("Uid", -1)) in (0, os.getuid())
    return is_trusted and not (name_of(int(known.get("PPid", 0))) or "").startswith(_NAME)


def _config(words: list[str], process: Path) -> str | None:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--configfile" or _SHORT.fullmatch(word):
            return _absolute(following, process)
        if word.startswith("--configfile="):
            return _absolute(word.partition("=")[2], process)
        if word.startswith("-s") and len(word) > 2:
            return _absolute(word[2:], process)
    return None


def _absolute(config: str, process: Path) -> str:
    return config if Path(config).is_absolute() else str((process / "cwd").readlink() / config)


def _is_contained(process: Path) -> bool:
    """Compare the roots: a hardened service has mounts of its own, and yet the same files."""
    try:
        return not (process / "root").samefile("/")
    except OSError:
        return False  # only root is told
