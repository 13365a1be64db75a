"""What is said in a channel, thread or DM: a log is answered in its thread, the rest is talk."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bot import metrics
from bot.incidents import Evidence
from bot.services import Identity, Services
from handlers import answers, commands, panels
from handlers.contents import gather, uploads
from handlers.evidence import evidence_of, is_own
from handlers.looks import refusal
from handlers.strangers import STRANGER, is_stranger

log = logging.getLogger(__name__)

Json = dict[str, Any]

SPOKEN = frozenset({None, "bot_message", "file_share", "me_message", "thread_broadcast"})
LOGS = (".log", ".lo_", ".evt", ".evtx")
REMOVED = frozenset({"message_deleted"})


class Silence(Enum):
    """Why a message gets no reply."""

    NOT_A_MESSAGE = "it is a change of the channel, not something said"
    NOT_A_LOG = "nothing in it looks like a log or an alert"
    OWN_POST = "the bot said it"
    UNCHANGED_EDIT = "the edit changed no words"
    NOTHING_FOUND = "the log shows no failure Despool knows"
    OUT_OF_DATE = "a later edit or the deletion of the message came first"
    WITHDRAWN = "the message no longer holds a log, and the reply says so"
    STRANGER = "somebody of another workspace asked for what is none of their business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said, and where the reply to it goes."""

    channel: str
    ts: str
    thread_ts: str  # of the thread's root
    user: str | None
    evidence: Evidence  # false in talk
    words: str | None = None  # what was said to the bot itself
    is_edit: bool = False
    was_evidence: bool = False  # before it was edited
    team: str | None = None  # the workspace of whoever said it
    is_app: bool = False

    @property
    def place(self) -> answers.Place:
        """Return where the reply goes."""
        return answers.Place(
            channel=self.channel, thread_ts=self.thread_ts, ts=self.ts, user=self.user
        )


async def on_message(payload: Json, services: Services) -> None:
    """Answer a log, obey a word said to the bot, stay silent on ordinary talk."""
    event = payload["event"]
    if event.get("channel") and event.get("channel_type"):
        await services.threads.heard(str(event["channel"]), str(event["channel_type"]))
    if (gone := removed(event)) is not None:
        return await _forget(*gone, event, services)
    said = read(event, services)
    if isinstance(said, Silence):
        return _stay_silent(said, event)
    silence = await _answer(said, services, float(payload.get("heard_at") or time.time()))
    return _stay_silent(silence, event) if silence else None


async def _answer(said: Said, services: Services, heard_at: float) -> Silence | None:
    if not said.evidence:
        if said.is_edit and await answers.retract(
            said.place, said.evidence, services, was_evidence=said.was_evidence
        ):
            return Silence.WITHDRAWN
        if said.words is None:
            return Silence.NOT_A_LOG
        if is_stranger(said.team, services):
            await services.asides.tell(said.place.asker, STRANGER)
            return Silence.STRANGER
        await commands.obey(said.words, said.place, services, team=said.team)
        return None
    outcome = await answers.answer(
        said.place, said.evidence, services, ask=await _may_ask(said, services)
    )
    if outcome is answers.Outcome.ANSWERED:
        metrics.REPLY_SECONDS.observe(max(0.0, time.time() - heard_at))
    elif outcome is answers.Outcome.NOTHING:
        await _explain_silence(said, services)
    return _SILENCE.get(outcome)


async def _may_ask(said: Said, services: Services) -> bool:
    """Tell whether the agent may be asked: alerts of apps ask by themselves, strangers do not."""
    if said.is_app or not services.agents.statuses():
        return True
    return await refusal(said.place.asker, said.team, services) is None


async def _forget(ts: str, thread_ts: str, event: Json, services: Services) -> None:
    previous = event.get("previous_message")
    place = answers.Place(channel=str(event.get("channel")), thread_ts=thread_ts, ts=ts)
    was_evidence = isinstance(previous, dict) and bool(evidence_of(previous, services))
    await answers.forget(place, services, was_evidence=was_evidence)


