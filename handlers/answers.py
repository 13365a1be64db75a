"""The one reply of a thread: from the evidence its messages hold to what stands in Slack."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.asides import Asker
from bot.delivery import key_of
from bot.incidents import Evidence, Thread, seconds
from bot.model import Input, Report
from bot.patience import insist
from bot.services import Services
from bot.slack import SlackRefused
from handlers.blocks import Reply
from handlers.evidence import evidence_of, is_own, sources_of
from handlers.looks import who_holds
from handlers.standing import bring, key_of_thread, leading, reply_of

log = logging.getLogger(__name__)

Json = dict[str, Any]

LAST = "9" * 10  # later than any timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A thread, and who spoke in it."""

    channel: str
    thread_ts: str
    ts: str  # of the message
    user: str | None = None

    @property
    def asker(self) -> Asker:
        """Return whom to tell what the channel need not know."""
        return Asker(user=self.user or "", channel=self.channel, thread_ts=self.thread_ts)


class Outcome(Enum):
    """What became of a message with evidence."""

    ANSWERED = "the thread has its reply"
    NOTHING = "no failure was found"
    BARRED = "the thread may not be read"
    LATE = "the message was edited or deleted since"
    WITHDRAWN = "nothing is left to stand on, and the reply says so"


async def answer(
    place: Place, evidence: Evidence, services: Services, *, look_first: bool = False
) -> Outcome:
    """Join a message to its thread, judge the thread anew, and bring the reply up to date."""
    # an earlier process may have answered what was said before this one started
    look_first = look_first or seconds(place.ts) < services.started
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        if place.thread_ts != place.ts:
            await recall(thread, services, before=place.ts)
        elif not look_first:
            thread.recalled = True  # nothing can have been said in it unheard
        if not thread.take(place.ts, evidence):
            return Outcome.LATE
        before = _judged(thread)
        reply = await _judge(thread, place, services)
        if reply and look_first:
            await recall(thread, services, before=place.ts)
        if thread.resolved_by and not _judged(thread) <= before:
            thread.resolved_by = None  # what fails anew is not resolved
            reply = reply_of(thread, services, had_reply=True)
        outcome = _outcome(thread, reply)
    await bring(thread, reply, services)
    if outcome is Outcome.ANSWERED:
        await look(place.channel, place.thread_ts, services)
    return outcome


def unread(place: Place, services: Services) -> tuple[Input, ...]:
    """Return what a thread holds and could not be read."""
    thread = services.threads.find(place.channel, place.thread_ts)
    return thread.unread if thread else ()


async def explain(place: Place, services: Services) -> Outcome:
    """Read a whole thread because somebody asked for it, and bring its reply up to date."""
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        thread.barred = None
        thread.recalled = False  # whoever asks may have seen more than this process was told
        await recall(thread, services, before=place.ts)
        reply = await _judge(thread, place, services)
        outcome = _outcome(thread, reply)
        if outcome is Outcome.NOTHING and thread.barred:
            outcome = Outcome.BARRED
    await bring(thread, reply, services)
    return outcome


async def retract(
    place: Place, evidence: Evidence, services: Services, *, was_evidence: bool = False
) -> bool:
    """Take back what a message gave before it was edited; False where it gave nothing.

    `was_evidence` tells that it must have given something, though this process does not know.
    """
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        answered = was_evidence and await recall(thread, services, before=LAST)
        known = thread.evidence.get(place.ts)
        if not (known or answered) or (known and known.edited > evidence.edited):
            return False
        thread.evidence[place.ts] = evidence
        reply = await _judge(thread, place, services, had_reply=answered)
    await bring(thread, reply, services)
    return True


async def forget(place: Place, services: Services, *, was_evidence: bool) -> None:
    """Take back what a deleted message gave; what was quoted from it goes with it."""
    last = Evidence(edited=LAST)  # whatever comes of this message now is out of date
    await retract(place, last, services, was_evidence=was_evidence)


async def refresh(channel: str, thread_ts: str, services: Services) -> None:
    """Bring the reply up to date after something about its thread has changed."""
    async with services.threads.holding(channel, thread_ts) as thread:
        thread.version = time.monotonic_ns()
        reply = reply_of(thread, services, had_reply=False)
    await bring(thread, reply, services)


async def look(channel: str, thread_ts: str, services: Services) -> None:
    """Ask the server's agent about a thread's leading finding, and say in the reply what it saw."""
    thread = services.threads.find(channel, thread_ts)
    if thread is None or thread.report is None or not services.agents.statuses():
        return
    lines = await who_holds(leading(thread), services)
    async with services.threads.holding(channel, thread_ts) as held:
        held.looked = lines
    await refresh(channel, thread_ts, services)


async def recall(thread: Thread, services: Services, before: str) -> bool:
    """Read from Slack, once, what a thread said before this process knew it.

    Tell whether our own reply was found in it.
    """
    if thread.recalled:
        return False

    async def read(_: bool) -> list[Json]:
        return await services.delivery.thread(thread.channel, thread.ts)

    try:
        messages = await insist(read)
    except SlackRefused as error:  # there is no right to read it: nothing more can be known
        log.warning("A thread could not be read: %s", error)
        thread.barred = error.code
        messages = []
    thread.recalled = True
    answered, identity = False, services.identity()
    for message in messages:
        key = key_of(message)
        if key == key_of_thread(thread):
            services.delivery.adopt(key, str(message["ts"]))
            answered = True
        elif key is None and str(message.get("ts")) < before and not is_own(message, identity):
            found, ts = evidence_of(message, services), str(message["ts"])
            if found or ts in thread.evidence:
                thread.take(ts, found)
    return answered


def _judged(thread: Thread) -> set[str]:
    """Return what failed, as far as the verdict of a thread knows."""
    findings = thread.report.findings if thread.report else ()
    return {f"{one.package}:{path}" for one in findings for path in (one.files or (one.rule,))}


async def _judge(
    thread: Thread, place: Place, services: Services, *, had_reply: bool = False
) -> Reply | None:
    """Judge all that a thread holds; None where there is nothing to say and nothing was said."""
    had_reply = had_reply or thread.report is not None
    sources = await sources_of(thread.texts, thread.files, place.asker, services, thread.told)
    report = await services.analyse(sources) if sources else Report()
    thread.version = time.monotonic_ns()
    thread.unread = tuple(one for one in report.inputs if one.error is not None)
    thread.report = report if report.findings else None
    return reply_of(thread, services, had_reply=had_reply)


def _outcome(thread: Thread, reply: Reply | None) -> Outcome:
    if thread.report is not None:
        return Outcome.ANSWERED
    return Outcome.NOTHING if reply is None else Outcome.WITHDRAWN
