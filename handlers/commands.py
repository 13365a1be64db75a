"""`/despool` and `@despool`: the words are parsed, the question is put, the answer is shown."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.agents import AgentError
from bot.answer import Answer
from bot.asides import Asker
from bot.errors import TryLater
from bot.incidents import Job
from bot.incidents.board import DAY, on_server, since
from bot.services import Services
from handlers import answers, modals, panels
from handlers.blocks import Reply
from handlers.looks import LOOK_BACK, refusal
from handlers.panels import Places
from handlers.private import RULE, shareable, show
from handlers.servers import manage
from handlers.words import Order, Verb, parse

Json = dict[str, Any]

COMMAND = "/despool"
# what takes its time; everything else is answered in the acknowledgement, and leaves no work
SLOW = frozenset({Verb.CHECK, Verb.DOCTOR, Verb.INVITE, Verb.REVOKE})
IN_TIME = 2.0  # seconds; after three Slack tells the person that nobody answers
BUSY = (
    "My database does not answer just now, so I cannot say. Nothing was changed anywhere: ask "
    "again in a minute."
)
HEAD_START = 0.5  # seconds; what the acknowledgement says is to stand above the answer


def register(app: AsyncApp) -> None:
    """Listen to the one command."""
    app.command(COMMAND)(on_command)


def work_in(body: Json) -> Job | None:
    """Return the work that a command brings, unless it is answered at once."""
    order = parse(str(body.get("text") or ""))
    if body["command"] != COMMAND or order.verb not in SLOW:
        return None
    return Job(kind="command", payload={"command": body}, key=_key(body))


async def on_command(ack: AsyncAck, command: Json, services: Services) -> None:
    """Acknowledge with the answer, or with what is being done; `explain` opens the form."""
    order = parse(str(command.get("text") or ""))
    asker = asker_of(command)
    if order.verb is Verb.EXPLAIN:
        await ack()
        await modals.open_paste(command.get("trigger_id"), asker, services)
    elif order.verb in SLOW:
        await ack(text=progress(order), response_type="ephemeral")
    else:
        await ack(**await _at_once(order, asker, command, services), response_type="ephemeral")


async def _at_once(order: Order, asker: Asker, command: Json, services: Services) -> Json:
    """Return what the acknowledgement says; a database that is slow keeps nobody waiting."""
    try:
        async with asyncio.timeout(IN_TIME):
            reply = await perform(order, asker, services)
            blocks = reply.blocks
            if order.verb is not Verb.HELP:
                blocks = await shareable(reply, asker, services, key=_key(command))
    except (TimeoutError, TryLater):
        return {"text": BUSY}
    return {"text": reply.text, "blocks": blocks}


async def on_command_work(payload: Json, services: Services) -> None:
    """Answer a command that takes its time, for the person who gave it alone."""
    command = payload["command"]
    asker = asker_of(command)
    order = parse(str(command.get("text") or ""))
    reply = await perform(order, asker, services, team=command.get("team_id"))
    await asyncio.sleep(HEAD_START)
    if order.verb is Verb.INVITE:  # a code is for one pair of eyes
        await services.asides.tell(asker, reply.text, reply.blocks)
    else:
        await show(reply, asker, services, key=_key(command))


async def obey(
    words: str, place: answers.Place, services: Services, *, team: str | None = None
) -> None:
    """Do what somebody said to the bot in a thread or a DM, and answer there."""
    order = parse(words)
    if order.verb is Verb.INVITE:
        reply = await perform(order, place.asker, services, team=team)
        await services.asides.tell(place.asker, reply.text, reply.blocks)
    elif order.verb is Verb.EXPLAIN:
        outcome = await answers.explain(place, services)
        if outcome is answers.Outcome.BARRED:
            await say(panels.cannot_look(), place, services)
        elif outcome is answers.Outcome.NOTHING:
            await say(panels.nothing_found(), place, services)
    elif order.verb is Verb.HELP and order.trouble and not _is_meant(words):
        await say(panels.what_to_paste(), place, services)
    else:
        await say(await perform(order, place.asker, services, team=team), place, services)


async def say(reply: Reply, place: answers.Place, services: Services) -> None:
    """Answer in the thread, once for each message."""
    await services.delivery.answer(
        Answer(
            channel=place.channel,
            thread_ts=place.thread_ts,
            key=f"{place.channel}:{place.ts}:{RULE}",
            rule=RULE,
            text=reply.text,
            blocks=reply.blocks,
        )
    )


async def perform(
    order: Order, asker: Asker, services: Services, *, team: str | None = None
) -> Reply:
    """Do what an order says, and return the answer; the channel decides what may be shown."""
    known = await services.incidents.seen_from(asker.channel)
    identity = services.known()
    places = Places(identity.url if identity else None, services.knowledge)
    match order.verb:
        case Verb.CHECK:
            assert order.server is not None  # noqa: S101 - else it is an order for help
            found = on_server(since(known, time.time() - DAY), order.server)
            lines = await _ask(order, asker, team, services)
            return panels.check_panel(order.server, order.path, found, lines, places)
        case Verb.HISTORY:
            return panels.history_panel(order.server, on_server(known, order.server), places)
        case Verb.STATUS:
            trouble = await services.trouble()
            return panels.status_panel(known, trouble, len(services.agents.statuses()))
        case Verb.AGENTS:
            return panels.agents_panel(services.agents.statuses())
        case Verb.INVITE | Verb.REVOKE:
            words = await manage(order.verb, str(order.server), asker, services)
            return panels.panel(f"Agent of {order.server}", words)
        case Verb.DOCTOR:
            return panels.doctor_panel(await services.examine())
        case _:
            return panels.help_panel(order.trouble)


async def _ask(order: Order, asker: Asker, team: str | None, services: Services) -> tuple[str, ...]:
    server, path = str(order.server), order.path
    if services.agents.statuses() and (why := await refusal(asker, team, services)):
        return (why,)
    try:
        if path is not None:
            return (await services.agents.who_holds(server, path, asker.user)).lines
        return await services.agents.check(server, None, LOOK_BACK, asker.user)
    except AgentError as error:
        return (str(error),)


def progress(order: Order) -> str:
    """Return what is shown until the answer is there."""
    if order.verb is Verb.DOCTOR:
        return "Examining my set-up …"
    return f"{'Looking at' if order.verb is Verb.CHECK else 'The agent of'} {order.server} …"


def asker_of(body: Json) -> Asker:
    """Return who gave a command, and where."""
    return Asker(
        user=str(body.get("user_id") or ""),
        channel=str(body["channel_id"]) if body.get("channel_id") else None,
        response_url=str(body["response_url"]) if body.get("response_url") else None,
    )


def _key(command: Json) -> str:
    return str(command.get("trigger_id") or command.get("response_url") or secrets.token_hex(8))


def _is_meant(words: str) -> bool:
    """Tell a mistyped command from talk: one or two words are meant as a command."""
    return 0 < len(words.split()) <= 2