async def _explain_silence(said: Said, services: Services) -> None:
    """Say that nothing was found to whoever asked, or who meant a file to be read."""
    failed = await answers.unread(said.place, services)
    if said.words is not None:
        await commands.say(panels.nothing_in(failed), said.place, services)
    elif any(one.name.casefold().endswith(LOGS) for one in failed):
        reply = panels.nothing_in(failed)
        await services.asides.tell(said.place.asker, reply.text, reply.blocks)


_SILENCE = {
    answers.Outcome.NOTHING: Silence.NOTHING_FOUND,
    answers.Outcome.LATE: Silence.OUT_OF_DATE,
    answers.Outcome.WITHDRAWN: Silence.WITHDRAWN,
}


def read(event: Json, services: Services) -> Said | Silence:
    """Turn a message event into what was said, or into the reason to ignore it."""
    message = spoken(event)
    if message is None or not (event.get("channel") and message.get("ts")):
        return Silence.NOT_A_MESSAGE
    identity = services.identity()
    if is_own(message, identity):
        return Silence.OWN_POST
    is_edit = event.get("subtype") == "message_changed"
    evidence = evidence_of(message, services, edited=str(event.get("ts")) if is_edit else "")
    previous = event.get("previous_message")
    if is_edit and isinstance(previous, dict) and _same(message, previous, services):
        return Silence.UNCHANGED_EDIT
    addressed = is_addressed(event, message, identity) and not is_edit
    return Said(
        channel=str(event["channel"]),
        ts=str(message["ts"]),
        thread_ts=str(message.get("thread_ts") or message["ts"]),
        user=message.get("user"),
        evidence=evidence,
        words=words_to(message, identity) if addressed else None,
        is_edit=is_edit,
        was_evidence=isinstance(previous, dict) and bool(evidence_of(previous, services)),
        team=message.get("user_team") or message.get("team"),
        is_app=bool(message.get("bot_id") or message.get("subtype") == "bot_message"),
    )


def removed(event: Json) -> tuple[str, str] | None:
    """Return the timestamps of a deleted message and of its thread's root."""
    message = event.get("message")
    tombstone = isinstance(message, dict) and message.get("subtype") == "tombstone"
    if event.get("subtype") not in REMOVED and not tombstone:
        return None
    previous = event.get("previous_message")
    ts = str(event.get("deleted_ts") or (message or {}).get("ts"))
    root = previous.get("thread_ts") if isinstance(previous, dict) else None
    return ts, str(root or ts)


def spoken(event: Json) -> Json | None:
    """Return the message an event is about, or None where nobody said anything."""
    if event.get("type") not in ("message", "app_mention"):
        return None
    message = event.get("message") if event.get("subtype") == "message_changed" else event
    if not isinstance(message, dict) or message.get("subtype") not in SPOKEN:
        return None
    return message


def is_addressed(event: Json, message: Json, identity: Identity | None) -> bool:
    """Tell whether a person speaks to the bot: in a DM, or by naming it. Bots are not answered."""
    if message.get("bot_id") or message.get("subtype") == "bot_message":
        return False
    if event.get("type") == "app_mention" or event.get("channel_type") == "im":
        return True
    return identity is not None and _name_of(identity).search(_words(message)) is not None


def words_to(message: Json, identity: Identity) -> str:
    """Return what stands behind the bot's name, or everything where it is not named."""
    return _name_of(identity).split(_words(message), maxsplit=1)[-1].strip()


def _name_of(identity: Identity) -> re.Pattern[str]:
    # https://docs.slack.dev/messaging/formatting-message-text#mentioning-users
    return re.compile(rf"<@{re.escape(str(identity.user_id))}(?:\|[^>]*)?>")


def _words(message: Json) -> str:
    return str(message.get("text") or "")


def _same(message: Json, previous: Json, services: Services) -> bool:
    if gather(message, services.recognises) != gather(previous, services.recognises):
        return False
    return [one.get("id") for one in uploads(message)] == [
        one.get("id") for one in uploads(previous)
    ]


def _stay_silent(reason: Silence, event: Json) -> None:
    fields = {"reason": reason.name, "channel": event.get("channel"), "ts": event.get("ts")}
    log.info("Stayed silent", extra=fields)
