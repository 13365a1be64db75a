"""What an incident is about, and by what two of them are told apart."""

from __future__ import annotations

from dataclasses import dataclass

from bot.model import Finding
from bot.servers import same_server


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an incident is about; without server or package it stays within its thread."""

    server: str | None
    share: str | None
    package: str | None
    rest: str = ""  # what tells apart those of one thread that name no server and package

    @property
    def is_shared(self) -> bool:
        """Tell whether other threads may be about the same."""
        return bool(self.server and self.package)

    def fits(self, server: str | None, share: str | None, package: str | None) -> bool:
        """Tell whether these names mean this subject; a share that is not named is any."""
        if not same_server(self.server, server):
            return False
        if (self.package or "").casefold() != (package or "").casefold():
            return False
        return not (self.share and share) or self.share.casefold() == share.casefold()


def subject_of(finding: Finding) -> Subject:
    """Return what a finding is about."""
    shared = bool(finding.server and finding.package)
    rest = "" if shared else "|".join((finding.package or "", *finding.files[:1], finding.rule))
    rest = rest.replace("\x00", "")  # which PostgreSQL does not take
    return Subject(server=finding.server, share=finding.share, package=finding.package, rest=rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An incident as it is known, with the thread that has its reply."""

    id: str
    channel: str
    thread_ts: str
    subject: Subject
    finding: Finding | None

    @property
    def place(self) -> tuple[str, str]:
        """Return the key of that thread."""
        return self.channel, self.thread_ts
