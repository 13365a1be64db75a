"""Buttons and menus below a reply: each does one thing, and acts once."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.answer import Answer
from bot.asides import Asker
from bot.incidents import Job, State, Thread
from bot.samples import SEED
from bot.services import Services, said
from bot.slack import SlackError, SlackRefused
from handlers import answers, modals
from handlers.blocks import render
from handlers.buttons import holder_step
from handlers.details import details_text, details_view
from handlers.looks import refusal
from handlers.looks import who_holds as who_holds_it
from handlers.servers import manage
from handlers.slack_text import clip, escape
from handlers.strangers import STRANGER, is_stranger
from handlers.words import Verb

log = logging.getLogger(__name__)

Json = dict[str, Any]

DETAILS, OPEN_PASTE = "details", "open_paste"
WORK = frozenset({"who_holds", "more", "share", "try_sample", "revoke"})
GONE = (
    "I no longer hold what this reply was made from: I was restarted since, or it is long ago. "
    "Write `@despool explain` in the thread, and I read it again."
)

UNSURE = (
    "Slack did not say whether it took the message, so I did not post it a second time. "
    "If it is not in the channel, ask again and share that."
)


def register(app: AsyncApp) -> None:
    """Listen to every button, those of older versions of a reply as well."""
    app.action(DETAILS)(on_details)
    app.action(OPEN_PASTE)(on_open_paste)
    app.action(re.compile(".*"))(on_click)


def work_in(body: Json) -> Job | None:
    """Return the work that a click brings; a modal opens at once and leaves none."""
    if body.get("type") != "block_actions":
        return None
    action = _action(body)
    if action.get("action_id") not in WORK:
        return None
    return Job(kind="action", payload={"action": body}, key=_click(body))


async def on_click(ack: AsyncAck) -> None:
    """Acknowledge; the work is in the jobs already."""
    await ack()


async def on_details(ack: AsyncAck, body: Json, services: Services) -> None:
    """Show the evidence in a modal, or where that is too late in a private message."""
    await ack()
    if is_stranger(_team(body), services):
        await services.asides.tell(asker_of(body), STRANGER)
        return
    thread = await _thread(body, services)
    if thread is None or thread.report is None:
        await services.asides.tell(asker_of(body), GONE)
        return
    try:
        view = details_view(thread.report, services.knowledge)
        await services.asides.open(str(body.get("trigger_id")), view)
    except SlackError as error:
        log.warning("The details could not be opened: %s", error)
        text = details_text(thread.report, services.knowledge)
        await services.asides.tell(asker_of(body), text)


async def on_open_paste(ack: AsyncAck, body: Json, services: Services) -> None:
    """Open the form to paste a log into."""
    await ack()
    await modals.open_paste(body.get("trigger_id"), asker_of(body), services)


async def on_action_work(payload: Json, services: Services) -> None:
    """Do what a click asks for."""
    body = payload["action"]
    action = _action(body)
    name = str(action.get("action_id"))
    if name == "more":
        name = str((action.get("selected_option") or {}).get("value"))
    where = asker_of(body)
    click = f"{where.user}:{where.channel}:{(body.get('container') or {}).get('message_ts')}:{name}"
    if await services.clicks.is_double(click, _click(body), time.time()):
        return
    if is_stranger(_team(body), services):
        await services.asides.tell(asker_of(body), STRANGER)
    elif name in _DEEDS:
        await _DEEDS[name](body, services)


async def who_holds(body: Json, services: Services) -> None:
    """Ask the server's agent who holds the file, and tell the person who wants to know."""
    thread = await _thread(body, services)
    if thread is None or thread.report is None:
        return await _tell(body, GONE, services)
    finding = thread.report.findings[0]
    user = asker_of(body).user
    if services.agents.statuses() and (why := await refusal(asker_of(body), _team(body), services)):
        return await _tell(body, why, services)
    looked = await who_holds_it(finding, services, user=user)
    lines = [escape(one) for one in looked.lines]
    by_hand = holder_step(finding)
    if by_hand and not services.agents.statuses():
        lines.append(f"*By hand*\n{clip(by_hand.text, 1500)}")
    return await _tell(body, "\n\n".join(lines), services)


async def resolve(body: Json, services: Services) -> None:
    """Mark the incident as resolved, in the name of the person who clicked."""
    await _mark(body, services, resolved_by=_name(body))


async def reopen(body: Json, services: Services) -> None:
    """Take the mark away."""
    await _mark(body, services, resolved_by=None)


