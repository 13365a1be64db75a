"""Take the members out of .gz and .zip, bounded by what really comes out of them."""

from __future__ import annotations

import gzip
import io
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from bot.errors import DamagedArchive
from bot.model import Input
from bot.reading.encoding import kind_of
from bot.reading.sources import MIB, Limits, Source

DEPTH = 3
_IN_MEMORY = 8 * MIB
_STEP = 256 * 1024
_MOST_MEMBERS = 10_000
_BROKEN = (  # all that zipfile, gzip and their codecs raise on damaged bytes
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    LookupError,
    OverflowError,
)


class _Window(io.RawIOBase):
    """Reads a shared file from its own position."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self._at)[whence] if whence < 2 else self._file.seek(0, 2)
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        self._file.seek(self._at)
        piece = self._file.read(len(view))
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass(kw_only=True)
class Member:
    """One file out of an archive, in memory while it is small."""

    name: str
    size: int = 0
    error: str | None = None
    _file: BinaryIO = field(init=False)

    def __post_init__(self) -> None:
        spooled = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._file = cast(BinaryIO, spooled)
        weakref.finalize(self, spooled.close)

    def append(self, piece: bytes) -> None:
        """Add the next bytes."""
        self._file.write(piece)
        self.size += len(piece)

    def open(self) -> BinaryIO:
        """Open the bytes from their beginning, as often as needed."""
        return io.BufferedReader(_Window(self._file), _STEP)

    def read(self) -> bytes:
        """Return all bytes."""
        self._file.seek(0)
        return self._file.read()


class _Budget:
    """What may still come out of one archive."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.left = limit

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _Exhausted(
                f"This unpacks to more than {self.limit // MIB or self.limit} "
                f"{'MiB' if self.limit >= MIB else 'bytes'}: take out the log and give that alone."
            )


class _Exhausted(DamagedArchive):
    """The archive unpacks to more than the limit."""


def members(source: Source, limits: Limits) -> Iterator[Member | Input]:
    """Yield the plain files inside `source`; an Input stands for what could not be unpacked."""
    budget = _Budget(limits.unpacked)
    try:
        yield from _open(source, source.name, 1, budget)
    except _Exhausted as problem:
        yield Input(name=source.name, error=str(problem))


def _open(
    source: Source | Member, name: str, depth: int, budget: _Budget
) -> Iterator[Member | Input]:
    try:
        with source.open() as stream:
            head = stream.read(8)
            stream.seek(0)
            unpacked = _from_gz if kind_of(head) == "gz" else _from_zip
            for member in unpacked(stream, name, budget):
                yield from [member] if isinstance(member, Input) else _nested(member, depth, budget)
    except DamagedArchive as problem:
        if isinstance(problem, _Exhausted):
            raise
        yield Input(name=name, error=str(problem))


def _nested(member: Member, depth: int, budget: _Budget) -> Iterator[Member | Input]:
    with member.open() as stream:
        inner = kind_of(stream.read(8))
    if inner is None:
        yield member
    elif depth >= DEPTH:
        problem = f"This archive lies more than {DEPTH} archives deep: unpack the outer ones."
        yield Input(name=member.name, bytes=member.size, error=problem)
    else:
        yield from _open(member, member.name, depth + 1, budget)


def _from_gz(stream: BinaryIO, name: str, budget: _Budget) -> Iterator[Member | Input]:
    member = Member(name=name)
    with gzip.GzipFile(fileobj=stream) as unpacked:
        _fill(member, unpacked, budget)
    if member.size or not member.error:
        yield member
    else:
        yield Input(name=name, error=member.error)


def _from_zip(stream: BinaryIO, name: str, budget: _Budget) -> Iterator[Member | Input]:
    _refuse_crowds(stream)
    try:
        archive = zipfile.ZipFile(stream)
    except _BROKEN as problem:
        raise DamagedArchive("This .zip is damaged: pack or copy it again.") from problem
    with archive:
        files = [entry for entry in archive.infolist() if not entry.is_dir()]
        if not files:
            raise DamagedArchive("This .zip holds no file: pack the log again.")
        for entry in files:
            yield _zipped(archive, entry, f"{name}/{entry.filename}", budget)


def _zipped(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: _Budget
) -> Member | Input:
    if entry.flag_bits & 1:
        return Input(name=name, error="This is encrypted: pack it again without a password.")
    member = Member(name=name)
    try:
        with archive.open(entry) as unpacked:
            _fill(member, cast(zipfile.ZipExtFile, unpacked), budget)
    except NotImplementedError:
        member.error = "This is packed by a method that cannot be read: pack it as a plain .zip."
    except _BROKEN:
        member.error = "This is damaged inside the archive: pack or copy it again."
    return member if member.size or not member.error else Input(name=name, error=member.error)


def _fill(member: Member, unpacked: gzip.GzipFile | zipfile.ZipExtFile, budget: _Budget) -> None:
    """Unpack step by step, so that no header is trusted and no bomb fits in."""
    try:
        while piece := unpacked.read1(_STEP):
            budget.take(len(piece))
            member.append(piece)
    except NotImplementedError:
        raise
    except _BROKEN:
        member.error = "This archive is cut or damaged: only its readable part was used."


def _refuse_crowds(stream: BinaryIO) -> None:
    """Refuse a directory of contents that alone would fill the memory."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    stream.seek(0)
    short = tail.rfind(b"PK\x05\x06")
    long = tail.rfind(b"PK\x06\x06")
    count = int.from_bytes(tail[short + 10 : short + 12], "little") if short >= 0 else 0
    room = int.from_bytes(tail[short + 12 : short + 16], "little") if short >= 0 else 0
    if long >= 0 and room == 0xFFFFFFFF:
        count = int.from_bytes(tail[long + 32 : long + 40], "little")
        room = int.from_bytes(tail[long + 40 : long + 48], "little")
    if count > _MOST_MEMBERS or room > 16 * MIB:
        raise DamagedArchive("This .zip holds too many files: pack the log alone.")
