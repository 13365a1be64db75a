"""Which folders of this machine its Samba servers let others at."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from bot.agent import programs, samba
from bot.agent.procfs.mounts import is_below
from bot.agent.worker import WorkerSilent, ask

_KNOWN = 60.0  # seconds; shares change rarely
_PRINTER = re.compile(r"(?im)^\s*printable = yes$")
_PATH = re.compile(r"(?m)^\s*path\s*=\s*(.*)$")

_shares: dict[tuple[str | None, int], tuple[float, tuple[str, ...]]] = {}


async def serves(path: str, deadline: float) -> bool:
    """Tell whether a server lets others at this file; yes, where that cannot be told."""
    for server in samba.servers():
        if server.is_contained or await _is_below(path, server, deadline):
            return True
    return False


async def _is_below(path: str, server: samba.Server, deadline: float) -> bool:
    try:
        folders = await _folders(server, deadline)
    except programs.ProgramFailed:
        return server.is_there()
    return any(is_below(path, folder) for folder in folders)


async def _folders(server: samba.Server, deadline: float) -> tuple[str, ...]:
    key = (server.config, server.pid)
    now = time.monotonic()
    known = _shares.get(key)
    if known is None or now - known[0] > _KNOWN:
        text = await _told(server, [], deadline)
        users = (await _told(server, ["--parameter-name=usershare path"], deadline)).strip()
        paths = {*_paths(text), *_of_users(Path(users) if users else None)}
        known = _shares[key] = (now, tuple([await _resolved(one, deadline) for one in paths]))
    return known[1]


async def _told(server: samba.Server, words: list[str], deadline: float) -> str:
    """Ask testparm, which knows all that may stand in a configuration."""
    program = programs.find("testparm") or "testparm"
    config = [server.config] if server.config else []
    said = await programs.output([program, "-s", "--suppress-prompt", *words, *config], deadline)
    return said.decode("utf-8", "surrogateescape")


def _paths(text: str) -> Iterator[str]:
    """Read the folders from what testparm prints; one that depends on the user counts whole."""
    for section in re.split(r"(?m)^\[", text)[1:]:
        name, _, body = section.partition("]")
        if _PRINTER.search(body):
            continue
        if match := _PATH.search(body):
            fixed = match[1].partition("%")[0]
            yield (fixed if fixed == match[1] else str(Path(fixed).parent)) or "/"
        elif name == "homes":
            yield from _homes()


def _homes() -> Iterator[str]:
    import pwd  # there is none on Windows, where this module is imported too

    yield from (user.pw_dir for user in pwd.getpwall() if user.pw_dir != "/")


def _of_users(folder: Path | None) -> Iterator[str]:
    """Read the folders that users share by themselves, with `net usershare`."""
    try:
        for share in folder.iterdir() if folder else ():
            if match := _PATH.search(share.read_text("utf-8", "surrogateescape")):
                yield match[1]
    except OSError:
        return  # none were ever shared, or only root may know


async def _resolved(path: str, deadline: float) -> str:
    """Follow links, in the worker: a share may be on a server that is dead."""
    try:
        return str((await ask({"do": "find", "path": path}, deadline))["resolved"])
    except WorkerSilent:
        return path
