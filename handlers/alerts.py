"""What agents report by themselves: the failure gets its thread, and the holder stands in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.agents import Looked
from bot.agents.saying import of_looks
from bot.answer import Answer
from bot.errors import TryLater
from bot.incidents import PUBLIC, Evidence, Home, Thread, subject_of
from bot.incidents.performing import POSTPONED
from bot.model import Finding
from bot.services import Services, said
from bot.slack import SlackError
from bot.wire import WhoHolds
from bot.wire.frames import said_by_agent
from bot.wire.talk import CapturePush, RecordPush, ReleasedPush
from handlers import answers
from handlers.elements import plain, section
from handlers.looks import await_release, saw
from handlers.slack_text import escape, line
from handlers.standing import bring, reply_of
from handlers.verdicts import headline

log = logging.getLogger(__name__)

Json = dict[str, Any]

ALERT, ENROLLED = "alert", "enrolled"
SHOWN = 150  # characters of a headline


class NotYet(TryLater):
    """The record that a capture belongs to has no thread yet."""


async def on_push(payload: Json, services: Services) -> None:
    """Bring what an agent has seen into the thread of its incident."""
    server = str(payload["agent"]["name"])
    push = said_by_agent(json.dumps(payload["push"]))
    try:
        if isinstance(push, RecordPush):
            await _record(server, push, services)
        elif isinstance(push, CapturePush):
            await _seen(server, push.holds, _captured(push), services)
        elif isinstance(push, ReleasedPush):
            await _seen(server, push.holds, _released(push), services)
    except NotYet:
        if not payload.get(POSTPONED):
            raise
        log.info("What an agent has seen belongs to no thread")


async def _record(server: str, push: RecordPush, services: Services) -> None:
    """Join the incident that an entry is about, or open the alert thread for it."""
    text = push.entry.text
    report = await services.analyse([said(push.entry.source, text)])
    if not report.findings:
        return
    finding = _of(server, report.findings)[0]
    at = push.seen_at.timestamp()
    home = await _home(finding, at, services)
    place = home.place if home else await _opened(server, finding, push.id, services)
    if place is None:
        log.warning("An agent reports a failure, and there is no channel to say so in")
        return
    channel, thread_ts = place
    message = answers.Place(channel=channel, thread_ts=thread_ts, ts=_stamp(at, push.id))
    await answers.answer(message, Evidence(text=text, server=server), services, ask=False)


def _of(server: str, findings: Sequence[Finding]) -> list[Finding]:
    """Give findings the server that reported them, where their lines name none."""
    return [one if one.server else replace(one, server=server) for one in findings]


async def _home(finding: Finding, at: float, services: Services) -> Home | None:
    """Return the incident that is there already; what is public comes before our own channel."""
    subject = subject_of(finding)
    for scope in _scopes(services) if subject.is_shared else ():
        if (home := await services.incidents.twin(subject, at, scope)) is not None:
            return home
    return None


def _scopes(services: Services) -> list[str]:
    return [PUBLIC, *([services.alert_channel] if services.alert_channel else [])]


async def _opened(
    server: str, finding: Finding, push: str, services: Services
) -> tuple[str, str] | None:
    """Post the alert that is the root of a thread; None where no channel is set for it."""
    channel = services.alert_channel
    if channel is None:
        return None
    words = f"{escape(server)}: {line(headline(finding, services.knowledge), SHOWN)}"
    ts = await services.delivery.answer(
        Answer(
            channel=channel,
            thread_ts=None,
            key=f"{ALERT}:{server}:{push}",
            rule=ALERT,
            text=words,
            blocks=[section(words).to_dict()],
        )
    )
    await _learn(channel, services)
    return (channel, ts) if ts else None


async def _learn(channel: str, services: Services) -> None:
    """Find out who may read the channel of the alerts, which Slack tells of messages alone."""
    try:
        kind = "channel" if await services.delivery.is_public(channel) else "group"
    except SlackError as error:  # then it counts as private
        log.warning("Nobody knows who may read the alert channel: %s", error)
    else:
        await services.threads.heard(channel, kind)


def _stamp(at: float, push: str) -> str:
    """Return a timestamp as Slack has them, for what was said by no message."""
    return f"{int(at)}.{int(sha256(push.encode()).hexdigest(), 16) % 1_000_000:06d}"


def _captured(push: CapturePush) -> Looked:
    return Looked(lines=of_looks(push.holds, push.at, push.now), state=push.now)


def _released(push: ReleasedPush) -> Looked:
    when = f"{push.at:%Y-%m-%d %H:%M:%S} UTC"
    if push.holds.state == "free":
        words = f"Released after {push.after:.0f} s, at {when}: try again now."
    else:
        words = f"The watch ended at {when} without the file being released."
    return Looked(lines=(words,), state=push.holds.state)


async def _seen(server: str, holds: WhoHolds, looked: Looked, services: Services) -> None:
    """Say in the thread of the file's incident who holds it."""
    found = await services.incidents.about_file(server, holds.path, _scopes(services))
    if found is None:
        raise NotYet("The record of this capture has no thread yet.")
    channel, ts = found.place
    async with services.threads.holding(channel, ts) as thread:
        if thread.report is None:
            return
        is_news = _note(thread, looked)
        thread.version += 1
        reply = await reply_of(thread, services, had_reply=True)
    if thread.held is not None and not thread.resolved_by:
        await services.incidents.mark(channel, ts, "held" if thread.held else "free")
    await bring(thread, reply, services)
    if is_news:
        await await_release(server, holds.path, services)


def _note(thread: Thread, looked: Looked) -> bool:
    before = thread.looked
    is_news = saw(thread, looked)
    if looked.state == "free" and len(looked.lines) == 1:  # who held it is still worth knowing
        thread.looked = (*looked.lines, *(one for one in before if one not in looked.lines))
    return is_news


async def on_enrolled(payload: Json, services: Services) -> None:
    """Announce a server that has enrolled, with a button that takes it back."""
    channel = services.alert_channel
    if channel is None:
        return
    name, host = escape(str(payload["name"])), escape(str(payload["host"]))
    words = (
        f"{name} has enrolled an agent from the host {host}. Its key has the fingerprint "
        f"{payload['fingerprint']}: compare it with what `despool agent status` shows there."
    )
    button = ButtonElement(
        text=plain("Revoke"),
        action_id="revoke",
        value=str(payload["name"])[:200],
        style="danger",
        accessibility_label=f"Revoke the agent of {payload['name']}"[:75],
    )
    blocks = [section(words), ActionsBlock(elements=[button])]
    await services.delivery.answer(
        Answer(
            channel=channel,
            thread_ts=None,
            key=f"{ENROLLED}:{payload['name']}:{payload['fingerprint']}",
            rule=ENROLLED,
            text=words,
            blocks=[block.to_dict() for block in blocks],
        )
    )
