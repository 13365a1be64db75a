"""Who has a file open through Samba, read from what `smbstatus --json` tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.agent.probes.port import Target
from bot.wire import Holder

Json = dict[str, Any]

_THIS_NODE = "4294967295"  # NONCLUSTER_VNN
_WRITING = ("WRITE_DATA", "APPEND_DATA")
_READING = ("READ_DATA", "EXECUTE")


def holders(told: Json, target: Target, now: datetime) -> Iterator[Holder]:
    """Return who has a file open in what smbstatus told."""
    sessions = list((told.get("sessions") or {}).values())
    for path, file in (told.get("open_files") or {}).items():
        if _is_it(path, file, target):
            for opened in (file.get("opens") or {}).values():
                yield _holder(opened, sessions, now)


def _is_it(path: str, file: Json, target: Target) -> bool:
    """Compare the identity; a module such as vfs_fileid makes up its own, and then the path."""
    identity = file.get("fileid") or {}
    if identity.get("inode") == target.inode and identity.get("devid") == target.device:
        return True
    return path == target.path


def _holder(opened: Json, sessions: list[Json], now: datetime) -> Holder:
    pid = _pid(opened)
    known, users = _session(opened, sessions)
    return Holder(
        kind="smb",
        via=("smbstatus",),
        confidence="exact" if len(users) == 1 and known else "inferred",
        first_seen=now,
        last_seen=now,
        access=_access(opened.get("access_mask") or {}),
        mode=_mode(opened.get("sharemode") or {}),
        pid=pid,
        file_id=_number(opened.get("share_file_id")),
        client_host=known.get("remote_machine"),
        client_ip=_address(known.get("hostname")),
        smb_user=" or ".join(users) or None,
        dialect=known.get("session_dialect"),
        opened_at=_moment(opened.get("opened_at")),
    )


def _session(opened: Json, sessions: list[Json]) -> tuple[Json, list[str]]:
    """Return the session of an open file and the users it may be, one where it is sure.

    A share with `force user` opens files as that user, which is nobody's session. Then it is one
    of those on the same connection, and they all come from one machine.
    """
    server = opened.get("server_id")
    here = [one for one in sessions if server and one.get("server_id") == server]
    own = [one for one in here if one.get("uid") == opened.get("uid")] or here
    users = sorted({str(one["username"]) for one in own if one.get("username")})
    if not users:
        return {}, [user for user in [_user(opened.get("uid"))] if user]
    return own[0], users


def _pid(opened: Json) -> int | None:
    """Return the process that serves an open file, where there is one and on this machine."""
    server = opened.get("server_id") or {}
    pid = _number(server.get("pid"))
    is_here = server.get("vnn", _THIS_NODE) == _THIS_NODE  # else another node of a cluster
    return pid if is_here and pid is not None and Path("/proc", str(pid)).exists() else None


def _number(value: object) -> int | None:
    return int(str(value)) if str(value).isdecimal() else None


def _access(mask: Json) -> str | None:
    words = [
        word
        for word, bits in (("read", _READING), ("write", _WRITING))
        if any(mask.get(bit) for bit in bits)
    ]
    if mask.get("DELETE") and not words:
        return "delete"
    return "+".join(words) or None


def _mode(shared: Json) -> str:
    denied = [word for word in ("read", "write", "delete") if not shared.get(word.upper())]
    return {0: "deny none", 3: "deny all"}.get(len(denied), f"deny {'+'.join(denied)}")


def _address(hostname: str | None) -> str | None:
    """Return the address in what Samba writes as `ipv4:192.0.2.7:50123`."""
    if not hostname:
        return None
    family, _, rest = hostname.partition(":")
    return rest.rpartition(":")[0] if family in ("ipv4", "ipv6") else hostname


def _user(uid: object) -> str | None:
    import pwd  # there is none on Windows, where this module is imported too

    try:
        return pwd.getpwuid(int(str(uid))).pw_name
    except (KeyError, ValueError):
        return None if uid is None else str(uid)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
