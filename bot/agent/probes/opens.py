"""Files open over SMB, the machines that are connected, and which of them belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from ntpath import normpath

from bot.agent.win32.files import plain
from bot.wire import Holder

UNTOLD = "the sessions were not told, so no open is traced to a machine"

_READ, _WRITE, _CREATE, _EXECUTE, _DELETE = 0x1, 0x2, 0x4, 0x8, 0x10


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """One file that a server has open for somebody; it does not say on which machine."""

    file_id: int
    path: str  # as the server itself calls it
    user: str
    permissions: int  # PERM_FILE_READ and its like
    locks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One machine connected to a server."""

    client: str  # a name or an address, as the server knows it
    user: str
    opens: int


def holders(
    opens: Iterable[Open], sessions: Iterable[Session], is_meant: Callable[[str], bool], via: str
) -> tuple[Holder, ...]:
    """Return the remote users that have a file open, with the machines they may sit at."""
    known = tuple(sessions)
    return tuple(_holder(one, _clients(one, known), via) for one in opens if is_meant(one.path))


def same_path(one: str, other: str) -> bool:
    """Tell whether two paths of a Windows server name the same file; case does not count."""
    return normpath(plain(one)).lower() == normpath(plain(other)).lower()


def place(client: str) -> dict[str, str]:
    """Return a machine as the field of Holder that fits: its address, or its name."""
    bare = client.lstrip("\\").strip("[]")
    try:
        return {"client_ip": str(ip_address(bare))}
    except ValueError:
        return {"client_host": bare}


def access(permissions: int) -> str | None:
    """Return what somebody may do with an open file, in the words of Holder.access."""
    named = ((_READ, "read"), (_WRITE | _CREATE, "write"), (_DELETE, "delete"))
    words = [word for bit, word in named if permissions & bit]
    return "+".join(words) or ("exec" if permissions & _EXECUTE else None)


def _clients(one: Open, sessions: tuple[Session, ...]) -> list[str]:
    """Return the machines at which the user of an open has files open, each once."""
    fitting = (each for each in sessions if each.opens and _same_user(each.user, one.user))
    return list(dict.fromkeys(each.client.lstrip("\\") for each in fitting))


def _same_user(one: str, other: str) -> bool:
    return one.rpartition("\\")[2].lower() == other.rpartition("\\")[2].lower()


def _holder(one: Open, clients: list[str], via: str) -> Holder:
    now = datetime.now(UTC)
    where = place(clients[0]) if len(clients) == 1 else {}
    return Holder(
        kind="smb",
        via=(via,),
        confidence="inferred" if clients else "exact",
        first_seen=now,
        last_seen=now,
        access=access(one.permissions),
        file_id=one.file_id,
        smb_user=one.user or None,
        locks=one.locks,
        candidates=tuple(clients) if len(clients) > 1 else (),
        client_host=where.get("client_host"),
        client_ip=where.get("client_ip"),
    )
