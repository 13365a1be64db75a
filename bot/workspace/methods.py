"""The methods of the Web API that the stand-in has.

Each refuses as its own page says: https://docs.slack.dev/reference/methods/<method>#errors
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.workspace.cast import BOT_ID, BOT_USER, PEOPLE, TEAM_ID, Channel, Json
from bot.workspace.limits import TEXT_POSTED, TEXT_UPDATED, check_content
from bot.workspace.refusal import Refusal, check
from bot.workspace.surfaces import Surfaces

# what `users.conversations` calls the kinds of channels, and what it takes to see them
_TYPES = {"public_channel": ("channel", "channels:read"), "im": ("im", "im:read")}
_TYPES |= {"private_channel": ("group", "groups:read")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method, its token already checked, its arguments out of form and JSON."""

    ws: Surfaces
    args: Json
    scopes: frozenset[str]

    def text(self, name: str) -> str:
        """Return an argument as a string, empty when absent."""
        return str(self.args.get(name) or "")

    def flag(self, name: str) -> bool:
        """Return an argument as a truth value, as Slack reads it from a form."""
        return self.text(name).lower() in ("1", "true")

    def require(self, *scopes: str) -> None:
        """Refuse unless any one of these scopes was granted."""
        provided = ",".join(sorted(self.scopes))
        granted = self.scopes.intersection(scopes)
        check(granted, "missing_scope", needed=scopes[0], provided=provided)

    def channel(self, name: str = "channel", *, by_name: bool = False) -> Channel:
        """Return the channel meant; a private one without the bot does not exist for it."""
        try:
            found = (self.ws.channel if by_name else self.ws.channels.__getitem__)(self.text(name))
        except KeyError:
            raise Refusal("channel_not_found") from None
        unseen = "not_in_channel" if found.kind == "channel" else "channel_not_found"
        check(BOT_USER in found.members, unseen)
        return found

    def place(self, name: str = "channel") -> tuple[Channel, str | None]:
        """Return the channel and the thread where something new is to go."""
        channel, ts = self.channel(name, by_name=True), self.text("thread_ts")
        check(not channel.is_archived, "is_archived")
        if not ts:
            return channel, None
        check(re.fullmatch(r"\d{10}\.\d{6}", ts), "invalid_thread_ts")
        check(ts in channel.messages, "thread_not_found")
        # Slack takes a reply's ts and misplaces the message; here the mistake is refused aloud.
        check(channel.messages[ts].get("thread_ts", ts) == ts, "cannot_reply_to_message")
        return channel, ts

    def file(self, id_: str) -> Json:
        """Return the file meant."""
        check(id_ in self.ws.files, "file_not_found")
        return self.ws.files[id_]

    def view(self, user: str, kind: str) -> Json:
        """Show a user the view that is given."""
        return {"view": self.ws.keep(user, kind, self.args.get("view") or {})}


def _auth_test(call: Call) -> Json:
    ids = {"team_id": TEAM_ID, "user_id": BOT_USER, "bot_id": BOT_ID, "user": "despool"}
    return {"url": call.ws.url, "team": "Stand-in", **ids}


def _connect(call: Call) -> Json:
    address, ticket = call.ws.url.replace("http", "ws", 1), call.ws.sockets.ticket()
    return {"url": f"{address}link?ticket={ticket}"}


def _post(call: Call) -> Json:
    channel, thread = call.place()
    message = call.ws.say(channel, BOT_USER, thread, **check_content(call.args, TEXT_POSTED))
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _post_ephemeral(call: Call) -> Json:
    (channel, thread), user = call.place(), call.text("user")
    check(user in channel.members, "user_not_in_channel")
    content = check_content(call.args, TEXT_POSTED)
    return {"message_ts": call.ws.whisper(channel, user, thread, **content)["ts"]}


def _update(call: Call) -> Json:
    channel, ts = call.channel(), call.text("ts")
    check(ts in channel.messages, "message_not_found")
    check(channel.messages[ts].get("bot_id") == BOT_ID, "cant_update_message")
    content = {"blocks": [], **check_content(call.args, TEXT_UPDATED)}  # a text alone drops them
    content["text"] = content["text"] or channel.messages[ts]["text"]
    message = call.ws.change(channel, ts, BOT_USER, **content)
    return {"channel": channel.id, "ts": ts, "text": content["text"], "message": message}


