"""The remote users who have the file open through the Samba server of this machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from bot.agent import programs, samba
from bot.agent.probes.port import Availability, Target
from bot.wire import Holder, ProbeReport

Json = dict[str, Any]

_TOO_OLD = "this Samba cannot tell its open files as JSON: 4.17 and later can"
_CONTAINED = "smbd runs in a container, and its sessions cannot be read from here"
_SHARE = 0.5  # of the time: what comes after has to look too
_WRITING = ("WRITE_DATA", "APPEND_DATA")
_READING = ("READ_DATA", "EXECUTE")


class SmbStatus:
    """Asks `smbstatus --json`; joins opens with sessions by the smbd process that serves both."""

    name = "smbstatus"

    def __init__(self, program: str | None = None) -> None:
        self._program = program

    def available(self) -> Availability:
        """Tell whether there is a program to ask, and the right to."""
        if self._program is None and programs.find("smbstatus") is None:
            reason = "smbstatus is not installed: the package samba-common-bin or samba has it"
            return Availability(ok=False, reason=reason)
        if os.geteuid():
            return Availability(ok=False, reason="only root may ask Samba for its sessions")
        return Availability(ok=True)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Return the remote users of each server on this machine who have the file open."""
        started = time.monotonic()
        end = started + deadline * _SHARE
        holders: list[Holder] = []
        blind: list[str] = []
        for server in samba.servers():
            try:
                told = await self._ask(server, end - time.monotonic())
            except programs.ProgramFailed as problem:
                blind += [str(problem)] if server.is_there() else []
            else:
                holders += _holders(told, target, datetime.now(UTC))
        return ProbeReport(
            name=self.name,
            holders=tuple(holders),
            blind=tuple(blind),
            ms=round((time.monotonic() - started) * 1000, 2),
        )

    async def _ask(self, server: samba.Server, deadline: float) -> Json:
        if server.is_contained:
            raise programs.ProgramFailed(_CONTAINED)
        program = self._program or programs.find("smbstatus") or "smbstatus"
        text = await programs.output([program, "--json", *server.options()], deadline)
        try:
            told: Json = json.loads(text)
        except ValueError:
            raise programs.ProgramFailed(_TOO_OLD) from None
        return told


def _holders(told: Json, target: Target, now: datetime) -> Iterator[Holder]:
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
    pid, uid = _number(opened["server_id"]["pid"]), opened.get("uid")
    session = next((one for one in sessions if _is_of(one, pid, uid)), None)
    known = session or {}
    return Holder(
        kind="smb",
        via=(SmbStatus.name,),
        confidence="exact" if session else "inferred",
        first_seen=now,
        last_seen=now,
        access=_access(opened.get("access_mask") or {}),
        mode=_mode(opened.get("sharemode") or {}),
        pid=pid,
        file_id=_number(opened.get("share_file_id")),
        client_host=known.get("remote_machine"),
        client_ip=_address(known.get("hostname")),
        smb_user=known.get("username") or _user(uid),
        dialect=known.get("session_dialect"),
        opened_at=_moment(opened.get("opened_at")),
    )


def _is_of(session: Json, pid: int | None, uid: object) -> bool:
    return _number(session["server_id"]["pid"]) == pid and session.get("uid") == uid


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
