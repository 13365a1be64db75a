"""The texts event 109 comes as: in full, wrapped by SMS 1.x, cut, or as bare insertion strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .incident import Incident

Figures = Literal["told", "unknown"]  # told: as the incident has them, blank or numbers


@dataclass(frozen=True, kw_only=True)
class Message:
    """One wording of event 109 and what of the incident it still tells."""

    name: str
    text: Callable[[Incident], str]
    unc: bool = True  # names the package
    place: bool = True  # names server and share
    figures: Figures = "told"
    cut: bool = False


def sentence(incident: Incident) -> str:
    """Event 109 as Windows formats it."""
    have, need = incident.figures
    return (
        "Failed to install package. There isn't sufficient disk space on package server "
        f"{incident.unc}. Disk space available on that server is {have} megabytes, "
        f"space required is {need} megabytes."
    )


def preamble(incident: Incident) -> str:
    """The same inside the frame SMS 1.x puts around each of its events."""
    return (
        "Non-fatal Error in module: SMS_DESPOOLER\r\n"
        "Operation:   Install\r\n"
        "Object:      Package\r\n"
        f"Object name: {incident.package}\r\n"
        "Error code:  1\r\n"
        "\r\n"
        f"{sentence(incident)}\r\n"
        f"MachineName = {incident.server}\r\n"
        f"SiteCode = {incident.package[:3]}\r\n"
        "Component = SMS_DESPOOLER"
    )


def noted(incident: Incident) -> str:
    """The layout of Q184169, which names no package."""
    have, need = incident.figures
    return (
        "Component = SMS_Despooler\nOperation = Install\nObject = Package\nError Code = 1\n"
        "Note: Failed to install package. There isn't sufficient disk space available on that "
        f"server. Disk space available on that server is {have} megabytes, space required is "
        f"{need} megabytes."
    )


def squeezed(incident: Incident) -> str:
    """The sentence as the article prints it, with single blanks."""
    return " ".join(sentence(incident).split())


def orphaned_nt(incident: Incident) -> str:
    """What Windows NT shows when it lacks the message DLL."""
    have, need = incident.figures
    return (
        "The description for Event ID ( 109 ) in Source ( SMS ) could not be found. "
        f"It contains the following insertion string(s): {incident.unc}, {have}, {need}."
    )


def orphaned_2003(incident: Incident) -> str:
    """What Windows 2000 and 2003 show instead."""
    have, need = incident.figures
    return (
        "The description for Event ID ( 109 ) in Source ( SMS ) cannot be found. The local "
        "computer may not have the necessary registry information or message DLL files to "
        "display messages from a remote computer. The following information is part of the "
        f"event: {incident.unc}; {have}; {need}."
    )


def orphaned_2008(incident: Incident) -> str:
    """What Windows 2008 and later show instead."""
    have, need = incident.figures
    return (
        "The description for Event ID 109 from source SMS cannot be found. Either the component "
        "that raises this event is not installed on your local computer or the installation is "
        "corrupted. You can install or repair the component on the local computer.\r\n\r\n"
        "If the event originated on another computer, the display information had to be saved "
        "with the event.\r\n\r\nThe following information was included with the event: \r\n\r\n"
        f"{incident.unc}\r\n{have}\r\n{need}\r\n"
    )


def _cut(after: str, tail: str) -> Callable[[Incident], str]:
    def text(incident: Incident) -> str:
        whole = sentence(incident)
        place = incident.unc[:-3] if after == "UNC" else after
        return whole[: whole.index(place) + len(place)] + tail

    return text


SENTENCE = Message(name="bare sentence", text=sentence)
PREAMBLE = Message(name="SMS 1.x frame", text=preamble)
SQUEEZED = Message(name="single blanks", text=squeezed)
NOTED = Message(name="Q184169 layout", text=noted, unc=False, place=False)
ORPHANS = (
    Message(name="no message DLL, NT", text=orphaned_nt, figures="unknown"),
    Message(name="no message DLL, 2003", text=orphaned_2003, figures="unknown"),
    Message(name="no message DLL, 2008", text=orphaned_2008, figures="unknown"),
)
_CUTS = (
    ("cut before the server", "disk space on pa", " ... ", False, False),
    ("cut inside the package", "UNC", " ... ", False, True),
    ("cut inside the package, no dots", "UNC", "", False, True),
    ("cut after the package", ". Disk space avail", "...", True, True),
    ("cut before the first figure", "on that server is", "...", True, True),
    ("cut before the second figure", "megabytes, space required is", " ...", True, True),
    ("cut before the second figure, no dots", "megabytes, space required", "", True, True),
    ("cut with an ellipsis", "Disk space available on", "…", True, True),
)
CUTS = tuple(
    Message(name=name, text=_cut(after, tail), unc=unc, place=place, figures="unknown", cut=True)
    for name, after, tail, unc, place in _CUTS
)
MIDDLE_CUT = Message(
    name="cut in its middle",
    text=lambda incident: (
        "Failed to install package. There isn't sufficient disk ... "
        "server is  megabytes, space required is  megabytes."
    ),
    unc=False,
    place=False,
    figures="unknown",
    cut=True,
)
