"""Who may read a file on Windows, besides us, the system and the administrators."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

# the system, under which the service runs, and the administrators of this server
TRUSTED = ("S-1-5-18", "S-1-5-32-544")
EVERYBODY = "Everyone"

_READ = 0x1 | 0x8000_0000 | 0x1000_0000  # its data, GENERIC_READ, GENERIC_ALL
_ALLOW = 0
_ONLY_FOR_WHAT_IS_IN_IT = 0x8


def other_readers(path: Path) -> tuple[str, ...]:
    """Return the accounts that may read a file and should not; raise OSError."""
    security = import_module("win32security")
    try:
        described = security.GetFileSecurity(str(path), security.DACL_SECURITY_INFORMATION)
        allowed = described.GetSecurityDescriptorDacl()
        if allowed is None:
            return (EVERYBODY,)
        trusted = {_ourselves(security), *TRUSTED}
        return tuple(
            dict.fromkeys(_name(security, sid) for sid in _readers(security, allowed, trusted))
        )
    except security.error as error:
        raise OSError(0, str(error), str(path), error.winerror) from error


def _readers(security: Any, allowed: Any, trusted: set[str]) -> list[Any]:
    entries = [allowed.GetAce(number) for number in range(allowed.GetAceCount())]
    return [
        sid
        for (kind, flags), mask, sid in (entry[:3] for entry in entries)
        if kind == _ALLOW
        and mask & _READ
        and not flags & _ONLY_FOR_WHAT_IS_IN_IT
        and security.ConvertSidToStringSid(sid) not in trusted
    ]


def _ourselves(security: Any) -> str:
    process = import_module("win32api").GetCurrentProcess()
    token = security.OpenProcessToken(process, security.TOKEN_QUERY)
    user, _ = security.GetTokenInformation(token, security.TokenUser)
    return str(security.ConvertSidToStringSid(user))


def _name(security: Any, sid: Any) -> str:
    try:
        name, domain, _ = security.LookupAccountSid(None, sid)
    except security.error:
        return str(security.ConvertSidToStringSid(sid))
    return f"{domain}\\{name}" if domain else str(name)
