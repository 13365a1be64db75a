"""What the bot says when it is invited to a channel: who it is, once."""

from __future__ import annotations

from typing import Any

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.answer import Answer
from bot.services import Services
from handlers.blocks import Reply
from handlers.elements import plain
from handlers.panels import PASTE, panel

Json = dict[str, Any]

RULE = "welcome"


async def on_member_joined(payload: Json, services: Services) -> None:
    """Introduce the bot to a channel that has invited it; others may join as they like."""
    event = payload["event"]
    if event.get("user") != services.identity().user_id or not event.get("channel"):
        return
    reply = welcome()
    await services.delivery.answer(
        Answer(
            channel=str(event["channel"]),
            thread_ts=None,
            key=f"{RULE}:{event['channel']}:{event.get('event_ts')}",
            rule=RULE,
            text=reply.text,
            blocks=reply.blocks,
        )
    )


def welcome() -> Reply:
    """Return the introduction with its one button."""
    reply = panel(
        "I tell a locked file from a full disk",
        "When Windows says *event 109: there isn't sufficient disk space*, a file on the "
        "distribution share was often merely open. "
        + PASTE
        + " Alerts of other apps I read by myself. "
        "I answer in the thread, stay silent on everything else, and change nothing on any server.",
        notes=("`/despool help` shows what I do.",),
    )
    button = ButtonElement(text=plain("Try the sample"), action_id="try_sample")
    blocks = [*reply.blocks, ActionsBlock(elements=[button]).to_dict()]
    return Reply(text=reply.text, blocks=blocks)
