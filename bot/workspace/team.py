"""What the stand-in workspace holds, and the events that every change of it causes."""

import asyncio
import codecs
import copy
import mimetypes
import time
import uuid
from html import escape
from urllib.parse import quote

from bot.workspace import cast
from bot.workspace.cast import PEOPLE, Channel, Json, Person
from bot.workspace.delivery import Courier, Delivery, SocketMode, envelope

# What an event holds of a file in a channel shared with another company, until files.info is asked.
STUB = {"mode": "file_access", "file_access": "check_file_info", "created": 0, "user": ""}


class Team:
    """Channels, messages and files; sends the bot an event of every change and tells the page."""

    url = ""  # of the page, ending in a slash

    def __init__(self, subscriptions: frozenset[str]) -> None:
        self.sockets, self.subscriptions = SocketMode(), subscriptions
        self.courier, self.channels = Courier(self.sockets.send), cast.channels()
        self.channels["C0ATTIC"].is_archived = True
        self.files, self.contents = dict[str, Json](), dict[str, bytes]()
        self.ephemerals: list[Json] = []
        self.readers: set[asyncio.Queue[Json]] = set()  # of the page
        # also send `message_changed` of a thread's root; stubs of files, as in Slack Connect
        self.replies_revise_parent, self.hides_files = False, False
        self.group, self._last_ts = set[str](), 0  # who is in the one user group, whatever its id

    def person(self, name: str) -> Person:
        """Return a person by id or name; `KeyError` when there is none."""
        return PEOPLE.get(name) or {one.name: one for one in PEOPLE.values()}[name]

    def channel(self, name: str) -> Channel:
        """Return a channel by id, name, `#name`, or the user id of its DM; `KeyError` when none."""
        for channel in self.channels.values():
            names = {channel.name, f"#{channel.name}"}
            partner = channel.members - {cast.BOT_USER}
            if name in {channel.id, *(partner if channel.kind == "im" else names)}:
                return channel
        raise KeyError(name)

    def tell(self, **news: object) -> None:
        """Tell the page of something new, changed or gone."""
        for reader in self.readers:
            reader.put_nowait(copy.deepcopy(news))

    def send(self, event: Json) -> Delivery:
        """Send any event at all to the bot, whatever it is subscribed to."""
        return self.courier.send(Delivery(payload=envelope(copy.deepcopy(event))))

    def tick(self) -> str:
        """Return a new message timestamp, later than every one before it."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def happen(self, channel: Channel, event: Json) -> Delivery:
        """Send the bot an event of a channel, if it is there and subscribed to such events."""
        event = {"event_ts": event.get("ts") or self.tick(), **event}
        plural = "im" if channel.kind == "im" else f"{channel.kind}s"
        name = f"message.{plural}" if event["type"] == "message" else event["type"]
        hears = cast.BOT_USER in channel.members and name in self.subscriptions
        return self.send(event) if hears else Delivery(payload=event, over=True)

    def say(self, channel: Channel, author: str, thread_ts: str | None, **content: object) -> Json:
        """Store a message and tell of it; content is `text`, `blocks`, `files` and the like."""
        message: Json = {"type": "message", "ts": self.tick(), **_authorship(PEOPLE[author])}
        message |= {key: value for key, value in content.items() if value or key == "text"}
        if message.get("files"):
            message |= {"subtype": "file_share", "files": copy.deepcopy(message["files"])}
        root = channel.messages[thread_ts] if thread_ts else {}
        message |= {"thread_ts": thread_ts} if root else {}
        channel.messages[message["ts"]] = message
        for shown in message.get("files", ()):
            self._share(channel, message, self.files[shown["id"]])
        self._changed(channel, message, message)
        if root:
            before, count = copy.deepcopy(root), root.get("reply_count", 0) + 1
            root |= {"thread_ts": thread_ts, "reply_count": count, "latest_reply": message["ts"]}
            self.tell(channel=channel.id, message=root)
            if self.replies_revise_parent:
                self._revised(channel, root, before)
        return message

    def whisper(self, channel: Channel, user: str, thread: str | None, **content: object) -> Json:
        """Show one person a message of the bot: kept beside the channel, no event."""
        shown: Json = {"type": "message", "ts": self.tick(), "channel": channel.id, **content}
        shown |= {"user": cast.BOT_USER, "ephemeral_for": user}
        self.ephemerals.append(shown | ({"thread_ts": thread} if thread else {}))
        self.tell(ephemeral=self.ephemerals[-1])
        return shown

    def change(self, channel: Channel, ts: str, editor: str | None, **content: object) -> Json:
        """Change a message or an ephemeral; without an editor as an unfurl does, no edit."""
        for shown in self.ephemerals:
            if shown["ts"] == ts:
                shown |= content
                self.tell(ephemeral=shown)
                return shown
        message = channel.messages[ts]
        before = copy.deepcopy(message)
        message |= content | ({"edited": {"user": editor, "ts": self.tick()}} if editor else {})
        self._revised(channel, message, before)
        return message

    def remove(self, channel: Channel, ts: str) -> None:
        """Delete a message or an ephemeral; replies keep a tombstone where their root was."""
        for shown in [one for one in self.ephemerals if one["ts"] == ts]:
            self.ephemerals.remove(shown)
            return self.tell(ephemeral=shown | {"deleted": True})
        if channel.messages[ts].get("reply_count"):
            stone: Json = {"subtype": "tombstone", "text": "Deleted.", "blocks": [], "files": []}
            self.change(channel, ts, None, attachments=[], **stone)
            return None
        message = channel.messages.pop(ts)
        gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": message}
        event = {"type": "message", "hidden": True, "ts": self.tick(), **gone}
        return self._changed(channel, message | {"deleted": True}, event)

    def add_file(self, author: str, name: str, data: bytes, mode: str = "hosted") -> Json:
        """Store a file (`mode` "snippet": made of a long text) and return its `file` object.

        https://docs.slack.dev/reference/objects/file-object
        """
        id_, now, path = f"F{uuid.uuid4().hex[:10].upper()}", int(time.time()), quote(name, safe="")
        url, kind = f"{self.url}files-pri/{cast.TEAM_ID}-{id_}", mimetypes.guess_type(name)[0]
        file = {"id": id_, "created": now, "timestamp": now, "name": name, "title": name}
        file |= {"mimetype": kind or "application/octet-stream", "user": author, "mode": mode}
        file |= {"filetype": name.rpartition(".")[2].lower(), "file_access": "visible"}
        file |= {"url_private": f"{url}/{path}", "url_private_download": f"{url}/download/{path}"}
        file |= {"is_external": False, "channels": [], "groups": [], "ims": [], "shares": {}}
        self.files[id_] = file
        return self.fill(id_, data)

    def fill(self, id_: str, data: bytes) -> Json:
        """Give a file its bytes and, where they are text, the preview that Slack shows of it."""
        file, self.contents[id_] = self.files[id_], data
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data[:4000].decode("utf-16" if wide else "utf-8-sig", errors="ignore")
        shown = escape("\n".join(text.splitlines()[:5])[:1000], quote=False)
        file |= {"size": len(data)} | ({} if "\0" in text else {"preview": shown})
        return file

    def _share(self, channel: Channel, message: Json, file: Json) -> None:
        """Note where a file of a message is now."""
        places = {"channel": "channels", "group": "groups", "im": "ims"}[channel.kind]
        place = {key: message[key] for key in ("ts", "thread_ts") if key in message}
        shares = file["shares"].setdefault("public" if places == "channels" else "private", {})
        shares.setdefault(channel.id, []).append(place)
        file[places].append(channel.id)

    def invite(self, channel: str, user: str = "alex") -> None:
        """Bring the bot in: https://docs.slack.dev/reference/events/member_joined_channel."""
        place, bot = self.channel(channel), cast.BOT_USER
        place.members.add(bot)
        self.tell(channel_state=room(place))
        told = {"user": bot, "inviter": self.person(user).id}
        text = f"<@{bot}> has joined the channel"
        self.say(place, bot, None, text=text, subtype=f"{place.kind}_join", **told)
        event = {"type": "member_joined_channel", "channel": place.id, "team": cast.TEAM_ID}
        self.happen(place, event | {"channel_type": place.id[0], **told})

    def _revised(self, channel: Channel, message: Json, before: Json) -> None:
        event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": self.tick()}
        self._changed(channel, message, event | {"message": message, "previous_message": before})

    def _changed(self, channel: Channel, message: Json, event: Json) -> None:
        self.tell(channel=channel.id, message=message)
        event = copy.deepcopy(event) | {"channel": channel.id}
        for holder in (event, event.get("message", {}), event.get("previous_message", {})):
            if self.hides_files and holder.get("files"):
                holder["files"] = [{"id": file["id"], **STUB} for file in holder["files"]]
        self.happen(channel, event | {"channel_type": channel.kind})
        mentioned = f"<@{cast.BOT_USER}>" in event.get("text", "") and channel.kind != "im"
        if mentioned and event.get("subtype", "file_share") == "file_share":
            # one event more: https://docs.slack.dev/reference/events/app_mention
            event.pop("subtype", None)
            self.happen(channel, event | {"type": "app_mention"})


def _authorship(author: Person) -> Json:
    ids = {"bot_id": author.bot_id, "app_id": f"A{author.bot_id[1:]}"} if author.bot_id else {}
    if author.id == "U0MONITOR":  # an incoming webhook has no user
        return {"subtype": "bot_message", "username": author.real_name, **ids}
    profile = {**ids, "name": author.real_name}
    mark = {"bot_profile": profile} if ids else {"client_msg_id": str(uuid.uuid4())}
    return {"user": author.id, "team": cast.TEAM_ID, **ids, **mark}


def room(channel: Channel) -> Json:
    """Return a channel as the page knows it, without what was said there."""
    named = {"id": channel.id, "name": channel.name, "kind": channel.kind}
    return named | {"archived": channel.is_archived, "members": sorted(channel.members)}
