"""A log pasted in a channel, thread or DM is answered in its thread."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot.delivery import Answer
from bot.services import Identity, Services
from handlers.blocks import render
from handlers.contents import gather

log = logging.getLogger(__name__)

Json = dict[str, Any]

INPUT_NAME = "message"
SPOKEN = frozenset({None, "bot_message", "file_share", "me_message", "thread_broadcast"})


class Silence(Enum):
    """Why a message gets no reply."""

    NOT_A_MESSAGE = "it is a change of the channel, not something said"
    NOT_A_LOG = "nothing in it looks like a log or an alert"
    OWN_POST = "the bot said it"
    UNCHANGED_EDIT = "the edit changed no words"
    NOTHING_FOUND = "the log shows no failure Despool knows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said, and where the reply to it goes."""

    channel: str
    ts: str
    thread_ts: str  # of the thread's root
    user: str | None
    text: str


async def on_message(payload: Json, services: Services) -> None:
    """Answer a pasted log; stay silent on ordinary talk."""
    said = read(payload["event"], services)
    if isinstance(said, Silence):
        return _stay_silent(said, payload["event"])
    report = await services.analyse(INPUT_NAME, said.text)
    if not report.findings:
        return _stay_silent(Silence.NOTHING_FOUND, payload["event"])
    reply = render(report, services.knowledge)
    await services.delivery.answer(
        Answer(
            channel=said.channel,
            thread_ts=said.thread_ts,
            key=f"{said.channel}:{said.ts}",
            rule=report.findings[0].rule,
            text=reply.text,
            blocks=reply.blocks,
            # an earlier process may have answered and then lost its acknowledgement
            look_first=bool(payload.get("repeated")),
        )
    )
    return None


def read(event: Json, services: Services) -> Said | Silence:
    """Turn a message event into what was said, or into the reason to ignore it."""
    message = spoken(event)
    if message is None or not (event.get("channel") and message.get("ts")):
        return Silence.NOT_A_MESSAGE
    if is_own(message, services.identity()):
        return Silence.OWN_POST
    text = gather(message, services.recognises)
    if not services.recognises(text):
        return Silence.NOT_A_LOG
    previous = event.get("previous_message")
    if isinstance(previous, dict) and gather(previous, services.recognises) == text:
        return Silence.UNCHANGED_EDIT
    return Said(
        channel=str(event["channel"]),
        ts=str(message["ts"]),
        thread_ts=str(message.get("thread_ts") or message["ts"]),
        user=message.get("user"),
        text=text,
    )


def spoken(event: Json) -> Json | None:
    """Return the message an event is about, or None where nobody said anything."""
    if event.get("type") != "message":
        return None
    message = event.get("message") if event.get("subtype") == "message_changed" else event
    if not isinstance(message, dict) or message.get("subtype") not in SPOKEN:
        return None
    return message


def is_own(message: Json, identity: Identity) -> bool:
    """Tell whether the bot itself said it: an edit carries our id inside the message only."""
    ids = {identity.bot_id, identity.user_id} - {None}
    return message.get("bot_id") in ids or message.get("user") in ids


def _stay_silent(reason: Silence, event: Json) -> None:
    fields = {"reason": reason.name, "channel": event.get("channel"), "ts": event.get("ts")}
    log.info("Stayed silent", extra=fields)
