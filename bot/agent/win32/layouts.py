"""The structures of the Windows API, field by field as its headers declare them."""

from __future__ import annotations

import ctypes
from ctypes import wintypes

RM_APP_NAME = 255
RM_SERVICE_NAME = 63


class ByHandleFileInformation(ctypes.Structure):
    """BY_HANDLE_FILE_INFORMATION (fileapi.h): among others what a file is, whatever its name."""

    _fields_ = (
        ("attributes", wintypes.DWORD),
        ("created", wintypes.FILETIME),
        ("accessed", wintypes.FILETIME),
        ("written", wintypes.FILETIME),
        ("volume", wintypes.DWORD),
        ("size_high", wintypes.DWORD),
        ("size_low", wintypes.DWORD),
        ("links", wintypes.DWORD),
        ("index_high", wintypes.DWORD),
        ("index_low", wintypes.DWORD),
    )


class IoStatusBlock(ctypes.Structure):
    """IO_STATUS_BLOCK (wdm.h)."""

    _fields_ = (("status", ctypes.c_size_t), ("information", ctypes.c_size_t))


class HandleEntry(ctypes.Structure):
    """SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX, an element of information class 64.

    The older class 16 has 16 bits for a process id, which is not enough.
    """

    _fields_ = (
        ("object", ctypes.c_void_p),
        ("pid", ctypes.c_size_t),
        ("handle", ctypes.c_size_t),
        ("access", wintypes.ULONG),
        ("trace", wintypes.USHORT),
        ("type", wintypes.USHORT),
        ("attributes", wintypes.ULONG),
        ("reserved", wintypes.ULONG),
    )


class HandleTable(ctypes.Structure):
    """The head of SYSTEM_HANDLE_INFORMATION_EX; the entries follow it."""

    _fields_ = (("count", ctypes.c_size_t), ("reserved", ctypes.c_size_t))


class RmUniqueProcess(ctypes.Structure):
    """RM_UNIQUE_PROCESS (RestartManager.h)."""

    _fields_ = (("pid", wintypes.DWORD), ("started", wintypes.FILETIME))


class RmProcessInfo(ctypes.Structure):
    """RM_PROCESS_INFO (RestartManager.h)."""

    _fields_ = (
        ("process", RmUniqueProcess),
        ("app", ctypes.c_wchar * (RM_APP_NAME + 1)),
        ("service", ctypes.c_wchar * (RM_SERVICE_NAME + 1)),
        ("type", ctypes.c_int),
        ("status", wintypes.ULONG),
        ("session", wintypes.DWORD),
        ("restartable", wintypes.BOOL),
    )


class FileInfo3(ctypes.Structure):
    """FILE_INFO_3 (lmshare.h): one file that is open over SMB."""

    _fields_ = (
        ("id", wintypes.DWORD),
        ("permissions", wintypes.DWORD),
        ("locks", wintypes.DWORD),
        ("path", wintypes.LPWSTR),
        ("user", wintypes.LPWSTR),
    )


class SessionInfo2(ctypes.Structure):
    """SESSION_INFO_2 (lmshare.h): one machine that is connected over SMB."""

    _fields_ = (
        ("client", wintypes.LPWSTR),
        ("user", wintypes.LPWSTR),
        ("opens", wintypes.DWORD),
        ("seconds", wintypes.DWORD),
        ("idle", wintypes.DWORD),
        ("flags", wintypes.DWORD),
        ("client_type", wintypes.LPWSTR),
    )


class ServiceStatus(ctypes.Structure):
    """ENUM_SERVICE_STATUS_PROCESSW (winsvc.h)."""

    _fields_ = (
        ("name", wintypes.LPWSTR),
        ("display", wintypes.LPWSTR),
        ("type", wintypes.DWORD),
        ("state", wintypes.DWORD),
        ("accepted", wintypes.DWORD),
        ("exit", wintypes.DWORD),
        ("specific_exit", wintypes.DWORD),
        ("checkpoint", wintypes.DWORD),
        ("hint", wintypes.DWORD),
        ("pid", wintypes.DWORD),
        ("flags", wintypes.DWORD),
    )


class Luid(ctypes.Structure):
    """LUID (winnt.h)."""

    _fields_ = (("low", wintypes.DWORD), ("high", wintypes.LONG))


class TokenPrivileges(ctypes.Structure):
    """TOKEN_PRIVILEGES (winnt.h) with room for one privilege."""

    _fields_ = (("count", wintypes.DWORD), ("luid", Luid), ("attributes", wintypes.DWORD))


class ProcessEntry(ctypes.Structure):
    """PROCESSENTRY32W (tlhelp32.h)."""

    _fields_ = (
        ("size", wintypes.DWORD),
        ("uses", wintypes.DWORD),
        ("pid", wintypes.DWORD),
        ("heap", ctypes.c_size_t),
        ("module", wintypes.DWORD),
        ("threads", wintypes.DWORD),
        ("parent", wintypes.DWORD),
        ("priority", wintypes.LONG),
        ("flags", wintypes.DWORD),
        ("name", ctypes.c_wchar * 260),
    )
