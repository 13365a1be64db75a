"""Follow one file as it grows: rotated, cut off, written anew, or gone for a moment."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

_HEAD = 64 * 1024  # bytes that tell the encoding
_CHECKED = 256  # bytes before the place already read, which must still be the same
_SURE = 16  # so many of them tell a copy of the file from another one
_BLOCK = 1024 * 1024
_LARGEST_REST = 16 * _BLOCK

Open = Callable[[Path], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a file was read, and what proves that it is still the same text."""

    device: int
    inode: int
    offset: int = 0  # where a line begins
    before: str = ""  # the bytes in front of that, in hexadecimal
    line: int = 1  # the number of the line that begins there

    def as_text(self) -> str:
        """Return what the outbox keeps."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a file has got since it was last read."""

    data: bytes
    head: bytes  # how the file begins, which tells its encoding
    line: int  # the number of the first line
    closed: bool = False  # the end of a file that was put aside: no line of it will get longer
    again: bool = False  # the file was written anew, and lines of it may have been read before


def mark_of(held: str | None) -> Mark | None:
    """Read what the outbox kept; None for nothing, and for what another version wrote."""
    try:
        return Mark(**json.loads(held)) if held else None
    except (ValueError, TypeError):
        return None


def put_aside(path: Path) -> Path:
    """Return the name that SMS gives a full log: Despool.log becomes Despool.lo_."""
    return path.with_name(f"{path.name[:-1]}_")


class Follower:
    """Reads what is new in one file, which is open for the moment of reading alone."""

    def __init__(self, path: Path, open_: Open, mark: Mark | None) -> None:
        """Go on at a mark; without one, what is in the file by now is not new."""
        self._path, self._open = path, open_
        self._seen: tuple[int, ...] = ()
        self.mark = mark
        if mark is None:
            self._begin_at_end()

    def read(self) -> list[Piece]:
        """Return what is new, oldest first; raise OSError where the file cannot be read."""
        try:
            seen = self._path.stat()
        except FileNotFoundError:
            return []  # between being put aside and being made again
        now = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
        if now == self._seen:
            return []
        pieces = self._new()
        if sum(len(piece.data) for piece in pieces) < _BLOCK:
            self._seen = now
        return pieces

    def after(self, data: bytes, lines: int) -> Mark | None:
        """Return the mark behind the whole lines at the start of the last piece."""
        if self.mark is None or not data:
            return self.mark
        before = (bytes.fromhex(self.mark.before) + data)[-_CHECKED:].hex()
        offset, line = self.mark.offset + len(data), self.mark.line + lines
        return replace(self.mark, offset=offset, before=before, line=line)

    def go_back(self, mark: Mark | None) -> None:
        """Read again from an earlier mark, for what was read since could not be kept."""
        self.mark, self._seen = mark, ()

    def _begin_at_end(self) -> None:
        try:
            with self._open(self._path) as file:
                self.mark = _start(os.fstat(file.fileno()))
                while block := file.read(_BLOCK):
                    self.mark = self.after(block, block.count(b"\n"))
        except OSError:
            return  # should it appear later, all of it is new

    def _new(self) -> list[Piece]:
        with self._open(self._path) as file:
            seen = os.fstat(file.fileno())
            mark = self.mark or _start(seen)
            pieces = []
            again = False
            if not (_is_same(mark, seen) and _holds(file, mark)):
                pieces = self._rest(mark)
                again = not pieces and _is_same(mark, seen)
                mark = _start(seen)
            self.mark = mark
            pieces += _piece(file, mark, _BLOCK, again=again)
        return pieces

    def _rest(self, mark: Mark) -> list[Piece]:
        """Return what was still written to a log before it was put aside."""
        try:
            with self._open(put_aside(self._path)) as file:
                moved = _is_same(mark, os.fstat(file.fileno()))
                if not (moved or len(mark.before) >= 2 * _SURE) or not _holds(file, mark):
                    return []
                return _piece(file, mark, _LARGEST_REST, closed=True)
        except OSError:
            return []


def _start(seen: os.stat_result) -> Mark:
    return Mark(device=seen.st_dev, inode=seen.st_ino)


def _is_same(mark: Mark, seen: os.stat_result) -> bool:
    return (mark.device, mark.inode) == (seen.st_dev, seen.st_ino)


def _holds(file: BinaryIO, mark: Mark) -> bool:
    """Tell whether a file still has, before the mark, what was read there."""
    before = bytes.fromhex(mark.before)
    file.seek(mark.offset - len(before))
    return file.read(len(before)) == before


def _piece(
    file: BinaryIO, mark: Mark, most: int, *, closed: bool = False, again: bool = False
) -> list[Piece]:
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(mark.offset)
    data = file.read(most)
    if not data:
        return []
    return [Piece(data=data, head=head, line=mark.line, closed=closed, again=again)]
