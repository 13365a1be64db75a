"""The one reply of a thread: from the evidence its messages hold to what stands in Slack."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from bot.agents import AgentUnknown
from bot.asides import Asker
from bot.delivery import Answer, key_of
from bot.incidents import Evidence, Thread
from bot.incidents.board import DAY, OFTEN, WINDOW
from bot.model import Finding, Input, Report
from bot.services import Services
from bot.slack import SlackError
from handlers.blocks import Reply, Status, render, withdrawn
from handlers.evidence import evidence_of, sources_of
from handlers.report_file import report_file

log = logging.getLogger(__name__)

Json = dict[str, Any]

WITHDRAWN_RULE = "withdrawn"
LAST = "9" * 10  # later than any timestamp
UNREAD_SHOWN = 3
LOOK_BACK = timedelta(hours=24)


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
    LATE = "the message was edited or deleted since"
    WITHDRAWN = "nothing is left to stand on, and the reply says so"


async def answer(
    place: Place, evidence: Evidence, services: Services, *, look_first: bool = False
) -> Outcome:
    """Join a message to its thread, judge the thread anew, and bring the reply up to date."""
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        if (look_first or place.thread_ts != place.ts) and not thread.recalled:
            await recall(thread, services, before=place.ts)
        thread.recalled = True
        if not thread.take(place.ts, evidence):
            return Outcome.LATE
        reply = await _judge(thread, place, services)
        outcome = _outcome(thread, reply)
    await _bring(thread, reply, services)
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
        await recall(thread, services, before=place.ts)
        thread.recalled = True
        reply = await _judge(thread, place, services)
        outcome = _outcome(thread, reply)
    await _bring(thread, reply, services)
    return outcome


async def retract(place: Place, evidence: Evidence, services: Services) -> bool:
    """Take back what a message gave before it was edited; False where it gave nothing."""
    async with services.threads.holding(place.channel, place.thread_ts) as thread:
        known = thread.evidence.get(place.ts)
        if not known or known.edited > evidence.edited:
            return False
        thread.evidence[place.ts] = evidence
        reply = await _judge(thread, place, services)
    await _bring(thread, reply, services)
    return True


async def forget(channel: str, ts: str, thread_ts: str, services: Services) -> None:
    """Take back what a deleted message gave; what was quoted from it goes with it."""
    last = Evidence(edited=LAST)  # whatever comes of this message now is out of date
    await retract(Place(channel=channel, thread_ts=thread_ts, ts=ts), last, services)


async def refresh(channel: str, thread_ts: str, services: Services) -> None:
    """Bring the reply up to date after something about its thread has changed."""
    async with services.threads.holding(channel, thread_ts) as thread:
        thread.version = time.monotonic_ns()
        reply = _reply(thread, services, had_reply=False)
    await _bring(thread, reply, services)


async def look(channel: str, thread_ts: str, services: Services) -> None:
    """Ask the server's agent about a thread's leading finding, and say in the reply what it saw."""
    thread = services.threads.find(channel, thread_ts)
    if thread is None or thread.report is None or not services.agents.statuses():
        return
    lines = await who_holds(_leading(thread), services)
    thread.looked = lines
    await refresh(channel, thread_ts, services)


async def who_holds(finding: Finding, services: Services) -> tuple[str, ...]:
    """Ask the agent of a finding's server who holds its first file; its answer in lines."""
    if not finding.server:
        return ("The log does not name the server, so no agent could be asked.",)
    try:
        if finding.files:
            return await services.agents.who_holds(finding.server, finding.files[0])
        return await services.agents.check(finding.server, None, LOOK_BACK)
    except AgentUnknown as error:
        return (str(error),)


