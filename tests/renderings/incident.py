"""The incident behind every rendering: what truly happened, and what a log would say of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A package that could not be refreshed, with everything a container may tell of it."""

    server: str = "NTSITE1"
    share: str = "SMS_PKGE"
    package: str = "DOG0005D"
    files: tuple[str, ...] = ("filename.EXE",)  # below the package's folder
    temporary: str = "_S M0000.TMP"
    over_network: bool = False  # the copy went to a UNC path instead of a drive
    at: datetime = datetime(1998, 9, 24, 9, 55, 37, 677000)  # of the last failure
    thread: int = 0x1D0
    error: int = 32
    figures: tuple[str, str] = ("", "")
    day_first: bool = False

    @property
    def drive(self) -> str:
        """The drive the local share lies on: the last letter of SMS_PKGx."""
        return self.share.rstrip("$")[-1].upper()

    @property
    def unc(self) -> str:
        """The package's folder as event 109 names it."""
        return f"\\\\{self.server}\\{self.share}\\{self.package}"

    @property
    def folder(self) -> str:
        """The package's folder as the log of this incident names it."""
        return self.unc if self.over_network else f"{self.drive}:\\{self.share}\\{self.package}"

    @property
    def seen(self) -> datetime:
        """When the event was written: moments after the copy failed."""
        return self.at.replace(microsecond=0) + timedelta(seconds=3)

    def target(self, file: str) -> str:
        """Where a file was to be copied."""
        return f"{self.folder}\\{file}"

    def origin(self, file: str) -> str:
        """Where the unpacked file came from."""
        return f"{self.drive}:\\{self.temporary}\\{file}"

    def but(self, **changes: object) -> Incident:
        """The same incident with some of its facts changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing a component wrote into its log."""

    words: str
    at: datetime
    thread: int
    component: str = "SMS_DESPOOLER"


def failures(incident: Incident) -> list[Entry]:
    """The failed copies alone, the last of them at the incident's own time."""
    last = len(incident.files) - 1
    return [
        Entry(
            words=f"Copying {incident.origin(file)} to {incident.target(file)}, "
            f"Failed, Win32 Error = {incident.error}",
            at=incident.at - timedelta(seconds=last - number),
            thread=incident.thread,
        )
        for number, file in enumerate(incident.files)
    ]


def healed(incident: Incident, file: str) -> Entry:
    """The copy of a file that succeeded an hour after the incident."""
    return Entry(
        words=f"Copying {incident.origin(file)} to {incident.target(file)}, OK",
        at=incident.at + timedelta(hours=1),
        thread=incident.thread,
    )


def burst(incident: Incident) -> list[Entry]:
    """A despooler's working hour: the failures, an earlier try of each, and healthy lines."""
    early = incident.at - timedelta(minutes=26)
    other = incident.package[:3] + "0F00D"
    healthy = f"{incident.drive}:\\{incident.share}\\{other}"
    before = [
        "Waiting for ready instruction file....",
        "Found ready instruction 000009jw.ins",
        f"Executing instruction for job {incident.package[:3]}00042",
        f"Copying {incident.origin('fine.dll')} to {healthy}\\fine.dll, OK",
    ]
    after = [
        "Despooler failed to execute the instruction, error code = 6d",
        "Memory usage: 2,412 KB of 65,011 KB, 32 threads",
    ]
    first = [
        dataclasses.replace(entry, at=entry.at - timedelta(minutes=20), thread=0xE0)
        for entry in failures(incident)
    ]
    return [
        *(Entry(words=words, at=early, thread=0xE0) for words in before),
        *first,
        *failures(incident),
        *(
            Entry(words=words, at=incident.at + timedelta(seconds=5), thread=incident.thread)
            for words in after
        ),
    ]


NAMES = (
    "filename.EXE",
    "FORMAT.COM",
    "README",
    ".profile",
    "read me, first.txt",
    "copy a to b.cmd",
    "to do\\from here to there\\go to.txt",
    "a$b&c;d.cab",
    "R&D;x.cab",
    "fonts&times.ttf",
    "black&copy.ini",
    "back`tick.dll",
    "PROGRA~1\\SETUP~1.EXE",
    "Bob's notes.doc",
    "Größe der Übersicht.xls",
    "sub\\deeper\\still deeper\\x.dll",
    "A0100100\\looks like a package.msi",
    "{90110409-6000-11D3-8CFE-0150048383C9}.msi",
    "setup (1) [new] #2 100% +x=y @home!.ini",
    "new\\table\\readme.txt",
    "archive.tar.gz",
    "info@example.com",
    "32",
    "errors 320.log",
    "u0041\\x41\\n.txt",
)

_PACKAGE = st.from_regex(r"[A-Z][A-Z0-9]{2}0[0-9A-F]{4}", fullmatch=True)
_SERVERS = ("NTSITE1", "srv-01", "DP_EAST", "dp01.corp.example.com", "10.20.30.40", "B")


def incidents(**fixed: object) -> st.SearchStrategy[Incident]:
    """Draw incidents of every shape; dates are such that day and month cannot be confused."""
    drawn: dict[str, st.SearchStrategy[object]] = {
        "server": st.sampled_from(_SERVERS),
        "share": st.sampled_from(("SMS_PKGE", "SMS_PKGD", "SMSPKGF$", "sms_pkgc")),
        "package": _PACKAGE,
        "files": st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(tuple),
        "temporary": st.sampled_from(("_S M0000.TMP", "_SM4YZ5.TMP", "_S M00A1.TMP")),
        "over_network": st.booleans(),
        "at": st.builds(
            datetime,
            st.integers(1995, 2035),
            st.integers(1, 12),
            st.integers(13, 28),
            st.integers(9, 16),
            st.integers(0, 59),
            st.integers(0, 50),
            st.integers(0, 999).map(lambda thousandth: thousandth * 1000),
        ),
        "thread": st.integers(16, 0xFFFFFF),
        "day_first": st.booleans(),
    }
    drawn |= {name: st.just(value) for name, value in fixed.items()}
    return st.builds(Incident, **drawn)
