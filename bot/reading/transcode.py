"""Rewrite UTF-16 and UTF-32 as UTF-8 while they are read, whatever is broken in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

_ASCII = [9, 10, 13, *range(0x20, 0x7F)]
_CLASS = rb"[\t\n\r\x20-\x7e]"
_BYTE_RUN = 16  # so many single bytes in a row are no UTF-16; Japanese text comes close with 4


def _suspects() -> re.Pattern[str]:
    """Match what 8-bit text, and UTF-16 that lost or gained a byte, decode to."""
    shifted = "".join(re.escape(chr(code << 8)) for code in _ASCII)
    pairs = "".join(f"{chr((code << 8) | 0x20)}-{chr((code << 8) | 0x7E)}" for code in _ASCII[3:])
    ends = re.escape("".join(chr((code << 8) | low) for code in _ASCII for low in (9, 10, 13)))
    return re.compile(f"[{shifted}]{{3}}|[{pairs}{ends}]{{{_BYTE_RUN // 2 - 1}}}")


_SUSPECT = _suspects()
_PARTS_LE = re.compile(
    rb"(?P<wide>(?:%(c)s\x00)+)"
    rb"|(?P<narrow>(?:%(c)s(?!\x00)){%(n)d,})"
    rb"|(?P<stray>[\x00-\xff](?=%(c)s\x00%(c)s\x00))"
    rb"|(?P<unit>[\x00-\xff]{2})|(?P<rest>[\x00-\xff])" % {b"c": _CLASS, b"n": _BYTE_RUN}
)
_PARTS_BE = re.compile(
    rb"(?P<wide>(?:\x00%(c)s)+)"
    rb"|(?P<narrow>%(c)s{%(n)d,})"
    rb"|(?P<stray>[\x00-\xff](?=\x00%(c)s\x00%(c)s))"
    rb"|(?P<unit>[\x00-\xff]{2})|(?P<rest>[\x00-\xff])" % {b"c": _CLASS, b"n": _BYTE_RUN}
)


def transcoded(stream: BinaryIO, encoding: str, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield pieces as UTF-8, each with the number of bytes it was read from."""
    end_of_line = "\n".encode(encoding)
    held = b""
    while block := stream.read(size):
        held += block
        cut = held.rfind(end_of_line) + len(end_of_line)
        if cut < len(end_of_line):  # no line ends here: cut between two units
            cut = len(held) - len(held) % 4
        yield decoded(held[:cut], encoding).encode("utf-8", "replace"), len(block)
        held = held[cut:]
    if held:
        yield decoded(held, encoding).encode("utf-8", "replace"), 0


def decoded(data: bytes, encoding: str) -> str:
    """Decode UTF-16 or UTF-32, setting right what is shifted by a byte or not UTF-16 at all."""
    text = data[: len(data) - len(data) % 2].decode(encoding, "replace")
    if encoding.startswith("utf-16") and _SUSPECT.search(text):
        text = _mended(data, encoding)
    return text.replace("\ufeff", "").replace("\ufffe", "")


def _mended(data: bytes, encoding: str) -> str:
    parts = _PARTS_BE if encoding == "utf-16-be" else _PARTS_LE
    out: list[str] = []
    units = bytearray()
    for match in parts.finditer(data):
        kind, piece = match.lastgroup, match[0]
        if kind in ("wide", "unit"):
            units += piece
            continue
        if units:
            out.append(units.decode(encoding, "replace"))
            units = bytearray()
        if kind == "narrow":
            out.append(piece.decode("ascii"))
    out.append(units.decode(encoding, "replace"))
    return "".join(out)
