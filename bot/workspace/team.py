"""The state of the stand-in workspace, and the events that every change of it causes."""

from __future__ import annotations

import copy
import mimetypes
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from bot.workspace import cast
from bot.workspace.cast import Channel, Person

Message = dict[str, Any]
Event = dict[str, Any]


class Team:
    """People, channels, messages and files; tells its listeners of each event."""

    def __init__(self, base_url: Callable[[], str]) -> None:
        self.people = {person.id: person for person in cast.people()}
        self.channels = {channel.id: channel for channel in cast.channels()}
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.replies_revise_parent = False  # also send `message_changed` of a thread's root
        self.on_event: Callable[[Channel | None, Event], None] = lambda channel, event: None
        self.on_message: Callable[[Channel, Message], None] = lambda channel, message: None
        self._base_url = base_url
        self._last_ts = 0

    @property
    def bot(self) -> Person:
        """Return the bot under test."""
        return self.people[cast.BOT_USER]

    def person(self, name: str) -> Person:
        """Return a person by id or name; `KeyError` when there is none."""
        for person in self.people.values():
            if name in (person.id, person.name):
                return person
        raise KeyError(name)

    def channel(self, name: str) -> Channel:
        """Return a channel by id, name, `#name`, or the user id of its DM; `KeyError` when none."""
        for channel in self.channels.values():
            if name == channel.id or (channel.kind == "im" and name in channel.members):
                return channel
            if channel.kind != "im" and name.removeprefix("#") == channel.name:
                return channel
        raise KeyError(name)

    def tick(self) -> str:
        """Return a new message timestamp, later than every one before it."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(
        self, channel: Channel, author: Person, thread_ts: str | None = None, **content: Any
    ) -> Message:
        """Store a message and tell of it; content is `text`, `blocks`, `files` and the like."""
        message: Message = {"type": "message", "ts": self.tick(), **_authorship(author)}
        message |= {key: value for key, value in content.items() if value or key == "text"}
        if message.get("files"):
            message |= {"subtype": "file_share", "upload": False}
        if thread_ts:
            message["thread_ts"] = thread_ts
            root = channel.messages[thread_ts]
            if root is not message and "user" in root:
                message["parent_user_id"] = root["user"]
        channel.messages[message["ts"]] = message
        self._tell(channel, message, message)
        if thread_ts:
            self._count_reply(channel, channel.messages[thread_ts], message)
        return message

    def _count_reply(self, channel: Channel, root: Message, reply: Message) -> None:
        before = copy.deepcopy(root)
        root["thread_ts"] = root["ts"]
        root["reply_count"] = root.get("reply_count", 0) + 1
        root["latest_reply"] = reply["ts"]
        self.on_message(channel, root)
        if self.replies_revise_parent:
            self._tell_changed(channel, root, before)

    def revise(
        self, channel: Channel, ts: str, *, edited_by: str | None = None, **content: Any
    ) -> Message:
        """Change a message; without `edited_by` as an unfurl does it, which is no edit."""
        message = channel.messages[ts]
        before = copy.deepcopy(message)
        message |= content
        if edited_by is not None:
            message["edited"] = {"user": edited_by, "ts": self.tick()}
        self._tell_changed(channel, message, before)
        return message

    def _tell_changed(self, channel: Channel, message: Message, before: Message) -> None:
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self.tick()}
        self._tell(channel, message, event | {"message": message, "previous_message": before})

    def delete(self, channel: Channel, ts: str) -> None:
        """Delete a message; one with replies leaves a tombstone, as in Slack."""
        message = channel.messages[ts]
        if message.get("reply_count"):
            before = copy.deepcopy(message)
            kept = {key: message[key] for key in ("ts", "thread_ts", "reply_count", "latest_reply")}
            message.clear()
            message |= {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", **kept}
            message |= {"text": "This message was deleted.", "hidden": True}
            self._tell_changed(channel, message, before)
            return
        del channel.messages[ts]
        gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": message}
        event = {"type": "message", "hidden": True, "ts": self.tick(), **gone}
        self._tell(channel, message | {"deleted": True}, event)

    def add_file(self, author: Person, name: str, data: bytes) -> dict[str, Any]:
        """Store a file and return its `file` object.

        https://docs.slack.dev/reference/objects/file-object
        """
        file_id = f"F{uuid.uuid4().hex[:10].upper()}"
        url = f"{self._base_url()}files-pri/{cast.TEAM_ID}-{file_id}"
        self.contents[file_id] = data
        self.files[file_id] = {
            "id": file_id,
            "created": int(time.time()),
            "timestamp": int(time.time()),
            "name": name,
            "title": name,
            "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": name.rpartition(".")[2].lower(),
            "user": author.id,
            "mode": "hosted",
            "size": len(data),
            "is_external": False,
            "url_private": f"{url}/{name}",
            "url_private_download": f"{url}/download/{name}",
            "file_access": "visible",
        }
        return self.files[file_id]

    def share(self, channel: Channel, author: Person, files: Sequence[dict[str, Any]]) -> None:
        """Tell of files that a message has just brought into a channel."""
        for file in files:
            names = {"file_id": file["id"], "user_id": author.id, "file": {"id": file["id"]}}
            self.on_event(channel, {"type": "file_created", **names, "event_ts": self.tick()})
            shared = {"type": "file_shared", **names, "channel_id": channel.id}
            self.on_event(channel, shared | {"event_ts": self.tick()})

    def _tell(self, channel: Channel, message: Message, event: Event) -> None:
        self.on_message(channel, message)
        event = copy.deepcopy(event)
        place = {"channel": channel.id, "channel_type": channel.kind, "event_ts": event["ts"]}
        self.on_event(channel, event | place)
        mentioned = f"<@{self.bot.id}>" in event.get("text", "") and channel.kind != "im"
        if mentioned and "subtype" not in event:
            self.on_event(channel, event | {"type": "app_mention"} | place)


def thread_of(channel: Channel, ts: str) -> list[Message]:
    """Return the root with this timestamp and its replies, oldest first."""
    return [
        message
        for message in channel.messages.values()
        if message["ts"] == ts or message.get("thread_ts") == ts
    ]


def _authorship(author: Person) -> Message:
    if author.is_integration:
        names = {"bot_id": author.bot_id, "app_id": author.app_id, "username": author.real_name}
        return {"subtype": "bot_message", **names}
    if author.bot_id is None:
        return {"user": author.id, "team": cast.TEAM_ID, "client_msg_id": str(uuid.uuid4())}
    profile = {"id": author.bot_id, "app_id": author.app_id, "name": author.real_name}
    names = {"user": author.id, "bot_id": author.bot_id, "app_id": author.app_id}
    return {**names, "team": cast.TEAM_ID, "bot_profile": profile}
