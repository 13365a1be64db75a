"""The bytes a text can arrive as."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """One way from text to bytes."""

    name: str
    pack: Callable[[str], bytes]
    encoding: str | None = None  # what the contract's `encoding` must say, where it must
    suffix: str = ""
    inner: str | None = None  # the member's name, in an archive
    ascii_only: bool = False


def _windows(text: str) -> str:
    return text if "\r\n" in text else text.replace("\n", "\r\n")


def _zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("logs/despool.log", _windows(text))
    return out.getvalue()


def _holed(text: str) -> bytes:
    data = _windows(text).encode()
    return data.replace(b"\r\n", b"\r\n\0\0\0", 2) + bytes(4096)


CARRIERS: tuple[Carrier, ...] = (
    Carrier(name="UTF-8", pack=str.encode, encoding="utf-8"),
    Carrier(name="UTF-8 with a mark", pack=lambda text: text.encode("utf-8-sig")),
    Carrier(
        name="UTF-16 LE with a mark",
        pack=lambda text: b"\xff\xfe" + _windows(text).encode("utf-16-le"),
    ),
    Carrier(
        name="UTF-16 BE with a mark",
        pack=lambda text: b"\xfe\xff" + _windows(text).encode("utf-16-be"),
    ),
    Carrier(name="UTF-16 LE", pack=lambda text: text.encode("utf-16-le"), encoding="utf-16-le"),
    Carrier(name="UTF-16 BE", pack=lambda text: text.encode("utf-16-be"), encoding="utf-16-be"),
    Carrier(
        name="Windows 1252",
        pack=lambda text: _windows(text).encode("cp1252", "replace"),
        ascii_only=False,
    ),
    Carrier(name="DOS 850", pack=lambda text: _windows(text).encode("cp850", "replace")),
    Carrier(name="NULs", pack=_holed),
    Carrier(name="gzip", pack=lambda text: gzip.compress(text.encode(), mtime=0), suffix=".gz"),
    Carrier(
        name="gzip of UTF-16",
        pack=lambda text: gzip.compress(("\ufeff" + text).encode("utf-16-le"), mtime=0),
        suffix=".gz",
    ),
    Carrier(name="zip", pack=_zipped, suffix=".zip", inner="logs/despool.log"),
)
