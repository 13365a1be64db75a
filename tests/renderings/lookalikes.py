"""Lines that look like the incident and are another one, and lines that are nothing at all."""

from __future__ import annotations

from datetime import datetime

from .incident import Entry
from .logs import sms_1, sms_2

_AT = datetime(1999, 10, 15, 17, 9, 46, 677000)


def _old(component: str, *words: str) -> str:
    stamp = sms_1("~", "  $$")
    return "\r\n".join(
        stamp(Entry(words=each, at=_AT, thread=0xDB, component=component)) for each in words
    )


def _new(component: str, *words: str) -> str:
    stamp = sms_2(" Pacific Daylight Time")
    return "\r\n".join(
        stamp(Entry(words=each, at=_AT, thread=297, component=component)) for each in words
    )


# What each look-alike is (kind, code), from the articles' own facts; no package anywhere.
LOCKS: dict[str, str] = {
    "instruction file": _old(
        "SMS_DESPOOLER",
        "found ready instruction file for 1000tS01.ins",
        "failed to open E:\\SMS\\site.srv\\despoolr.box\\receive\\1000tS01.ins WIN32 ERROR = 32",
        "Cannot decompress instruction file",
    ),
    "sender": _new(
        "SMS_LAN_SENDER",
        "Cannot create/open the remote file \\\\SITE2\\SMS_SITE\\2_4O7PRI.PCK, Win32 error = 32.",
    ),
    "client lookup": _new(
        "SMS_INBOX_MANAGER",
        "Copying D:\\SMS\\inboxes\\clidata.src\\client.lkp to "
        "\\\\CAP1\\CAP_XYZ\\clidata.box\\client.lkp, Failed, Win32 Error = 32",
    ),
    "access point": _new(
        "SMS_INBOX_MANAGER",
        "Failed to copy D:\\SMS\\inboxes\\clicomp.src\\swdist\\i386\\swdist32.exe to "
        "D:\\CAP_SO1\\clicomp.box\\swdist\\i386\\swdist32.exe because of sharing violation.",
    ),
    "package source": _new(
        "SMS_DISTRIBUTION_MANAGER",
        "Error 32: The process cannot access the file because it is being used by another process.",
    ),
    "inventory, move": _new(
        "SMS_SOFTWARE_INVENTORY_PROCESSOR",
        "ERROR - Failed to move file D:\\SMS\\inboxes\\sinv.box\\7U74Z2GZ.sid to "
        "D:\\SMS\\inboxes\\sinv.box\\BADSinv\\OFW94C1G.sid Directory, Win32 = 32",
    ),
    "inventory, delete": _new(
        "SMS_SOFTWARE_INVENTORY_PROCESSOR",
        "WARNING - Delete file D:\\SMS\\inboxes\\sinv.box\\7U74Z2GZ.sid failed, Win32 = 32",
    ),
    "status": _new(
        "SMS_STATUS_MANAGER",
        "Could not open D:\\SMS\\inboxes\\statmgr.box\\statmsgs\\0032.svf. The operating system "
        "reported error 32: The process cannot access the file because it is being used by "
        "another process.",
    ),
}

OTHERS: dict[str, tuple[str, str, int]] = {
    "source refused": (
        _old(
            "SMS_SCHEDULER",
            "Package source \\\\SERVER\\SHARE\\APP doesn't exist or we failed to access it, "
            "Win32 Error = 5",
        ),
        "other-error",
        5,
    ),
    "configuration": (
        _new(
            "SMS_OFFER_MANAGER",
            "ERROR: Could not copy file from D:\\SMS\\inboxes\\offerinf.box\\DOG20012.OFR to "
            "\\\\CAP1\\CAP_DOG\\offerinf.box\\DOG20012.OFR (Win32 error: 112)",
        ),
        "disk-space",
        112,
    ),
    "configuration, missing": (
        _new(
            "SMS_OFFER_MANAGER",
            "ERROR: Could not copy file from D:\\SMS\\inboxes\\offerinf.box\\DOG20012.OFR to "
            "\\\\CAP1\\CAP_DOG\\offerinf.box\\DOG20012.OFR (Win32 error: 2)",
        ),
        "other-error",
        2,
    ),
    "denied": (
        _old(
            "SMS_DESPOOLER",
            "Copying E:\\_S M0000.TMP\\a.cab to E:\\SMS_PKGE\\DOG0005D\\a.cab, Failed, "
            "Win32 Error = 5",
        ),
        "other-error",
        5,
    ),
    "full": (
        _old(
            "SMS_DESPOOLER",
            "Copying E:\\_S M0000.TMP\\a.cab to E:\\SMS_PKGE\\DOG0005D\\a.cab, Failed, "
            "Win32 Error = 112",
        ),
        "disk-space",
        112,
    ),
    "full, the other code": (
        _old(
            "SMS_DESPOOLER",
            "Copying E:\\_S M0000.TMP\\a.cab to E:\\SMS_PKGE\\DOG0005D\\a.cab, Failed, "
            "Win32 Error = 39",
        ),
        "disk-space",
        39,
    ),
    "a code that begins with 32": (
        _old(
            "SMS_DESPOOLER",
            "Copying E:\\_S M0000.TMP\\a.cab to E:\\SMS_PKGE\\DOG0005D\\a.cab, Failed, "
            "Win32 Error = 320",
        ),
        "other-error",
        320,
    ),
}

