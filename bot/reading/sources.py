"""Where the bytes of an input come from, and how many of them are accepted."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

MIB = 1024 * 1024


class Source(Protocol):
    """One input as it was given: a file, a paste, an upload."""

    @property
    def name(self) -> str:
        """Return the name under which the input is reported."""

    def open(self) -> BinaryIO:
        """Open the bytes from their beginning; seekable, and as often as needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesSource:
    """An input that is already in memory."""

    name: str
    data: bytes

    def open(self) -> BinaryIO:
        """Open the bytes from their beginning."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """An input that lies on disk."""

    name: str
    path: Path

    def open(self) -> BinaryIO:
        """Open the file from its beginning; an OSError is the caller's to explain."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most bytes that are accepted."""

    plain: int = 4096 * MIB  # of one input as it lies there
    unpacked: int = 256 * MIB  # of all that comes out of one archive, nested ones included
