"""Paths as people and logs write them: what is refused unseen, and which way each is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.errors import DespoolError

# one text for both, so that nobody learns from it which files there are
REFUSED = "This path is not allowed here, or there is no such file."

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEVICE_SPACE = re.compile(r"[\\/]{2}[?.](?:[\\/]|$)|[\\/]\?\?(?:[\\/]|$)")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_UNC = re.compile(r"[\\/]{2}[^\\/]")
_SHORT = re.compile(r"[^.~]{0,6}~\d{1,6}(?:\.[^.]{0,3})?")
_HOST_PORT = re.compile(r"[@:]")  # \\host@8080\ is WebDAV, and would go out over HTTP
_NOT_IN_NAMES = re.compile(r'[:*?"<>|]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?")
_LONGEST = 4096


class PathRefused(DespoolError):
    """A path that may not be asked about here, or that does not exist."""

    def __init__(self) -> None:
        super().__init__(REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A path taken apart, every part a plain name."""

    style: Literal["unc", "drive", "posix"]
    root: str  # the server of a UNC name, the letter of a drive, empty for a POSIX path
    parts: tuple[str, ...]  # of a UNC name the share first

    def __str__(self) -> str:
        if self.style == "posix":
            return "/" + "/".join(self.parts)
        head = f"\\\\{self.root}\\" if self.style == "unc" else f"{self.root}:\\"
        return head + "\\".join(self.parts)


def taken_apart(asked: str) -> Written:
    """Take a path apart, or raise PathRefused for whatever is not plainly one file's name."""
    if not asked or len(asked) > _LONGEST or _CONTROL.search(asked) or _DEVICE_SPACE.match(asked):
        raise PathRefused
    if _UNC.match(asked):
        server, *parts = re.split(r"[\\/]", asked[2:])
        written = Written(style="unc", root=server, parts=_plain(parts))
        if len(written.parts) < 1 or _HOST_PORT.search(server):
            raise PathRefused
        return written
    if _DRIVE.match(asked):
        parts = re.split(r"[\\/]", asked[3:])
        return Written(style="drive", root=asked[0].upper(), parts=_plain(parts))
    if asked.startswith("/") and "\\" not in asked:
        return Written(style="posix", root="", parts=_plain(asked[1:].split("/")))
    raise PathRefused


def _plain(parts: list[str]) -> tuple[str, ...]:
    if parts and parts[-1] == "":  # one slash at the end says the same
        parts = parts[:-1]
    if not all(_is_plain(part) for part in parts):
        raise PathRefused
    return tuple(parts)


def _is_plain(part: str) -> bool:
    """Tell whether a part names one file by its own name, on Windows as well as here."""
    return not (
        part == ""
        or part.endswith((".", " "))  # "." and "..", and what Windows drops: an alias
        or _NOT_IN_NAMES.search(part)
        or _SHORT.fullmatch(part)
        or _DEVICE.fullmatch(part.casefold())
    )