async def wrong(body: Json, services: Services) -> None:
    """Keep a redacted sample for the operator, once for each verdict."""
    thread = await _thread(body, services)
    if thread is None or thread.report is None:
        return await _tell(body, GONE, services)
    async with services.threads.holding(thread.channel, thread.ts) as held:
        if held.judged_wrong is None and held.report is not None:
            quotes = [quote.text for one in held.report.findings for quote in one.evidence]
            held.judged_wrong = await asyncio.to_thread(
                services.feedback.keep, held.report, held.texts or quotes
            )
        reference = held.judged_wrong
    await services.incidents.mark(thread.channel, thread.ts, "dismissed")
    return await _tell(
        body,
        "Thank you. A sample of this log is kept for whoever runs me, without servers, people and "
        f"addresses as far as I recognise them: reference `{reference}`.",
        services,
    )


async def share(body: Json, services: Services) -> None:
    """Post what one person saw into the channel they saw it in."""
    key = str(_action(body).get("value"))
    asker = asker_of(body)
    draft = await services.drafts.find(key)
    if draft is None or asker.channel is None:
        return await _tell(
            body, "This was shared already, or is too long ago. Ask again.", services
        )
    answer = Answer(
        channel=asker.channel,
        thread_ts=draft.thread_ts,
        key=f"share:{key}",
        rule=draft.rule,
        text=draft.text,
        blocks=draft.blocks,
    )
    try:
        posted = await services.delivery.answer(answer)
    except SlackRefused as error:
        return await _tell(body, _refused(error), services)
    await services.drafts.drop(key)
    if posted is None:
        return await _tell(body, UNSURE, services)
    return await services.asides.dismiss(asker)


async def try_sample(body: Json, services: Services) -> None:
    """Show what a reply looks like, to the person who wants to know."""
    report = await services.analyse([said("sample", SEED)])
    reply = render(report, services.knowledge, actions=False)
    await services.asides.tell(asker_of(body), reply.text, reply.blocks)


async def revoke(body: Json, services: Services) -> None:
    """Take back an agent that was announced; only admins may."""
    name = str(_action(body).get("value"))
    await _tell(body, await manage(Verb.REVOKE, name, asker_of(body), services), services)


_DEEDS = {
    "revoke": revoke,
    "who_holds": who_holds,
    "resolve": resolve,
    "reopen": reopen,
    "wrong": wrong,
    "share": share,
    "try_sample": try_sample,
}


async def _mark(body: Json, services: Services, *, resolved_by: str | None) -> None:
    thread = await _thread(body, services)
    if thread is None or thread.report is None:
        return await _tell(body, GONE, services)
    async with services.threads.holding(thread.channel, thread.ts) as held:
        if bool(held.resolved_by) != bool(resolved_by):  # else somebody was faster
            held.resolved_by = resolved_by
            held.resolved_at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    state: State = "resolved" if resolved_by else "open"
    await services.incidents.mark(thread.channel, thread.ts, state)
    return await answers.refresh(thread.channel, thread.ts, services)


async def _tell(body: Json, text: str, services: Services) -> None:
    await services.asides.tell(asker_of(body), text)


def asker_of(body: Json) -> Asker:
    """Return who clicked, and where."""
    container = body.get("container") or {}
    message = body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    thread_ts = message.get("thread_ts") or container.get("thread_ts")
    return Asker(
        user=str((body.get("user") or {}).get("id") or ""),
        channel=str(channel) if channel else None,
        thread_ts=str(thread_ts) if thread_ts else None,
        response_url=body.get("response_url"),
    )


async def _thread(body: Json, services: Services) -> Thread | None:
    asker = asker_of(body)
    root = asker.thread_ts or str((body.get("message") or {}).get("ts"))
    return await services.threads.find(str(asker.channel), root)


def _click(body: Json) -> str:
    """Return what makes two deliveries one click."""
    return f"{body.get('trigger_id')}:{_action(body).get('action_ts')}"


def _action(body: Json) -> Json:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, dict) else {}


def _name(body: Json) -> str:
    user = body.get("user") or {}
    return str(user.get("name") or user.get("username") or "somebody")


def _team(body: Json) -> str | None:
    return (body.get("user") or {}).get("team_id")


def _refused(error: SlackRefused) -> str:
    if error.code in ("not_in_channel", "channel_not_found"):
        return "I am not in this channel. Write `/invite @Despool` here, then share it again."
    return f"It could not be shared. {error}"
