"""Which file system a file is on, as this process's mounts say; no file system is touched."""

from __future__ import annotations

import os
import re

# where one inode stands for all opens of a file, mapped ones included, so that a lease proves
# something. An overlay maps the file of its layer; a server elsewhere has opens of its own.
LEASING = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs", "jfs", "vfat", "exfat", "bcachefs"}
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def file_system(device: int, path: str) -> str:
    """Return the type of the file system on a device, or of the one mounted above a path.

    A part of a btrfs, or a layer of an overlay, has a device of which no mount tells.
    """
    wanted = f"{os.major(device)}:{os.minor(device)}"
    above, kind = "", ""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split(" ")
            here = fields[fields.index("-", 6) + 1]
            if fields[2] == wanted:
                return here
            point = _ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
            if len(point) >= len(above) and is_below(path, point):
                above, kind = point, here
    return kind


def is_below(path: str, folder: str) -> bool:
    """Tell whether a path is a folder or in it; both are absolute and have no links left."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def has_leases(kind: str) -> bool:
    """Tell whether a lease proves anything on file systems of this type."""
    return kind in LEASING


def maps_differ(kind: str) -> bool:
    """Tell whether /proc/PID/maps may show another device than stat does."""
    return kind in ("overlay", "btrfs")
