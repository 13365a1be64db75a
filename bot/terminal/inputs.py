"""Where the command line finds its inputs: files, pipes, and what is pasted into the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bot.reading.sources import BytesSource, FileSource, Limits, Source

_IN_MEMORY = 1024 * 1024  # bytes; a longer pipe is kept in a temporary file, not in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A pipe that could not be read; opening it says why, like a file would."""

    name: str
    problem: OSError

    def open(self) -> BinaryIO:
        """Raise the problem."""
        raise self.problem


def gathered(names: Sequence[str], limits: Limits, stack: ExitStack) -> tuple[list[Source], int]:
    """Return the sources in the order given, and the bytes to read in all, 0 where unknown.

    A pipe can be read once only, so it is copied first, up to one byte over the limit; `stack`
    removes the copies. A name given twice is the same source twice.
    """
    known: dict[str, Source] = {}
    for name in names:
        if name not in known:
            known[name] = _source(name, limits, stack)
    sizes = [_bytes(known[name]) for name in names]
    return [known[name] for name in names], sum(sizes) if all(sizes) else 0


def _source(name: str, limits: Limits, stack: ExitStack) -> Source:
    path = Path(name)
    try:
        if name == "-":
            return _stdin(limits, stack)
        if path.is_fifo():
            with path.open("rb") as stream:
                return _copied(name, stream, limits, stack)
    except OSError as problem:
        return Unreadable(name=name, problem=problem)
    return FileSource(name=name, path=path)


def _stdin(limits: Limits, stack: ExitStack) -> Source:
    if sys.stdin is None:
        return BytesSource(name="-", data=b"")
    if sys.stdin.isatty() and sys.stderr is not None:
        key = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        sys.stderr.write(
            f"Paste the event and the lines of the log here, then press {key} on a new line.\n"
        )
        sys.stderr.flush()
    return _copied("-", sys.stdin.buffer, limits, stack)


def _copied(name: str, stream: BinaryIO, limits: Limits, stack: ExitStack) -> Source:
    data = stream.read(_IN_MEMORY)
    if len(data) < _IN_MEMORY:
        return BytesSource(name=name, data=data)

    from tempfile import TemporaryDirectory

    folder = Path(stack.enter_context(TemporaryDirectory(prefix="despool-")))
    path = folder / "input"
    left = limits.plain + 1
    with path.open("wb") as copy:
        while data and left > 0:
            left -= copy.write(data[:left])
            data = stream.read(_IN_MEMORY)
    return FileSource(name=name, path=path)


def _bytes(source: Source) -> int:
    if isinstance(source, BytesSource):
        return len(source.data)
    try:
        return source.path.stat().st_size if isinstance(source, FileSource) else 0
    except OSError:
        return 0
