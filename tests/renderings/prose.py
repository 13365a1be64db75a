"""What people write around a paste; none of it says anything of its own about the incident."""

from __future__ import annotations

from collections.abc import Callable


def mail(body: str) -> str:
    """A forwarded mail with its head and its foot."""
    return (
        "From: Operations <ops@example.com>\nSent: Friday, October 2, 1998 5:12 PM\n"
        "To: SMS Administrators\nSubject: FW: package does not install again\n\nHello all,\n\n"
        "the disk has 14 GB free, yet the event log says otherwise. Could someone look? Error 5 "
        "we had last month was another story.\n\n"
        f"{body}\n\nRegards,\nDana\n-- \nDana Example, Site Services, tel. 32 109\n"
    )


def ticket(body: str) -> str:
    """A help desk's ticket."""
    return (
        "INC0010932 | Priority 3 | Opened 2031-01-05 08:00:01 | Assigned to: SMS team\n"
        "Short description: Event 109 on a distribution server, disk space?\n"
        f"Work notes:\n{body}\n"
        "Additional comments: user reports 32 failed installs, see also KB article.\n"
    )


def chat(body: str) -> str:
    """A few lines of talk before and after."""
    return (
        "<@U024BE7LH> morning! anyone seen this one? <!here>\n"
        f"{body}\n"
        "looks like a full disk to me, but df says 60% :shrug:\n"
        "<@U0G9QF9C6> no idea, ask in <#C024BE7LR|sms-admins>\n"
    )


def article(body: str) -> str:
    """An article that explains the event and never quotes another."""
    return (
        "SYMPTOMS\n========\n\nWhen a package is sent again, the despooler may say in the\n"
        "application event log (Event 109) that a disk is full, though it is not.\n\n"
        f"MORE INFORMATION\n================\n\n{body}\n\n"
        "The figures for the space required and available are reported as null, or blank.\n"
        "Win32 Error 32 means that the process cannot access the file because another\n"
        "process uses it. Event 109 should say so.\n\n"
        "Additional query words: prodsms anti virus\n"
    )


def bare(body: str) -> str:
    """Nothing at all."""
    return body


PROSE: dict[str, Callable[[str], str]] = {
    "bare": bare,
    "mail": mail,
    "ticket": ticket,
    "chat": chat,
    "article": article,
}
