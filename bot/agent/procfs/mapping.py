"""Whether a process has a file in its memory: a running program, a library, a mapped file."""

from __future__ import annotations

import os
import re
from typing import Literal

from bot.agent.procfs.identity import Identity, comparing

_PAGE = 1 << 16
_ESCAPED = re.compile(rb"\n")


class Mappings:
    """Looks for one file in the memory of processes.

    /proc/PID/maps names a device and an inode. On btrfs, and on some overlays, that device is
    another one than stat tells; there /proc/PID/map_files is asked, which takes more time and
    rights; where those are missing the inode alone or the path decides, which is no proof.
    """

    def __init__(self, identity: Identity, path: str, maps_differ: bool) -> None:
        device = f"{os.major(identity.device):02x}:{os.minor(identity.device):02x}"
        self._exact = f" {device} {identity.inode} ".encode()
        self._inode = f" {identity.inode} ".encode()
        self._path = b" " + _ESCAPED.sub(rb"\\012", os.fsencode(path))
        self._differ = maps_differ
        self._same = comparing(identity)

    def of(self, process: int) -> Literal["sure", "likely", ""]:
        """Tell whether the process of this folder under /proc has the file mapped."""
        text = _read("maps", process)
        if self._exact in text:
            return "sure"
        if not self._differ:
            return ""
        try:
            return "sure" if self._in_map_files(process) else ""
        except PermissionError:
            return "likely" if any(map(self._may_be, text.splitlines())) else ""

    def _may_be(self, line: bytes) -> bool:
        return self._inode in line or line.endswith(self._path)

    def _in_map_files(self, process: int) -> bool:
        folder = os.open("map_files", os.O_RDONLY | os.O_DIRECTORY, dir_fd=process)
        try:
            for name in os.listdir(folder):
                try:
                    if self._same(name, folder):
                        return True
                except FileNotFoundError:
                    continue  # unmapped since it was listed
        finally:
            os.close(folder)
        return False


def _read(name: str, folder: int) -> bytes:
    file = os.open(name, os.O_RDONLY, dir_fd=folder)
    try:
        parts = []
        while part := os.read(file, _PAGE):
            parts.append(part)
    finally:
        os.close(file)
    return b"".join(parts)
