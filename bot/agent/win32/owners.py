"""Whose a process is: the account in its token."""

from __future__ import annotations

import ctypes
from ctypes import wintypes

from bot.agent.win32.calls import Function
from bot.agent.win32.files import close

_QUERY = 8
_TOKEN_USER = 1
_ROOM = 512
_NAME = 256

_token = Function(
    "advapi32", "OpenProcessToken", wintypes.BOOL, wintypes.HANDLE, wintypes.DWORD,
    ctypes.POINTER(wintypes.HANDLE),
)  # fmt: skip
_information = Function(
    "advapi32", "GetTokenInformation", wintypes.BOOL, wintypes.HANDLE, ctypes.c_int,
    ctypes.c_void_p, wintypes.DWORD, ctypes.POINTER(wintypes.DWORD),
)  # fmt: skip
_account = Function(
    "advapi32", "LookupAccountSidW", wintypes.BOOL, wintypes.LPCWSTR, ctypes.c_void_p,
    wintypes.LPWSTR, ctypes.POINTER(wintypes.DWORD), wintypes.LPWSTR,
    ctypes.POINTER(wintypes.DWORD), ctypes.POINTER(ctypes.c_int),
)  # fmt: skip


def owner(process: int) -> str | None:
    r"""Return the account of an opened process as `DOMAIN\name`, None where that is refused."""
    token = wintypes.HANDLE()
    if not _token(process, _QUERY, ctypes.byref(token)):
        return None
    try:
        found, used = ctypes.create_string_buffer(_ROOM), wintypes.DWORD()
        if not _information(token, _TOKEN_USER, found, _ROOM, ctypes.byref(used)):
            return None
        return account(ctypes.c_void_p.from_buffer(found).value or 0)  # TOKEN_USER begins with it
    finally:
        close(int(token.value or 0))


def account(sid: int) -> str | None:
    """Return the name of the account that a security identifier stands for."""
    name, domain = ctypes.create_unicode_buffer(_NAME), ctypes.create_unicode_buffer(_NAME)
    lengths, kind = (wintypes.DWORD(_NAME), wintypes.DWORD(_NAME)), ctypes.c_int()
    known = _account(
        None, sid, name, ctypes.byref(lengths[0]), domain, ctypes.byref(lengths[1]),
        ctypes.byref(kind),
    )  # fmt: skip
    if not known:
        return None
    return f"{domain.value}\\{name.value}" if domain.value else name.value
