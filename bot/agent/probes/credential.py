"""The account a relay signs in with, from a file that nobody else can read."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from bot.agent.win32.calls import on_windows
from bot.agent.win32.readers import other_readers
from bot.errors import DespoolError

OTHERS = stat.S_IRWXG | stat.S_IRWXO
FORM = "lines `username = …`, `password = …` and, for a domain account, `domain = …`"


class CredentialRefused(DespoolError):
    """The file with a relay's account is missing, malformed, or open to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """An account of the server that is looked at."""

    username: str
    password: str = field(repr=False)
    domain: str = ""


def credential(path: Path) -> Credential:
    """Read an account in the form of `smbclient -A`, or raise CredentialRefused."""
    try:
        with path.open(encoding="utf-8") as lines:
            _check(path, os.fstat(lines.fileno()).st_mode)
            fields = dict(_pair(line) for line in lines if line.strip())
    except OSError as problem:
        raise CredentialRefused(f"{path} cannot be read ({problem.strerror}).") from problem
    except UnicodeDecodeError as problem:
        raise CredentialRefused(f"{path} is not UTF-8.") from problem
    if not fields.get("username") or "password" not in fields:
        raise CredentialRefused(f"{path} does not hold an account: it needs {FORM}.")
    return Credential(
        username=fields["username"],
        password=fields["password"],
        domain=fields.get("domain", ""),
    )


def _check(path: Path, mode: int) -> None:
    """Refuse a file that others may read: it holds a password."""
    if on_windows():
        others = ", ".join(other_readers(path))
        cure = f'icacls "{path}" /inheritance:r /grant *S-1-5-18:F *S-1-5-32-544:F'
    else:
        others = "others" if stat.S_IMODE(mode) & OTHERS else ""
        cure = f"chmod 600 {path}"
    if others:
        raise CredentialRefused(f"{path} can be read by {others}, and holds a password: {cure}")


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip().lower(), value.strip()
