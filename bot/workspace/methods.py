"""The methods of the Web API that the stand-in has.

Each refuses as its own page says: https://docs.slack.dev/reference/methods/<method>#errors
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.workspace import cast
from bot.workspace.cast import BOT_USER, PEOPLE, Channel, Json
from bot.workspace.limits import TEXT_POSTED, TEXT_UPDATED, check_content
from bot.workspace.refusal import Refusal
from bot.workspace.surfaces import Surfaces

_TYPES = {"channel": "public_channel", "group": "private_channel", "im": "im"}
_READ = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}


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

    def channel(self, name: str = "channel", *, by_name: bool = False) -> Channel:
        """Return the channel meant; a private one without the bot does not exist for it."""
        try:
            found = (self.ws.channel if by_name else self.ws.channels.__getitem__)(self.text(name))
        except KeyError:
            raise Refusal("channel_not_found") from None
        if BOT_USER not in found.members:
            raise Refusal("not_in_channel" if found.kind == "channel" else "channel_not_found")
        return found

    def place(self, name: str = "channel") -> tuple[Channel, str | None]:
        """Return the channel and the thread where something new is to go."""
        channel, ts = self.channel(name, by_name=True), self.text("thread_ts")
        if channel.is_archived:
            raise Refusal("is_archived")
        if ts and not re.fullmatch(r"\d{10}\.\d{6}", ts):
            raise Refusal("invalid_thread_ts", f"{ts} is not a valid thread_ts")
        if ts and ts not in channel.messages:
            raise Refusal("thread_not_found")
        # Slack takes a reply's ts and misplaces the message; here the mistake is refused aloud.
        if ts and channel.messages[ts].get("thread_ts", ts) != ts:
            raise Refusal("cannot_reply_to_message")
        return channel, ts or None

    def file(self, id_: str) -> Json:
        """Return the file meant."""
        if id_ not in self.ws.files:
            raise Refusal("file_not_found")
        return self.ws.files[id_]


def _auth_test(call: Call) -> Json:
    ids = {"team_id": cast.TEAM_ID, "user_id": BOT_USER, "bot_id": cast.BOT_ID}
    return {"url": call.ws.url, "team": "Stand-in", "user": "despool", **ids}


def _post(call: Call) -> Json:
    channel, thread = call.place()
    message = call.ws.say(channel, BOT_USER, thread, **check_content(call.args, TEXT_POSTED))
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _post_ephemeral(call: Call) -> Json:
    (channel, thread), user = call.place(), call.text("user")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    content = check_content(call.args, TEXT_POSTED)
    return {"message_ts": call.ws.whisper(channel, user, thread, **content)["ts"]}


def _update(call: Call) -> Json:
    channel, ts = call.channel(), call.text("ts")
    if ts not in channel.messages:
        raise Refusal("message_not_found")
    if channel.messages[ts].get("bot_id") != cast.BOT_ID:
        raise Refusal("cant_update_message")
    content = check_content(call.args, TEXT_UPDATED)
    if content["text"]:
        content = {"blocks": [], **content}  # a text alone replaces the blocks
    content["text"] = content["text"] or channel.messages[ts]["text"]
    message = call.ws.change(channel, ts, BOT_USER, **content)
    return {"channel": channel.id, "ts": ts, "text": content["text"], "message": message}


def _replies(call: Call) -> Json:
    messages, ts = call.channel().messages, call.text("ts")
    if ts not in messages:
        raise Refusal("thread_not_found")
    ts = messages[ts].get("thread_ts", ts)
    hidden = () if call.flag("include_all_metadata") else ("metadata",)
    thread = [one for one in messages.values() if ts in (one["ts"], one.get("thread_ts"))]
    shown = [{key: one[key] for key in one if key not in hidden} for one in thread]
    return {"messages": shown, "has_more": False}


def _conversations(call: Call) -> Json:
    types = (call.text("types") or "public_channel").split(",")
    for scope in {_READ.get(kind, "mpim:read") for kind in types} - call.scopes:
        raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(call.scopes)))
    found = [
        {"id": one.id, "name": one.name, f"is_{one.kind}": True, "is_archived": one.is_archived}
        for one in call.ws.channels.values()
        if _TYPES[one.kind] in types and BOT_USER in one.members
        if not (one.is_archived and call.flag("exclude_archived"))
    ]
    return {"channels": found, "response_metadata": {"next_cursor": ""}}


def _views_open(call: Call) -> Json:
    user = call.ws.exchange(call.text("trigger_id"))
    call.ws.views.pop(user, None)
    return {"view": call.ws.keep(user, "modal", call.args.get("view") or {})}


def _views_update(call: Call) -> Json:
    for shelf in (call.ws.views, call.ws.homes):
        for user, old in shelf.items():
            if old["id"] == call.text("view_id"):
                view = call.args.get("view") or {}
                return {"view": call.ws.keep(user, old["type"], view, call.text("hash"))}
    raise Refusal("not_found")


def _views_publish(call: Call) -> Json:
    user, view = call.text("user_id"), call.args.get("view") or {}
    if user not in PEOPLE:
        raise Refusal("invalid_arguments")
    return {"view": call.ws.keep(user, "home", view, call.text("hash"))}


def _files_list(call: Call) -> Json:
    where, who = call.text("channel"), call.text("user")
    found = [
        file
        for file in call.ws.files.values()
        if where in ("", *file["channels"], *file["groups"], *file["ims"])
        if who in ("", file["user"])
    ]
    return {"files": found, "paging": {"count": 100, "total": len(found), "page": 1, "pages": 1}}


def _files_delete(call: Call) -> Json:
    id_ = call.file(call.text("file"))["id"]
    if call.ws.files[id_]["user"] != BOT_USER:
        raise Refusal("cant_delete_file")
    del call.ws.files[id_], call.ws.contents[id_]
    for channel in call.ws.channels.values():
        for ts, message in tuple(channel.messages.items()):
            kept = [one for one in message.get("files", []) if one["id"] != id_]
            if kept != message.get("files", []):
                gone = {"id": id_, "mode": "tombstone"}
                call.ws.change(channel, ts, None, files=[*kept, gone])
    return {}


def _upload_url(call: Call) -> Json:
    name, length = call.text("filename"), call.text("length")
    if not name or not length.isdigit() or int(length) == 0:
        raise Refusal("invalid_arguments")
    id_ = call.ws.add_file(BOT_USER, name, b"")["id"]
    return {"file_id": id_, "upload_url": f"{call.ws.url}upload/v1/{id_}"}


def _complete_upload(call: Call) -> Json:
    named = call.args.get("files")
    if not isinstance(named, list) or not named:
        raise Refusal("invalid_arguments")
    found = [call.file(str(one.get("id"))) for one in named]
    if any(not call.ws.contents[file["id"]] for file in found):
        raise Refusal("file_not_found")  # its bytes were never uploaded
    for file, one in zip(found, named, strict=True):
        file["title"] = one.get("title") or file["name"]
    if call.text("channel_id"):
        channel, thread = call.place("channel_id")
        call.ws.say(channel, BOT_USER, thread, text=call.text("initial_comment"), files=found)
    return {"files": found}


# each with the scopes of which the bot needs any one
METHODS: dict[str, tuple[Callable[[Call], Json], str]] = {
    "auth.test": (_auth_test, ""),
    "apps.connections.open": (lambda call: call.ws.connection(), ""),
    "chat.postMessage": (_post, "chat:write"),
    "chat.postEphemeral": (_post_ephemeral, "chat:write"),
    "chat.update": (_update, "chat:write"),
    "conversations.replies": (_replies, "channels:history groups:history im:history"),
    "users.conversations": (_conversations, ""),
    "views.open": (_views_open, ""),
    "views.update": (_views_update, ""),
    "views.publish": (_views_publish, ""),
    "files.info": (lambda call: {"file": call.file(call.text("file"))}, "files:read"),
    "files.list": (_files_list, "files:read"),
    "files.delete": (_files_delete, "files:write"),
    "files.getUploadURLExternal": (_upload_url, "files:write"),
    "files.completeUploadExternal": (_complete_upload, "files:write"),
}
