"""The whole lines of what a log has got, decoded; what is not yet a line stays behind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.agent.following import Piece
from bot.errors import InputError
from bot.reading import encoding
from bot.reading.transcode import decoded

# an entry that ends with its stamp is whole, even where its writer ends lines before the next one
_WHOLE = re.compile(
    r"<thread=[0-9A-Fa-f]{1,10}(?:\s*\(0x[0-9A-Fa-f]{1,8}\))?>\s*$|\]LOG\]!><[^<>]+>\s*$"
)
_LONGEST = 256 * 1024  # bytes; what goes on for longer is no line of a log, and is not waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Some whole lines."""

    text: str
    line: int  # the number of the first
    data: bytes  # what they were read from
    count: int  # of the lines


def whole_lines(piece: Piece) -> Lines:
    """Return the whole lines of a piece, none where there is no end of a line in it."""
    codec = _codec(piece.head, piece.data)
    cut = len(piece.data) if piece.closed else _end_of_lines(piece.data, codec)
    end = _end_of_letters(piece.data, codec)
    rest = _decoded(piece.data[cut:end], codec)
    if rest and (_WHOLE.search(rest) or end - cut > _LONGEST):
        cut = end
    text = _decoded(piece.data[:cut], codec)
    return Lines(text=text, line=piece.line, data=piece.data[:cut], count=text.count("\n"))


def _end_of_lines(data: bytes, codec: str) -> int:
    """Return how many bytes the whole lines take; a CR ends one too, where no LF can follow."""
    within = data[: _end_of_letters(data, codec)]
    return max(_after_last(data, "\n".encode(codec)), _after_last(within, "\r".encode(codec)))


def _end_of_letters(data: bytes, codec: str) -> int:
    """Return how many bytes hold whole letters, without a CR at the end."""
    mark = "\r".encode(codec)
    end = len(data) - len(data) % len(mark)
    while data[:end].endswith(mark):
        end -= len(mark)
    return end


def _after_last(data: bytes, end: bytes) -> int:
    cut = data.rfind(end)
    while cut > 0 and cut % len(end):  # the second half of one letter, the first of the next
        cut = data.rfind(end, 0, cut + len(end) - 1)
    return cut + len(end) if cut >= 0 else 0


def _codec(head: bytes, data: bytes) -> str:
    """Return the codec of new lines, which other programs than the first may have written."""
    codec = _sniffed(head)
    is_wide = codec.startswith(("utf-16", "utf-32"))
    if is_wide == (b"\x00" in data) and (is_wide or codec != "utf-8"):
        return codec
    return _sniffed(data)


def _sniffed(sample: bytes) -> str:
    try:
        codec = encoding.sniff(sample, whole=False)
    except InputError:
        codec = encoding.eight_bit(sample, whole=False)  # a damaged log is followed all the same
    return codec.removesuffix("-sig")  # only the first line has the mark


def _decoded(data: bytes, codec: str) -> str:
    if codec.startswith(("utf-16", "utf-32")):
        text = decoded(data, codec)
    else:
        text = data.decode(codec, "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")
