"""Who and what the stand-in workspace holds at its start: people, apps, channels, the bot's app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM_ID, APP_ID, BOT_USER, BOT_ID = "T0STANDIN", "A0DESPOOL", "U0DESPOOL", "B0DESPOOL"
# What the app has when nothing else is said; the source is its own manifest.
SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,"
    "groups:history,groups:read,im:history,usergroups:read,users:read"
)
_EVENTS = "app_home_opened app_mention member_joined_channel"
SUBSCRIPTIONS = frozenset(f"{_EVENTS} message.channels message.groups message.im".split())
_WHAT = {"hint": "check <server> [path]", "description": "Find out which file is locked, and why"}
COMMANDS = [{"name": "/despool", **_WHAT}]
SHORTCUTS = [{"callback_id": "explain_log", "title": "Explain this log"}]


@dataclass(frozen=True, slots=True)
class Sample:
    """A message that a reader of the page posts into #sms-alerts with one click."""

    title: str
    text: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    user: str = "alex"
    attachments: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the workspace: a person, or an app with its bot."""

    id: str
    name: str
    real_name: str
    bot_id: str | None = None
    is_restricted: bool = False  # a guest


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation and everything said in it, by timestamp and in order."""

    id: str
    name: str
    kind: str  # Slack's channel_type: "channel", "group" (private) or "im"
    members: set[str]
    is_archived: bool = False
    messages: dict[str, Json] = field(default_factory=dict)

    def thread(self, ts: str) -> list[Json]:
        """Return a root message and its replies, oldest first."""
        return [one for one in self.messages.values() if ts in (one["ts"], one.get("thread_ts"))]


PEOPLE = {
    "U0ALEX": Person("U0ALEX", "alex", "Alex Engineer"),
    "U0MORGAN": Person("U0MORGAN", "morgan", "Morgan Admin"),
    "U0SAM": Person("U0SAM", "sam", "Sam Helpdesk"),
    "U0MONITOR": Person("U0MONITOR", "monitor", "Event Monitor", bot_id="B0MONITOR"),
    BOT_USER: Person(BOT_USER, "despool", "Despool", bot_id=BOT_ID),
}


def channels() -> dict[str, Channel]:
    """Return channels with and without the bot, a private one of each kind, and the DMs."""
    kinds, staff = {"C": "channel", "G": "group", "D": "im"}, {"U0ALEX", "U0MORGAN", "U0SAM"}
    heard = {"C0ALERTS": "sms-alerts", "C0RANDOM": "random", "C0ATTIC": "attic"}
    heard |= {"G0SERVER": "server-room"}
    rooms = {name: (title, {*staff, BOT_USER}) for name, title in heard.items()}
    rooms |= {"C0LOUNGE": ("lounge", set(staff)), "G0BOARD": ("board", set(staff))}
    rooms |= {f"D{one[1:]}": (one[2:].lower(), {one, BOT_USER}) for one in sorted(staff)}
    return {
        id_: Channel(id=id_, name=name, kind=kinds[id_[0]], members=members)
        for id_, (name, members) in rooms.items()
    }
