"""Who and what the stand-in workspace holds at its start: people, apps and channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEAM_ID = "T0STANDIN"
APP_ID = "A0DESPOOL"
BOT_USER = "U0DESPOOL"
BOT_ID = "B0DESPOOL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the workspace: a person, or an app with its bot."""

    id: str
    name: str
    real_name: str
    is_admin: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    is_integration: bool = False  # posts `bot_message`s without a user, as incoming webhooks do

    def as_json(self) -> dict[str, Any]:
        """Return the `user` object of users.info."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": False,
            "is_bot": self.bot_id is not None,
            "is_admin": self.is_admin,
            "tz": "Etc/UTC",
            "tz_offset": 0,
            "profile": {"real_name": self.real_name, "display_name": self.name},
        }


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation and everything said in it, by timestamp and in order."""

    id: str
    name: str
    kind: str = "channel"  # Slack's channel_type: "channel", "group" (private) or "im"
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the `channel` object of conversations.info, as the bot sees it."""
        common = {"id": self.id, "created": 1_000_000_000, "is_archived": self.is_archived}
        if self.kind == "im":
            partner = next(member for member in sorted(self.members) if member != BOT_USER)
            return common | {"is_im": True, "user": partner}
        return common | {
            "name": self.name,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_private": self.kind == "group",
            "is_im": False,
            "is_member": BOT_USER in self.members,
            "num_members": len(self.members),
        }


def people() -> list[Person]:
    """Return the cast: two people, a monitoring app, and the bot under test."""
    return [
        Person(id="U0ALEX", name="alex", real_name="Alex Engineer"),
        Person(id="U0MORGAN", name="morgan", real_name="Morgan Admin", is_admin=True),
        Person(
            id="U0MONITOR",
            name="monitor",
            real_name="Event Monitor",
            bot_id="B0MONITOR",
            app_id="A0MONITOR",
            is_integration=True,
        ),
        Person(id=BOT_USER, name="despool", real_name="Despool", bot_id=BOT_ID, app_id=APP_ID),
    ]


def channels() -> list[Channel]:
    """Return channels with and without the bot, a private one of each kind, and two DMs."""
    staff = {"U0ALEX", "U0MORGAN"}
    return [
        Channel(id="C0ALERTS", name="sms-alerts", members={*staff, BOT_USER}),
        Channel(id="C0RANDOM", name="random", members={*staff, BOT_USER}),
        Channel(id="C0LOUNGE", name="lounge", members=set(staff)),
        Channel(id="C0ATTIC", name="attic", members={*staff, BOT_USER}, is_archived=True),
        Channel(id="G0SERVER", name="server-room", kind="group", members={*staff, BOT_USER}),
        Channel(id="G0BOARD", name="board", kind="group", members=set(staff)),
        Channel(id="D0ALEX", name="alex", kind="im", members={"U0ALEX", BOT_USER}),
        Channel(id="D0MORGAN", name="morgan", kind="im", members={"U0MORGAN", BOT_USER}),
    ]
