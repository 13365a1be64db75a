"""Which file system a device is, as this process's mounts say; no file system is touched."""

from __future__ import annotations

import os
from pathlib import Path

# what a server somewhere else, or a program here, answers for: it can hang, and knows no leases
REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "ncpfs", "lustre", "glusterfs"}
)


def file_system(device: int) -> str | None:
    """Return the type of the file system on a device; None for a part of one, as btrfs has."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        fields = line.split(" ")
        if fields[2] == wanted:
            return fields[fields.index("-", 6) + 1]
    return None


def is_remote(kind: str | None) -> bool:
    """Tell whether a file system of this type may hang, or is opened by others elsewhere."""
    return kind is not None and (kind in REMOTE or kind.startswith("fuse"))


def maps_differ(kind: str | None) -> bool:
    """Tell whether /proc/PID/maps may show another device than stat does."""
    return kind is None or kind in ("overlay", "btrfs")
