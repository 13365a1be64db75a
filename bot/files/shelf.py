"""The folder that fetched files lie in: private, bounded, and emptied in the end."""

from __future__ import annotations

import os
import tempfile
import time
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from bot.files.description import File
from bot.reading.sources import FileSource

_SUFFIX = ".fetched"
_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class _Lent(FileSource):
    """A fetched file, which stays on disk at least as long as somebody holds this."""

    def __reduce__(self) -> tuple[Any, ...]:
        # a worker process gets the plain one, and need not import the network for it
        return partial(FileSource, name=self.name, path=self.path), ()


@dataclass(slots=True, kw_only=True)
class _Kept:
    """One whole file in the folder."""

    path: Path
    size: int
    lent: weakref.ref[_Lent]


class Shelf:
    """Whole files on disk; the one that was least lately asked for goes first."""

    def __init__(self, folder: Path, *, room: int) -> None:
        self._folder = folder
        self._room = room
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._opened = False

    def begin(self, file: File) -> tuple[BinaryIO, Path]:
        """Open a new file that only this user can read, named by its checked id."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        if not self._opened:
            self._sweep()
        self._opened = True
        number, path = tempfile.mkstemp(_SUFFIX, f"{file.id}-", self._folder)
        return os.fdopen(number, "wb"), Path(path)

    def put(self, file: File, path: Path, size: int) -> FileSource:
        """Keep a whole file, and make room for it among those that nobody holds."""
        key = (file.id, file.size)
        if key in self._kept:
            replaced = self._kept.pop(key)  # somebody may still hold it
            self._kept[replaced.path] = replaced
        source = _Lent(name=file.name, path=path)
        self._kept[key] = _Kept(path=path, size=size, lent=weakref.ref(source))
        self._trim()
        return source

    def find(self, file: File) -> FileSource | None:
        """Return the file if it has been fetched before."""
        kept = self._kept.get((file.id, file.size))
        # a snippet can be edited and keeps its id; a cleaner may have gone through the folder
        if kept is None or file.mode == "snippet" or not kept.path.exists():
            return None
        self._kept.move_to_end((file.id, file.size))
        source = kept.lent() or _Lent(name=file.name, path=kept.path)
        kept.lent = weakref.ref(source)
        return source

    def clear(self) -> None:
        """Remove every file that was put here."""
        for key in list(self._kept):
            self._drop(key)

    def _trim(self) -> None:
        taken = sum(kept.size for kept in self._kept.values())
        for key, kept in list(self._kept.items()):
            if taken <= self._room:
                return
            if kept.lent() is None:
                taken -= kept.size
                self._drop(key)

    def _drop(self, key: Hashable) -> None:
        with suppress(OSError):  # Windows removes no file that is open
            self._kept.pop(key).path.unlink()

    def _sweep(self) -> None:
        """Remove what a process that was killed left behind, and nothing of one that runs."""
        before = time.time() - _DAY
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                if path.lstat().st_mtime < before:
                    path.unlink()