def _replies(call: Call) -> Json:
    messages, ts = call.channel().messages, call.text("ts")
    check(ts in messages, "thread_not_found")
    ts = messages[ts].get("thread_ts", ts)
    hidden = () if call.flag("include_all_metadata") else ("metadata",)
    thread = call.channel().thread(ts)
    shown = [{key: one[key] for key in one if key not in hidden} for one in thread]
    return {"messages": shown, "has_more": False}


def _conversations(call: Call) -> Json:
    kinds = [_TYPES[name] for name in (call.text("types") or "public_channel").split(",")]
    for _, scope in kinds:
        call.require(scope)
    found = [
        {"id": one.id, "name": one.name, f"is_{one.kind}": True, "is_archived": one.is_archived}
        for one in call.ws.channels.values()
        if one.kind in dict(kinds) and BOT_USER in one.members
        if not (one.is_archived and call.flag("exclude_archived"))
    ]
    return {"channels": found, "response_metadata": {"next_cursor": ""}}


def _views_open(call: Call) -> Json:
    user = call.ws.exchange(call.text("trigger_id"))
    call.ws.views.pop(user, None)
    return call.view(user, "modal")


def _views_publish(call: Call) -> Json:
    check(call.text("user_id") in PEOPLE, "invalid_arguments")
    return call.view(call.text("user_id"), "home")


def _files_delete(call: Call) -> Json:
    gone = call.file(call.text("file"))
    check(gone["user"] == BOT_USER, "cant_delete_file")
    del call.ws.files[gone["id"]], call.ws.contents[gone["id"]]
    for channel in call.ws.channels.values():
        for ts, message in tuple(channel.messages.items()):
            kept = [one for one in message.get("files", []) if one["id"] != gone["id"]]
            if kept != message.get("files", []):
                kept.append({"id": gone["id"], "mode": "tombstone"})
                call.ws.change(channel, ts, None, files=kept)
    return {}


def _upload_url(call: Call) -> Json:
    name, length = call.text("filename"), call.text("length")
    check(name and length.isdigit() and int(length), "invalid_arguments")
    id_ = call.ws.add_file(BOT_USER, name, b"")["id"]
    return {"file_id": id_, "upload_url": f"{call.ws.url}upload/v1/{id_}"}


def _complete_upload(call: Call) -> Json:
    named: Any = call.args.get("files")
    check(named, "invalid_arguments")
    found = [call.file(str(one.get("id"))) for one in named]
    check(all(call.ws.contents[file["id"]] for file in found), "file_not_found")
    for file, one in zip(found, named, strict=True):
        file["title"] = one.get("title") or file["name"]
    if call.text("channel_id"):
        channel, thread = call.place("channel_id")
        call.ws.say(channel, BOT_USER, thread, text=call.text("initial_comment"), files=found)
    return {"files": found}


# each with the scopes of which the bot needs any one
METHODS: dict[str, tuple[Callable[[Call], Json], str]] = {
    "auth.test": (_auth_test, ""),
    "apps.connections.open": (_connect, ""),
    "chat.postMessage": (_post, "chat:write"),
    "chat.postEphemeral": (_post_ephemeral, "chat:write"),
    "chat.update": (_update, "chat:write"),
    "conversations.replies": (_replies, "channels:history groups:history im:history"),
    "users.conversations": (_conversations, ""),
    "users.info": (lambda call: {"user": asdict(PEOPLE[call.text("user")])}, "users:read"),
    "usergroups.users.list": (lambda call: {"users": [*call.ws.group]}, "usergroups:read"),
    "views.open": (_views_open, ""),
    "views.publish": (_views_publish, ""),
    "files.info": (lambda call: {"file": call.file(call.text("file"))}, "files:read"),
    "files.list": (lambda call: {"files": [*call.ws.files.values()]}, "files:read"),
    "files.delete": (_files_delete, "files:write"),
    "files.getUploadURLExternal": (_upload_url, "files:write"),
    "files.completeUploadExternal": (_complete_upload, "files:write"),
}
