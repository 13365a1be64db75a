"""Which files may be asked about: allow-listed roots, checked where a path really leads to."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.agent.canonical import final
from bot.agent.config import AgentConfig
from bot.agent.names import PathRefused, Written, taken_apart
from bot.agent.probes import Target

_ADMIN_SHARE = 2  # characters of E$

Shares = Callable[[], dict[str, Path]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A path inside a root at which there is no file now."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A file of a server that this agent may ask over SMB."""

    server: str  # its name in small letters
    path: str
    target: Target


class Policy:
    """What a server's admin allows the bot to ask about."""

    def __init__(self, config: AgentConfig, shares: Shares = dict) -> None:
        """Take the configuration, and how to find the server's own shares by small-letter name."""
        self._roots = config.roots
        self._relays = {
            name.casefold(): frozenset(share.casefold() for share in relay.shares)
            for name, relay in config.relays.items()
        }
        self._shares = shares
        self._names = frozenset(_short_and_long([config.name, *config.aliases, _host()]))
        self._maps = sorted(
            ((self._key(taken_apart(path)), place) for path, place in config.maps.items()),
            key=lambda pair: -len(pair[0]),
        )

    def locate(self, asked: str) -> Target | Gone | Elsewhere:
        """Return the file that a path names; raise PathRefused for anything else.

        The path may be the log's, this machine's, or a UNC name of one of its own shares.
        """
        written = taken_apart(asked)
        if written.style == "unc" and (there := self._elsewhere(written)) is not None:
            return there
        base, rest = self._local(written)
        path = _found(base, rest)
        try:
            place = final(path)
        except (FileNotFoundError, NotADirectoryError):
            self._check_parent(path)
            return Gone(path=str(path))
        except OSError:
            self._check_parent(path)
            raise  # inside the roots it may be said what went wrong
        self._check(place.path)
        if not stat.S_ISREG(place.mode) and not stat.S_ISDIR(place.mode):
            raise PathRefused  # a device or a pipe is nobody's package
        share = written.parts[0] if written.style == "unc" else None
        return Target(
            path=str(place.path),
            device=place.device,
            inode=place.inode,
            kind="folder" if stat.S_ISDIR(place.mode) else "file",
            share=share,
            share_path="\\".join(written.parts[1:]) if share else None,
        )

    def _elsewhere(self, written: Written) -> Elsewhere | None:
        server, share = written.root.casefold(), written.parts[0]
        if server not in self._relays or self._mapped(written) is not None:
            return None
        if share.casefold() not in self._relays[server]:
            raise PathRefused
        rest = "\\".join(written.parts[1:])
        target = Target(path="", device=0, inode=0, share=share, share_path=rest)
        return Elsewhere(server=server, path=str(written), target=target)

    def _local(self, written: Written) -> tuple[Path, tuple[str, ...]]:
        """Return the folder on this machine and the parts below it, their case not yet found."""
        mapped = self._mapped(written)
        if mapped is not None:
            return mapped
        if written.style == "unc":
            return self._own_share(written)
        if (written.style == "posix") == (sys.platform == "win32"):
            raise PathRefused
        root = Path(f"{written.root}:\\") if written.style == "drive" else Path("/")
        return root.joinpath(*written.parts), ()

    def _mapped(self, written: Written) -> tuple[Path, tuple[str, ...]] | None:
        key = self._key(written)
        for prefix, place in self._maps:
            if key[: len(prefix)] == prefix:
                return place, written.parts[len(prefix) - 2 :]
        return None

    def _own_share(self, written: Written) -> tuple[Path, tuple[str, ...]]:
        # any other server's name would make this one authenticate there: NTLM can be relayed
        if written.root.casefold().rstrip(".") not in self._names:
            raise PathRefused
        share, rest = written.parts[0], written.parts[1:]
        if len(share) == _ADMIN_SHARE and share[0].isalpha() and share[1] == "$":
            return self._local(Written(style="drive", root=share[0].upper(), parts=rest))
        place = self._shares().get(share.casefold())
        if place is None:
            raise PathRefused
        return place, rest

    def _key(self, written: Written) -> tuple[str, ...]:
        """Return what is compared without case, this server's names being one; POSIX has case."""
        if written.style == "posix":
            return ("posix", "", *written.parts)
        root = written.root.casefold().rstrip(".")
        own = written.style == "unc" and root in self._names
        parts = (part.casefold() for part in written.parts)
        return (written.style, "" if own else root, *parts)

    def _check_parent(self, path: Path) -> None:
        """Refuse to say anything about a path whose nearest folder may not be asked about."""
        if path.is_symlink():
            raise PathRefused  # it leads nowhere, and where to is nobody's business
        parent = path.parent
        while not os.path.lexists(parent) and parent != parent.parent:
            parent = parent.parent
        try:
            self._check(final(parent).path)
        except OSError:
            raise PathRefused from None

    def _check(self, path: Path) -> None:
        if not any(_is_within(path, root) for root in self._real_roots()):
            raise PathRefused

    def _real_roots(self) -> Iterable[Path]:
        for root in self._roots:
            try:
                yield final(root).path
            except OSError:
                continue  # not there now, so nothing is in it


def own_shares() -> dict[str, Path]:
    """Return the shares of this Windows server by their names in small letters; elsewhere none."""
    if sys.platform != "win32":
        return {}
    import win32net

    shares: dict[str, Path] = {}
    resume = 0
    while True:
        try:
            rows, _, resume = win32net.NetShareEnum(None, 2, resume)
        except win32net.error:  # no right to know, or no server service
            return shares
        shares |= {row["netname"].casefold(): Path(row["path"]) for row in rows if row["path"]}
        if not resume:
            return shares


def _is_within(path: Path, root: Path) -> bool:
    if sys.platform == "win32":
        return Path(str(path).casefold()).is_relative_to(str(root).casefold())
    return path.is_relative_to(root)


def _found(folder: Path, parts: tuple[str, ...]) -> Path:
    """Go down from a mapped folder; where the case differs, the one name that fits is taken."""
    for index, part in enumerate(parts):
        below = folder / part
        if not os.path.lexists(below):
            names = _alike(folder, part)
            if len(names) != 1:
                return below.joinpath(*parts[index + 1 :])
            below = folder / names[0]
        folder = below
    return folder


def _alike(folder: Path, part: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.name.casefold() == part.casefold()]
    except OSError:
        return []


def _short_and_long(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        name = name.casefold().rstrip(".")
        yield name
        yield name.partition(".")[0]


def _host() -> str:
    return socket.gethostname() or "localhost"
