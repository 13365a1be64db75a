"""Incidents to try the bot with: the lines of the article it all began with, and others like it."""

from __future__ import annotations

EVENT = (
    "Event 109\n"
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\<Server>\\<Share>\\<PackageID>. Disk space available on that server is megabytes, "
    "space required is megabytes."
)
LOG = (
    "~Copying E:\\_S M0000.TMP\\filename.EXE to E:\\SMS_PKGE\\DOG0005D\\filename.EXE, "
    "Failed, Win32 Error = 32  $$>SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>"
)
ALERT = (
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE1\\SMS_PKGE\\DOG0005D. Disk space available on that server is megabytes, "
    "space required is megabytes."
)
SEED = f"{EVENT}\n\n{LOG}"
SHORTAGE = (
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE2\\SMS_PKGD\\CAT00012. Disk space available on that server is 118 megabytes, "
    "space required is 640 megabytes."
)
LOOK_ALIKE = (
    "The kernel power manager has initiated a shutdown transition.\n"
    "Source: Kernel-Power  Event ID: 109  Level: Information\n"
    "robocopy: 2024/01/01 10:00:00 ERROR 32 (0x00000020) Copying File E:\\data\\a.txt\n"
    "OSError: [Errno 32] Broken pipe"
)
UTF16_LOG = (
    "Copying E:\\_S M0000.TMP\\setup.exe to E:\\SMS_PKGE\\HQ100021\\setup.exe, OK  "
    "$$<SMS_DESPOOLER><Mon Mar 08 02:10:11 1999~><thread=297>\r\n"
    "~Copying E:\\_S M0000.TMP\\data1.cab to E:\\SMS_PKGE\\HQ100021\\data1.cab, Failed, "
    "Win32 Error = 32  $$<SMS_DESPOOLER><Mon Mar 08 02:10:12 1999~><thread=297>\r\n"
).encode("utf-16")
HOSTILE = (
    "<!channel> @here *bold* <https://evil.example|click me> `code`\n"
    "~Copying E:\\_S M0000.TMP\\<@U0ALEX>.EXE to E:\\SMS_PKGE\\DOG0005D\\``` & <!here>.EXE, "
    "Failed, Win32 Error = 32  $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>"
)