async def recall(thread: Thread, services: Services, before: str) -> None:
    """Read from Slack what a thread said before this process knew it, and find our own reply."""
    try:
        messages = await services.delivery.thread(thread.channel, thread.ts)
    except SlackError as error:
        log.warning("A thread could not be read: %s", error)
        return
    for message in messages:
        key = key_of(message)
        if key == _key(thread):
            services.delivery.adopt(key, str(message["ts"]))
        elif key is None and str(message.get("ts")) < before and not _is_ours(message, services):
            thread.take(str(message["ts"]), evidence_of(message, services))


def _is_ours(message: Json, services: Services) -> bool:
    identity = services.identity()
    return message.get("user") == identity.user_id or message.get("bot_id") == identity.bot_id


async def _judge(thread: Thread, place: Place, services: Services) -> Reply | None:
    """Judge all that a thread holds; None where there is nothing to say and nothing was said."""
    had_reply = thread.report is not None
    sources = await sources_of(thread.texts, thread.files, place.asker, services, thread.told)
    report = await services.analyse(sources) if sources else Report()
    thread.version = time.monotonic_ns()
    thread.unread = tuple(one for one in report.inputs if one.error is not None)
    thread.report = report if report.findings else None
    return _reply(thread, services, had_reply=had_reply)


def _reply(thread: Thread, services: Services, *, had_reply: bool) -> Reply | None:
    if thread.report is None:
        return withdrawn() if had_reply else None
    status = None
    if thread.resolved_by:
        status = Status(resolved_by=thread.resolved_by, at=thread.resolved_at)
    notes = [*_unread(thread), *_repeats(thread, services), *_looked(thread, services)]
    return render(thread.report, services.knowledge, status=status, notes=notes)


def _unread(thread: Thread) -> list[str]:
    shown = thread.unread[:UNREAD_SHOWN]
    return [f"{one.name} could not be read: {one.error}" for one in shown]


def _repeats(thread: Thread, services: Services) -> list[str]:
    finding = _leading(thread)
    if not (finding.package and finding.files):
        return []
    first = time.time() - WINDOW * DAY
    seen = services.threads.locked(finding.package, thread.channel)
    count = len({ts for ts in seen if float(ts) >= first} | {thread.ts})
    if count < OFTEN:
        return []
    return [f"{count} locks on {finding.package} were reported in {WINDOW} days: see prevention."]


def _looked(thread: Thread, services: Services) -> tuple[str, ...]:
    finding = _leading(thread)
    if thread.looked or finding.kind != "event-only" or not finding.server:
        return thread.looked
    return (f"No agent reports from {finding.server}, so Despool could not look there itself.",)


def _leading(thread: Thread) -> Finding:
    assert thread.report is not None  # noqa: S101 - callers have looked
    return thread.report.findings[0]


def _outcome(thread: Thread, reply: Reply | None) -> Outcome:
    if thread.report is not None:
        return Outcome.ANSWERED
    return Outcome.NOTHING if reply is None else Outcome.WITHDRAWN


async def _bring(thread: Thread, reply: Reply | None, services: Services) -> None:
    if reply is None:
        return
    version, report = thread.version, thread.report
    await services.delivery.answer(
        Answer(
            channel=thread.channel,
            thread_ts=thread.ts,
            key=_key(thread),
            rule=report.findings[0].rule if report else WITHDRAWN_RULE,
            text=reply.text,
            blocks=reply.blocks,
            version=version,
        )
    )
    async with services.threads.holding(thread.channel, thread.ts):
        if thread.version == version:
            await _attach(thread, report if reply.cut else None, services)


async def _attach(thread: Thread, report: Report | None, services: Services) -> None:
    """Put the whole report beside a reply that cannot hold it; remove the one it replaces."""
    old = thread.attached
    name, data = report_file(report, services.knowledge) if report else ("", b"")
    if old is not None and old[1] == data:
        return
    thread.attached = None
    if data:
        file_id = await services.uploads.attach(thread.channel, thread.ts, name, data)
        thread.attached = (file_id, data)
    if old is not None:
        await services.uploads.remove(old[0])


def _key(thread: Thread) -> str:
    return f"{thread.channel}:{thread.ts}"
