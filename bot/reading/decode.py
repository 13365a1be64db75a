"""Turn sources into texts and event files: what they are, and what is inside archives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from bot.errors import EmptyInput, InputError, InputTooLarge
from bot.model import Input
from bot.reading import encoding
from bot.reading.sources import MIB, Limits, Source

_BLANK = b"\x00\x1a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text input that can be read from its beginning as often as needed."""

    name: str
    size: int  # bytes
    encoding: str  # Python's codec name, judged from the beginning of the text
    open: Callable[[], BinaryIO]
    error: str | None = None  # what was lost, where only a part could be read


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFile:
    """A file of the Windows event log."""

    name: str
    size: int  # bytes
    format: Literal["evt", "evtx"]
    data: bytes
    error: str | None = None  # what was lost, where only a part could be read


def unpack(source: Source, limits: Limits) -> Iterator[Text | EventFile | Input]:
    """Yield what `source` holds; an Input stands for what could not be read, and says why."""
    size = 0
    try:
        with source.open() as stream:
            size = stream.seek(0, 2)
            head = _head(stream)
            _refuse_size(size, limits)
            kind = encoding.kind_of(head)
            if kind is None:
                yield _whole(source, size, head, stream)
                return
        yield from _members(source, limits)
    except OSError as problem:
        yield Input(name=source.name, bytes=size, error=_explained(problem))
    except InputError as problem:
        yield Input(name=source.name, bytes=size, error=str(problem))


def _refuse_size(size: int, limits: Limits) -> None:
    if size == 0:
        raise EmptyInput("This is empty: check the path, or copy the log again.")
    if size > limits.plain:
        raise InputTooLarge(
            f"This is larger than {_shown(limits.plain)}: cut out the days in question, "
            "or raise the limit with --max-size."
        )


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read(encoding.SAMPLE)


def _whole(source: Source, size: int, head: bytes, stream: BinaryIO) -> Text | EventFile:
    return identify(
        source.name, size, head, source.open, lambda: _everything(stream, size), error=None
    )


def _everything(stream: BinaryIO, size: int) -> bytes:
    stream.seek(0)
    return stream.read(size)


def _members(source: Source, limits: Limits) -> Iterator[Text | EventFile | Input]:
    from bot.reading import archives  # costs every start otherwise

    for member in archives.members(source, limits):
        if isinstance(member, Input):
            yield member
            continue
        try:
            _refuse_size(member.size, limits)
            with member.open() as stream:
                head = _head(stream)
            yield identify(
                member.name, member.size, head, member.open, member.read, error=member.error
            )
        except InputError as problem:
            yield Input(name=member.name, bytes=member.size, error=member.error or str(problem))


def identify(
    name: str,
    size: int,
    head: bytes,
    reopen: Callable[[], BinaryIO],
    read: Callable[[], bytes],
    *,
    error: str | None,
) -> Text | EventFile:
    """Tell an event file from a text; raises InputError for what is neither."""
    if head.startswith(b"ElfFile\x00"):
        return EventFile(name=name, size=size, format="evtx", data=read(), error=error)
    if head[4:8] == b"LfLe":
        return EventFile(name=name, size=size, format="evt", data=read(), error=error)
    if size <= len(head) and _bare(head) == b"":
        raise EmptyInput("This holds no text: check the path, or copy the log again.")
    codec = encoding.sniff(head, whole=size <= len(head))
    return Text(name=name, size=size, encoding=codec, open=reopen, error=error)


def _bare(head: bytes) -> bytes:
    """Return what is left of a text without byte order mark, NULs and ^Z."""
    for mark, _ in encoding.MARKS:
        head = head.removeprefix(mark)
    return head.strip(_BLANK)


def _explained(problem: OSError) -> str:
    reason = problem.strerror or type(problem).__name__
    return f"This cannot be read ({reason}): check the path and your rights to it."


def _shown(limit: int) -> str:
    if limit % (1024 * MIB) == 0:
        return f"{limit // (1024 * MIB)} GiB"
    return f"{limit // MIB} MiB" if limit % MIB == 0 else f"{limit:,} bytes"
