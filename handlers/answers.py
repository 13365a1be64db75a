"""The one reply of a thread: from the evidence its messages hold to what stands in Slack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bot import metrics
from bot.asides import Asker
from bot.incidents import Evidence, Thread, seconds
from bot.model import Input, Report
from bot.services import Services
from handlers.blocks import Reply
from handlers.elements import permalink
from handlers.evidence import sources_of
from handlers.joining import join, record
from handlers.looks import await_release, saw, who_holds
from handlers.recalling import recall
from handlers.standing import bring, leading, reply_of

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


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the reply of a thread is to say, and which other threads' replies change with it."""

    reply: Reply | None
    others: frozenset[tuple[str, str]]


async def answer(
    place: Place, evidence: Evidence, services: Services, *, ask: bool = True
) -> Outcome:
    """Join a message to its thread, judge the thread anew, and bring the reply up to date.

    `ask` tells whether the server's agent may be asked for whoever said it.
    """
    born = await services.threads.born()
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        # an earlier bot may have answered what was said before this one kept anything
        is_old = not thread.revision and seconds(place.ts) < born
        if place.thread_ts != place.ts:
            await recall(thread, services, before=place.ts)
        elif not is_old:
            thread.recalled = True  # nothing can have been said in it unheard
        if not thread.take(place.ts, replace(evidence, permalink=_permalink(place, services))):
            return Outcome.LATE
        judged = await _judge(thread, place.asker, services)
        if judged.reply and is_old:
            await recall(thread, services, before=place.ts)
        outcome = _outcome(thread, judged.reply)
    await bring(thread, judged.reply, services)
    await rejudge(judged.others, services, reopen=True)
    if outcome is Outcome.ANSWERED and ask:
        await look(place.channel, place.thread_ts, services)
    return outcome


async def rejudge(
    places: Iterable[tuple[str, str]], services: Services, *, reopen: bool = False
) -> None:
    """Bring the replies of other threads up to date whose incidents have changed.

    `reopen` tells that the same has just failed again: what was marked resolved is not.
    """
    waiting, done = set(places), set()
    while waiting:
        channel, ts = place = waiting.pop()
        done.add(place)
        async with services.threads.holding(channel, ts) as thread:
            had_reply = thread.answers
            if not (had_reply or any(thread.evidence.values())):
                continue
            if reopen:
                thread.resolved_by = None
            judged = await _judge(thread, Asker(user=""), services, had_reply=had_reply)
        await bring(thread, judged.reply, services)
        waiting |= judged.others - done


async def unread(place: Place, services: Services) -> tuple[Input, ...]:
    """Return what a thread holds and could not be read."""
    thread = await services.threads.find(place.channel, place.thread_ts)
    return thread.unread if thread else ()


async def explain(place: Place, services: Services) -> Outcome:
    """Read a whole thread because somebody asked for it, and bring its reply up to date."""
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        thread.barred = None
        thread.recalled = False  # whoever asks may have seen more than this process was told
        await recall(thread, services, before=place.ts)
        judged = await _judge(thread, place.asker, services)
        outcome = _outcome(thread, judged.reply)
        if outcome is Outcome.NOTHING and thread.barred:
            outcome = Outcome.BARRED
    await bring(thread, judged.reply, services)
    await rejudge(judged.others, services)
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
        judged = await _judge(thread, place.asker, services, had_reply=answered)
    await bring(thread, judged.reply, services)
    await rejudge(judged.others, services)
    return True


async def forget(place: Place, services: Services, *, was_evidence: bool) -> None:
    """Take back what a deleted message gave; what was quoted from it goes with it."""
    last = Evidence(edited=LAST)  # whatever comes of this message now is out of date
    await retract(place, last, services, was_evidence=was_evidence)


async def refresh(channel: str, thread_ts: str, services: Services) -> None:
    """Bring the reply up to date after something about its thread has changed."""
    async with services.threads.holding(channel, thread_ts) as thread:
        thread.version += 1
        reply = await reply_of(thread, services, had_reply=False)
    await bring(thread, reply, services)


async def look(channel: str, thread_ts: str, services: Services) -> None:
    """Ask the server's agent about a thread's leading finding, and say in the reply what it saw."""
    thread = await services.threads.find(channel, thread_ts)
    if thread is None or thread.report is None or not services.agents.statuses():
        return
    finding = leading(thread)
    looked = await who_holds(finding, services)
    async with services.threads.holding(channel, thread_ts) as held:
        is_news = saw(held, looked)
    if held.held is not None and not held.resolved_by:
        await services.incidents.mark(channel, thread_ts, "held" if held.held else "free")
    await refresh(channel, thread_ts, services)
    if is_news and finding.server and finding.files:
        await await_release(finding.server, finding.files[0], services)


def _permalink(place: Place, services: Services) -> str | None:
    return permalink(services.identity().url, place.channel, place.ts)


def _failures(thread: Thread) -> set[str]:
    """Return what failed, as far as the verdict of a thread knows."""
    findings = thread.report.findings if thread.report else ()
    return {f"{one.package}:{path}" for one in findings for path in (one.files or (one.rule,))}


async def _judge(
    thread: Thread, asker: Asker, services: Services, *, had_reply: bool = False
) -> _Judged:
    """Judge all that a thread holds, with what other threads know of its incidents."""
    had_reply, before = had_reply or thread.answers, _failures(thread)
    sources = await sources_of(
        thread.texts, thread.files, asker, services, thread.told, reporters=thread.reporters
    )
    own = _reported(thread, await services.analyse(sources) if sources else Report())
    joined = await join(thread, own, sources, services)
    thread.version += 1
    thread.unread = tuple(one for one in own.inputs if one.error is not None)
    thread.report, thread.links = joined.report, joined.links
    if not _failures(thread) <= before:
        thread.resolved_by = None  # what fails anew is not resolved
    await record(thread, joined, services)
    for finding in joined.report.findings[:1] if joined.report else ():
        metrics.VERDICTS.labels(finding.kind, finding.certainty).inc()
    reply = await reply_of(thread, services, had_reply=had_reply)
    return _Judged(reply, joined.others)


def _reported(thread: Thread, report: Report) -> Report:
    """Give findings the server whose agent reported them, where their lines name none."""
    servers = {one.server for one in thread.evidence.values() if one.server}
    if len(servers) != 1:
        return report
    (server,) = servers
    findings = (one if one.server else replace(one, server=server) for one in report.findings)
    return replace(report, findings=tuple(findings))


def _outcome(thread: Thread, reply: Reply | None) -> Outcome:
    if thread.answers:
        return Outcome.ANSWERED
    return Outcome.NOTHING if reply is None else Outcome.WITHDRAWN
