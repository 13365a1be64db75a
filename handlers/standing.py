"""What stands in a thread: its one reply with notes, and the file that holds what it cannot."""

from __future__ import annotations

import hashlib
import time

from bot.answer import Answer
from bot.incidents import Link, Thread
from bot.incidents.board import DAY, OFTEN, WINDOW
from bot.model import Finding, Report
from bot.services import Services
from handlers.blocks import Reply, Status, linked, render, withdrawn
from handlers.elements import permalink
from handlers.report_file import report_file
from handlers.slack_text import escape

WITHDRAWN_RULE = "withdrawn"
UNREAD_SHOWN = 3


async def reply_of(thread: Thread, services: Services, *, had_reply: bool) -> Reply | None:
    """Return what the reply of a thread is to say; None where there is nothing to say."""
    links = [_linked(link, services) for link in thread.links]
    if thread.report is None:
        if links:
            return linked(links)
        return withdrawn() if had_reply else None
    status = None
    if thread.resolved_by:
        status = Status(resolved_by=thread.resolved_by, at=thread.resolved_at)
    notes = [*_unread(thread), *await _repeats(thread, services)]
    return render(
        thread.report,
        services.knowledge,
        status=status,
        notes=notes,
        looked=_looked(thread),
        links=links,
    )


def _linked(link: Link, services: Services) -> str:
    url = permalink(services.identity().url, link.channel, link.thread_ts)
    place = f"<{url}|another thread>" if url else "another thread"
    return f"{escape(link.about)}: this incident is answered in {place}."


def _unread(thread: Thread) -> list[str]:
    shown = thread.unread[:UNREAD_SHOWN]
    return [f"{one.name} could not be read: {one.error}" for one in shown]


async def _repeats(thread: Thread, services: Services) -> list[str]:
    finding = leading(thread)
    if not (finding.package and finding.files):
        return []
    first = time.time() - WINDOW * DAY
    count = await services.incidents.locks(finding.package, thread.channel, first)
    if count < OFTEN:
        return []
    return [f"{count} locks on {finding.package} were reported in {WINDOW} days: see prevention."]


def _looked(thread: Thread) -> tuple[str, ...]:
    finding = leading(thread)
    if thread.looked or finding.kind != "event-only" or not finding.server:
        return thread.looked
    return (f"No agent reports from {finding.server}, so I could not look there myself.",)


def leading(thread: Thread) -> Finding:
    """Return the finding a thread's reply begins with; only a thread with a verdict has one."""
    assert thread.report is not None  # noqa: S101 - callers have looked
    return thread.report.findings[0]


async def bring(thread: Thread, reply: Reply | None, services: Services) -> None:
    """Post the reply of a thread or edit the one that stands, with its file where it needs one."""
    if reply is None:
        return
    version, report = thread.version, thread.report
    await services.delivery.answer(
        Answer(
            channel=thread.channel,
            thread_ts=thread.ts,
            key=key_of_thread(thread),
            rule=report.findings[0].rule if report else WITHDRAWN_RULE,
            text=reply.text,
            blocks=reply.blocks,
            version=version,
        )
    )
    async with services.threads.holding(thread.channel, thread.ts) as held:
        if held.version == version:
            await _attach(held, report if reply.cut else None, services)


async def _attach(thread: Thread, report: Report | None, services: Services) -> None:
    """Put the whole report beside a reply that cannot hold it; remove the one it replaces."""
    old = thread.attached
    name, data = report_file(report, services.knowledge) if report else ("", b"")
    digest = hashlib.sha256(data).hexdigest()
    if old is not None and old[1] == digest:
        return
    thread.attached = None
    if data:
        file_id = await services.uploads.attach(thread.channel, thread.ts, name, data)
        thread.attached = (file_id, digest)
    if old is not None:
        await services.uploads.remove(old[0])


def key_of_thread(thread: Thread) -> str:
    """Return what the reply of a thread is found by."""
    return f"{thread.channel}:{thread.ts}"
