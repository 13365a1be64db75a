"""What each thread holds: the evidence its messages gave, the verdict, and what became of it."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.model import Finding, Input, Report

State = Literal["open", "resolved"]

REMEMBERED = 2_000  # threads; the oldest is forgotten first
MESSAGES = 50  # of one thread that are read together
TEXT = 2 * 1024 * 1024  # characters of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one message gave to the verdict of its thread."""

    text: str = ""
    files: tuple[dict[str, Any], ...] = ()  # Slack's file objects
    edited: str = ""  # the timestamp of the edit it stems from; later ones sort behind

    def __bool__(self) -> bool:
        return bool(self.text or self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A verdict that stands in a thread, as others may see it."""

    channel: str
    thread_ts: str
    private: bool  # said in a private channel or a DM, and not to be shown elsewhere
    finding: Finding  # the leading one
    state: State

    @property
    def seen_at(self) -> float:
        """Return when it was reported, in seconds since 1970."""
        return seconds(self.thread_ts)


@dataclass(slots=True, kw_only=True)
class Thread:
    """One thread: change it only while it is held."""

    channel: str
    ts: str
    evidence: dict[str, Evidence] = field(default_factory=dict)  # by the message's timestamp
    report: Report | None = None
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
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

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
    def files(self) -> list[dict[str, Any]]:
        """Return the files it holds, in the order they were shared, each once."""
        found = {
            str(file.get("id")): file
            for _, one in sorted(self.evidence.items())
            for file in one.files
        }
        return list(found.values())


class Threads:
    """The threads the bot has something to say in, kept in memory."""

    def __init__(self, *, remembered: int = REMEMBERED) -> None:
        self._threads: OrderedDict[tuple[str, str], Thread] = OrderedDict()
        self._public: set[str] = set()
        self._remembered = remembered

    def heard(self, channel: str, channel_type: str) -> None:
        """Learn what kind of place a channel is; as long as it is unknown it counts as private."""
        if channel_type == "channel":
            self._public.add(channel)
        else:
            self._public.discard(channel)

    def is_public(self, channel: str) -> bool:
        """Tell whether everybody of the workspace may read a channel."""
        return channel in self._public

    def find(self, channel: str, ts: str) -> Thread | None:
        """Return a thread that is known."""
        return self._threads.get((channel, ts))

    @asynccontextmanager
    async def holding(self, channel: str, ts: str) -> AsyncIterator[Thread]:
        """Hold a thread, so that nobody else changes it meanwhile."""
        thread = self._threads.setdefault((channel, ts), Thread(channel=channel, ts=ts))
        async with thread.lock:
            try:
                yield thread
            finally:
                self._settle(thread)

    def _settle(self, thread: Thread) -> None:
        if not thread.evidence and thread.report is None:
            self._threads.pop((thread.channel, thread.ts), None)
            return
        self._threads[thread.channel, thread.ts] = thread
        self._threads.move_to_end((thread.channel, thread.ts))
        while len(self._threads) > self._remembered:
            self._threads.popitem(last=False)

    def incidents(self, viewer: str | None = None) -> list[Incident]:
        """Return what may be seen from a channel, the latest first; None sees what is public."""
        found = (_incident(thread, self.is_public(thread.channel)) for thread in self._all())
        seen = [one for one in found if one and (not one.private or one.channel == viewer)]
        return sorted(seen, key=lambda one: one.thread_ts, reverse=True)

    def locked(self, package: str, viewer: str) -> list[str]:
        """Return the roots of the threads with a lock on a package that a channel may hear of."""
        # asked for with every log: so no Incident is made of each thread
        return [
            thread.ts
            for thread in self._all()
            if thread.report is not None
            and thread.report.findings[0].package == package
            and thread.report.findings[0].files
            and (thread.channel == viewer or self.is_public(thread.channel))
        ]

    def _all(self) -> Iterator[Thread]:
        yield from self._threads.values()


def seconds(ts: str) -> float:
    """Return when a message was posted, in seconds since 1970; 0 for what is no timestamp."""
    return float(ts) if re.fullmatch(r"\d{1,12}(?:\.\d{1,9})?", ts) else 0.0


def _incident(thread: Thread, is_public: bool) -> Incident | None:
    if thread.report is None or not thread.report.findings:
        return None
    finding = thread.report.findings[0]
    # the quotes stay in their thread
    finding = replace(finding, evidence=())
    resolved = bool(thread.resolved_by) or finding.resolved
    return Incident(
        channel=thread.channel,
        thread_ts=thread.ts,
        private=not is_public,
        finding=finding,
        state="resolved" if resolved else "open",
    )
