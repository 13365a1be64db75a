"""Keep a file to the agent alone: by its mode, and on Windows by its access list."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

# the system, under which the service runs, and the administrators of this server
_ALLOWED = ("S-1-5-18", "S-1-5-32-544")
_FULL = 0x1F01FF  # FILE_ALL_ACCESS
_PROTECTED = 0x1000  # SE_DACL_PROTECTED: nothing is inherited


def keep_private(path: Path) -> None:
    """Let nobody else open a file; raise OSError where that cannot be said."""
    if sys.platform != "win32":
        path.chmod(0o600)
        return
    security = importlib.import_module("win32security")
    try:
        _protect(path, security)
    except security.error as error:
        raise OSError(0, str(error), str(path)) from error


def _protect(path: Path, security: Any) -> None:
    """Replace the access list, which a file in ProgramData inherits for all users."""
    token = security.OpenProcessToken(
        importlib.import_module("win32api").GetCurrentProcess(), security.TOKEN_QUERY
    )
    user, _ = security.GetTokenInformation(token, security.TokenUser)
    allowed = security.ACL()
    for who in (user, *map(security.ConvertStringSidToSid, _ALLOWED)):
        allowed.AddAccessAllowedAce(security.ACL_REVISION, _FULL, who)
    described = security.SECURITY_DESCRIPTOR()
    described.SetSecurityDescriptorDacl(True, allowed, False)
    described.SetSecurityDescriptorControl(_PROTECTED, _PROTECTED)
    # SetNamedSecurityInfo, which is newer, changes nothing under Wine
    security.SetFileSecurity(str(path), security.DACL_SECURITY_INFORMATION, described)
