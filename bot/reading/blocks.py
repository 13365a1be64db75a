"""Read a text block by block in one shape: ASCII as single bytes, no NULs, LF ends a line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from bot.reading import encoding
from bot.reading.decode import Text

BLOCK = 1024 * 1024  # bytes read at once
_EXACT = 4 * 1024 * 1024  # bytes in which every CR is looked at; later blocks are sampled
_RUN = 64  # CRs in a row that are waited for; no program writes more before one LF
_SAMPLE = 16 * 1024
_RETURNS = re.compile(rb"\r+(\n?)")
_BREAKS = re.compile("\r+(\n?)")


class Blocks:
    """The bytes of a text, one block after the other.

    CR CR LF stays as it is, since it ends one line like LF does; a CR alone becomes LF.
    """

    def __init__(self, text: Text, on_bytes: Callable[[int], None] | None = None) -> None:
        self._text = text
        self._on_bytes = on_bytes or (lambda count: None)
        self._judged = text.size <= encoding.SAMPLE or text.encoding != "utf-8"
        self.encoding = text.encoding

    def __iter__(self) -> Iterator[bytes]:
        held = b""
        seen = 0
        with self._text.open() as stream:
            for raw in self._read(stream):
                block = _without_nuls(held + raw if held else raw)
                if not self._judged and not block.isascii():
                    self._judged = True
                    self.encoding = encoding.eight_bit(block, whole=False)
                held = block[len(block.rstrip(b"\r")) :][-_RUN:]  # its LF may follow
                block = block[: len(block) - len(held)] if held else block
                seen += len(block)
                if block:
                    yield _with_line_feeds(block, exact=seen <= _EXACT)
        if held:
            yield _with_line_feeds(held, exact=True)

    def decoded(self, raw: bytes) -> str:
        """Decode whole lines out of the blocks."""
        codec = "utf-8" if self.encoding.startswith("utf-") else self.encoding
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            lines = raw.split(b"\n") if codec == "utf-8" else [raw]
            text = "\n".join(_tolerant(line, codec) for line in lines)
        text = text.replace("\r\n", "\n").replace("\x1a", "").replace("\ufeff", "")
        return _BREAKS.sub(_as_feeds, text) if "\r" in text else text

    def _read(self, stream: BinaryIO) -> Iterator[bytes]:
        if self.encoding.startswith(("utf-16", "utf-32")):
            from bot.reading import transcode  # for few inputs only

            for piece, count in transcode.transcoded(stream, self.encoding, BLOCK):
                self._on_bytes(count)
                yield piece
            return
        if self.encoding == "utf-8-sig":
            stream.seek(len(codecs.BOM_UTF8))
        while raw := stream.read(BLOCK):
            self._on_bytes(len(raw))
            yield raw


def _without_nuls(block: bytes) -> bytes:
    return block.translate(None, b"\x00") if b"\x00" in block else block


def _with_line_feeds(block: bytes, *, exact: bool) -> bytes:
    """Turn each CR that ends a line by itself into LF.

    Looking at every CR would cost as much as the whole scan, so a file that keeps its style
    for the first blocks is trusted and then only sampled.
    """
    if b"\r" not in block:
        return block
    end = len(block) if exact else _SAMPLE
    if block.count(b"\r", 0, end) == block.count(b"\r\n", 0, end + 1):
        return block
    once = block.replace(b"\r\n", b"\n")
    if b"\r\n" in once:  # CR CR LF beside lone CRs
        return _RETURNS.sub(lambda match: b"\n" if match[1] else b"\n" * len(match[0]), block)
    return once.replace(b"\r", b"\n")


def _as_feeds(match: re.Match[str]) -> str:
    return "\n" if match[1] else "\n" * len(match[0])


def _tolerant(line: bytes, codec: str) -> str:
    if codec != "utf-8":
        return line.decode(codec, "replace")
    try:
        return line.decode(codec)
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")