NEIGHBOURS: dict[int, str] = {
    106: "Failed to remove package DOG0005D from \\\\NTSITE1\\SMS_PKGE. Verify the package server "
    "is up and running and no one is currently using the package.",
    107: "Failed to remove directory \\\\NTSITE1\\SMS_PKGE\\DOG0005D. Verify there is no active "
    "process access the directory.",
    108: "Failed to install package to \\\\NTSITE1\\SMS_PKGE\\DOG0005D. Verify the package server "
    "is up and running and has sufficient disk space. The SMS service account must exist on the "
    "package server and has the same password as the siteserver, and the service account must "
    "have admin privilege.",
    110: "Failed to create directory on server NTSITE1. Verify the server is up and running.",
    111: "Failed to create share SMS_PKGE on server NTSITE1 using local path E:\\SMS_PKGE.",
    112: "Failed to create mac volume SMS_PKGE on server NTSITE1 using local path E:\\SMS_PKGE.",
    113: "There isn't any NTFS drive on server NTSITE1, which is needed by the despooler to "
    "decompress or install the package.",
    114: "Failed to decompress package DOG0005D to E:\\_S M0000.TMP. Verify there is enough disk "
    "space on the destination drive.",
    115: "Failed to store the compressed package as E:\\SMSPKG\\DOG0005D.PKG. Verify there is "
    "enough disk space on the SMS site installation drive.",
}

POWER = (
    "The kernel power manager has initiated a shutdown transition.\r\n\r\nShutdown Reason: "
    "Kernel API"
)

SILENT: dict[str, str] = {
    "a hexadecimal code": _old(
        "SMS_DESPOOLER", "Despooler failed to execute the instruction, error code = 32"
    ),
    "the event as a hexadecimal code": _old(
        "SMS_DESPOOLER", "Despooler failed to execute the instruction, error code = 6d"
    ),
    "other hexadecimal codes": _old(
        "SMS_DESPOOLER",
        "Compilation failed~syntax error on line ..., token ...",
        "Despooler failed to execute the instruction, error code = cb",
        "Despooler failed to execute the instruction, error code = 38a",
        "error code = C000000b",
    ),
    "an errno": "cat: write error: Broken pipe (errno 32)\nIOError: [Errno 32] Broken pipe\n",
    "robocopy": (
        "1999/10/15 17:09:46 ERROR 32 (0x00000020) Copying File E:\\SMS_PKGE\\DOG0005D\\a.exe\r\n"
        "The process cannot access the file because it is being used by another process.\r\n"
        "Waiting 30 seconds... Retrying...\r\n"
    ),
    "Python": (
        "Traceback (most recent call last):\n"
        '  File "copy.py", line 32, in <module>\n'
        "PermissionError: [WinError 32] The process cannot access the file because it is being "
        "used by another process: 'E:\\\\SMS_PKGE\\\\DOG0005D\\\\filename.EXE'\n"
    ),
    "healthy copies": _old(
        "SMS_DESPOOLER",
        "Waiting for ready instruction file....",
        "Found ready instruction 000009jw.ins",
        "Copying E:\\_S M0000.TMP\\a.cab to E:\\SMS_PKGE\\DOG0005D\\a.cab, OK",
        "Despooler successfully executed one instruction.",
        "Memory usage: 32 KB",
    ),
    "no disk": _old(
        "SMS_MAINTENANCE_MANAGER", "Free disk space check failed (error 144), skipping"
    ),
    "talk": (
        "Has anyone seen event 109 with error 32? It says there is no disk space on the package "
        "server, but the disk is fine. I read that Win32 error 32 means a sharing violation."
    ),
    "a question": "What does Win32 Error = 32 mean in despool.log, and why event ID 109?",
    "a reboot": f"System, Kernel-Power, event 109: {POWER}",
    "nothing": " \r\n\t\r\n",
}
