"""What a thread holds: the evidence its messages gave, the verdict, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.errors import TryLater
from bot.model import Finding, Input, Report

State = Literal["open", "held", "free", "resolved", "dismissed"]

MESSAGES = 50  # of one thread that are read together
TEXT = 2 * 1024 * 1024  # characters of them


class Overtaken(TryLater):
    """Another process changed the same thread meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one message gave to the verdict of its thread."""

    text: str = ""
    files: tuple[dict[str, Any], ...] = ()  # Slack's file objects
    edited: str = ""  # the timestamp of the edit it stems from; later ones sort behind
    permalink: str | None = None  # where it was said
    server: str | None = None  # whose agent reported it

    def __bool__(self) -> bool:
        return bool(self.text or self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A verdict that stands in a thread, as others may see it."""

    channel: str
    thread_ts: str
    private: bool  # said in a private channel or a DM, and not to be shown elsewhere
    finding: Finding  # without its quotes
    state: State
    id: str = ""
    opened_at: float | None = None  # seconds since 1970

    @property
    def seen_at(self) -> float:
        """Return when it was reported, in seconds since 1970."""
        return seconds(self.thread_ts) if self.opened_at is None else self.opened_at

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to do something about it."""
        return self.state not in ("resolved", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An incident that this thread is about as well, and that another thread answers."""

    incident: str
    channel: str
    thread_ts: str
    about: str  # package and server, in words


@dataclass(slots=True, kw_only=True)
class Thread:
    """One thread: change it only while it is held."""

    channel: str
    ts: str
    evidence: dict[str, Evidence] = field(default_factory=dict)  # by the message's timestamp
    report: Report | None = None  # what the reply is made of
    links: tuple[Link, ...] = ()  # what is answered elsewhere
    version: int = 0  # of what the reply says; grows with every change
    resolved_by: str | None = None
    resolved_at: str = ""
    attached: tuple[str, str] | None = None  # the uploaded file's id, and a digest of it
    looked: tuple[str, ...] = ()  # what the server's agent said
    unread: tuple[Input, ...] = ()  # what could not be read, and why
    told: set[str] = field(default_factory=set)  # files whose uploader heard from the bot, by id
    barred: str | None = None  # Slack's word for why the thread may not be read
    recalled: bool = False  # what was said before the bot knew the thread has been looked at
    judged_wrong: str | None = None  # the reference of the sample that was kept
    held: bool | None = None  # whether somebody has the file open, as far as an agent has told
    revision: int = 0  # of what is stored

    def take(self, ts: str, evidence: Evidence) -> bool:
        """Keep what a message gave; False where a later edit or its deletion came first."""
        known = self.evidence.get(ts)
        if known is not None and known.edited > evidence.edited:
            return False
        self.evidence[ts] = evidence
        while len(self.evidence) > MESSAGES or (self._size() > TEXT and len(self.evidence) > 1):
            # the root is what the thread is about, and goes last
            del self.evidence[min(ts for ts in self.evidence if ts != self.ts)]
        return True

    def _size(self) -> int:
        return sum(len(one.text) for one in self.evidence.values())

    @property
    def texts(self) -> list[str]:
        """Return the texts it holds, in the order they were said."""
        return [one.text for _, one in sorted(self.evidence.items()) if one.text]

    @property
    def reporters(self) -> list[str | None]:
        """Return for each of the texts the server whose agent sent it, None for a message."""
        return [one.server for _, one in sorted(self.evidence.items()) if one.text]

    @property
    def files(self) -> list[dict[str, Any]]:
        """Return the files it holds, in the order they were shared, each once."""
        return files_of(one for _, one in sorted(self.evidence.items()))

    @property
    def answers(self) -> bool:
        """Tell whether its reply has something to say."""
        return self.report is not None or bool(self.links)

    @property
    def latest(self) -> float:
        """Return when the last of its evidence was said, in seconds since 1970."""
        return max((seconds(ts) for ts, one in self.evidence.items() if one), default=0.0)


def files_of(evidence: Any) -> list[dict[str, Any]]:
    """Return the files of some evidence, each once."""
    found = {str(file.get("id")): file for one in evidence for file in one.files}
    return list(found.values())


def seconds(ts: str) -> float:
    """Return when a message was posted, in seconds since 1970; 0 for what is no timestamp."""
    return float(ts) if re.fullmatch(r"\d{1,12}(?:\.\d{1,9})?", ts) else 0.0
