"""chat.*: post, update and delete as the bot."""

from __future__ import annotations

import re
from typing import Any

from bot.workspace import cast, limits
from bot.workspace.cast import Channel
from bot.workspace.methods import Answer, Call, Method
from bot.workspace.refusal import Refusal
from bot.workspace.team import Message

_TS = re.compile(r"\d{10}\.\d{6}")


def post_message(call: Call) -> Answer:
    """Post: https://docs.slack.dev/reference/methods/chat.postMessage."""
    channel = call.channel(by_name=True)
    content, answer = _new_content(call, channel)
    message = call.team.post(channel, call.team.bot, call.text("thread_ts") or None, **content)
    return {"channel": channel.id, "ts": message["ts"], "message": message, **answer}


def post_ephemeral(call: Call) -> Answer:
    """Show one person a message: https://docs.slack.dev/reference/methods/chat.postEphemeral."""
    channel = call.channel(by_name=True)
    if call.text("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    content, answer = _new_content(call, channel)
    ts = call.team.tick()
    message = {
        "type": "message",
        "ts": ts,
        "user": cast.BOT_USER,
        "ephemeral_for": call.text("user"),
    }
    if call.text("thread_ts"):
        message["thread_ts"] = call.text("thread_ts")
    call.team.on_message(channel, message | content)  # seen on the page, kept nowhere, no event
    return {"message_ts": ts, **answer}


def update(call: Call) -> Answer:
    """Edit: https://docs.slack.dev/reference/methods/chat.update."""
    channel, message = _own_message(call, "cant_update_message")
    content = call.content()
    text = call.text("text")
    if not text and not content.get("blocks") and not content.get("attachments"):
        raise Refusal("no_text")
    if len(text) > limits.TEXT_UPDATED:
        raise Refusal("msg_too_long")
    if text:
        content.setdefault("blocks", [])  # a text alone replaces the blocks
    content["text"] = text or message["text"]
    revised = call.team.revise(channel, message["ts"], edited_by=cast.BOT_USER, **content)
    return {"channel": channel.id, "ts": message["ts"], "text": content["text"], "message": revised}


def delete(call: Call) -> Answer:
    """Delete: https://docs.slack.dev/reference/methods/chat.delete."""
    channel, message = _own_message(call, "cant_delete_message")
    ts = message["ts"]
    call.team.delete(channel, ts)
    return {"channel": channel.id, "ts": ts}


def _own_message(call: Call, refusal: str) -> tuple[Channel, Message]:
    channel = call.channel()
    message = channel.messages.get(call.text("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.get("bot_id") != cast.BOT_ID:
        raise Refusal(refusal)
    return channel, message


def _new_content(call: Call, channel: Channel) -> tuple[dict[str, Any], Answer]:
    """Return what a new message holds, and what the answer says about it."""
    if channel.is_archived:
        raise Refusal("is_archived")
    _check_thread(channel, call.text("thread_ts"))
    content = call.content()
    text = call.text("text")
    if not text and not content.get("blocks") and not content.get("attachments"):
        raise Refusal("no_text")
    if len(text) <= limits.TEXT_POSTED:
        return {"text": text, **content}, {}
    warning = "[WARN] Your message was truncated but still posted."
    told = {"messages": [warning], "warnings": ["message_truncated"]}
    cut = text[: limits.TEXT_POSTED]
    return {"text": cut, **content}, {"response_metadata": told}


def _check_thread(channel: Channel, thread_ts: str) -> None:
    if not thread_ts:
        return
    if not _TS.fullmatch(thread_ts):
        raise Refusal("invalid_thread_ts", f"{thread_ts} is not a valid thread_ts")
    root = channel.messages.get(thread_ts)
    if root is None:
        raise Refusal("thread_not_found")
    # Slack takes a reply's ts and misplaces the message; here the mistake is refused aloud.
    if root.get("thread_ts", thread_ts) != thread_ts or root.get("subtype") == "tombstone":
        raise Refusal("cannot_reply_to_message")


METHODS = {
    "chat.postMessage": Method(run=post_message, scopes=("chat:write",)),
    "chat.postEphemeral": Method(run=post_ephemeral, scopes=("chat:write",)),
    "chat.update": Method(run=update, scopes=("chat:write",)),
    "chat.delete": Method(run=delete, scopes=("chat:write",)),
}
