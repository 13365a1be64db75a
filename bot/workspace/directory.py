"""auth.*, apps.*, users.* and conversations.*: who and what is there."""

from __future__ import annotations

from bot.workspace import cast
from bot.workspace.methods import Answer, Call, Method, page_of, shown
from bot.workspace.refusal import Refusal
from bot.workspace.team import Message, thread_of

_TYPES = {"channel": "public_channel", "group": "private_channel", "im": "im"}
_READ = ("channels:read", "groups:read", "im:read")
_HISTORY = ("channels:history", "groups:history", "im:history")


def api_test(call: Call) -> Answer:
    """Echo: https://docs.slack.dev/reference/methods/api.test."""
    args = {key: str(value) for key, value in call.args.items()}
    if "error" in args:
        raise Refusal(args["error"], args=args)
    return {"args": args}


def auth_test(call: Call) -> Answer:
    """Say who calls: https://docs.slack.dev/reference/methods/auth.test."""
    bot = call.team.bot
    return {
        "url": call.base_url,
        "team": "Stand-in",
        "user": bot.name,
        "team_id": cast.TEAM_ID,
        "user_id": bot.id,
        "bot_id": bot.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(call: Call) -> Answer:
    """Give a Socket Mode address: https://docs.slack.dev/reference/methods/apps.connections.open."""
    return {"url": call.socket_url()}


def users_info(call: Call) -> Answer:
    """Describe a user: https://docs.slack.dev/reference/methods/users.info."""
    person = call.team.people.get(call.text("user"))
    if person is None:
        raise Refusal("user_not_found")
    return {"user": person.as_json()}


def conversations_info(call: Call) -> Answer:
    """Describe a channel: https://docs.slack.dev/reference/methods/conversations.info."""
    return {"channel": call.channel(joined=False).as_json()}


def conversations_list(call: Call) -> Answer:
    """List channels: https://docs.slack.dev/reference/methods/conversations.list."""
    types = set((call.text("types") or "public_channel").split(","))
    if not types <= {"public_channel", "private_channel", "mpim", "im"}:
        raise Refusal("invalid_types")
    found = [
        channel.as_json()
        for channel in call.team.channels.values()
        if _TYPES[channel.kind] in types
        and (channel.kind == "channel" or cast.BOT_USER in channel.members)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    page, cursor = page_of(call, found, 100)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def conversations_replies(call: Call) -> Answer:
    """Read a thread: https://docs.slack.dev/reference/methods/conversations.replies."""
    channel = call.channel()
    message = channel.messages.get(call.text("ts"))
    if message is None:
        raise Refusal("thread_not_found")
    thread = thread_of(channel, message.get("thread_ts", message["ts"]))
    return _messages(call, [one for one in thread if one is thread[0] or _within(call, one)])


def conversations_history(call: Call) -> Answer:
    """Read a channel, newest first: https://docs.slack.dev/reference/methods/conversations.history."""
    roots = [
        message
        for message in reversed(call.channel().messages.values())
        if message.get("thread_ts", message["ts"]) == message["ts"] and _within(call, message)
    ]
    return _messages(call, roots)


def _within(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest") or "0", call.text("latest") or "9" * 10
    ts = str(message["ts"])
    if call.flag("inclusive"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _messages(call: Call, messages: list[Message]) -> Answer:
    page, cursor = page_of(call, messages, 100)
    metadata = call.flag("include_all_metadata")
    return {
        "messages": [shown(message, metadata=metadata) for message in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


METHODS = {
    "api.test": Method(run=api_test, token=""),
    "auth.test": Method(run=auth_test),
    "apps.connections.open": Method(run=connections_open, token="app"),  # noqa: S106 - a kind of token
    "users.info": Method(run=users_info, scopes=("users:read",)),
    "conversations.info": Method(run=conversations_info, scopes=_READ),
    "conversations.list": Method(run=conversations_list, scopes=_READ),
    "conversations.replies": Method(run=conversations_replies, scopes=_HISTORY),
    "conversations.history": Method(run=conversations_history, scopes=_HISTORY),
}
