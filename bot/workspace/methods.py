"""What every method of the Web API is given, and how it finds the channel and content meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.workspace import cast, limits
from bot.workspace.cast import Channel
from bot.workspace.refusal import Refusal
from bot.workspace.team import Message, Team

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method, its token already checked."""

    team: Team
    args: dict[str, Any]
    base_url: str
    socket_url: Callable[[], str]

    def text(self, name: str) -> str:
        """Return an argument as a string, empty when absent."""
        value = self.args.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Return an argument as a truth value, as Slack reads it from a form."""
        return self.text(name).lower() in {"1", "true"}

    def structure(self, name: str, error: str) -> Any:
        """Return an argument that is JSON, also inside a form; None when absent."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(error) from None

    def channel(self, *, by_name: bool = False, joined: bool = True) -> Channel:
        """Return the channel meant, or refuse as Slack does.

        A private channel without the bot does not exist for it:
        https://docs.slack.dev/reference/methods/conversations.info (channel_not_found)
        """
        name = self.text("channel")
        found = self.team.channels.get(name)
        if found is None and by_name:
            try:
                found = self.team.channel(name)
            except KeyError:
                found = None
        if found is None or (found.kind != "channel" and cast.BOT_USER not in found.members):
            raise Refusal("channel_not_found")
        if joined and cast.BOT_USER not in found.members:
            raise Refusal("not_in_channel")
        return found

    def content(self) -> dict[str, Any]:
        """Return `blocks`, `attachments` and `metadata` of a message, those that were given."""
        found: dict[str, Any] = {}
        blocks = self.structure("blocks", "invalid_blocks_format")
        if blocks is not None:
            limits.check_blocks(blocks)
            names = (f"b{index}" for index in range(len(blocks)))
            found["blocks"] = [{"block_id": next(names), **block} for block in blocks]
        attachments = self.structure("attachments", "invalid_attachments")
        if attachments is not None:
            if not isinstance(attachments, list):
                raise Refusal("invalid_attachments")
            if len(attachments) > limits.ATTACHMENTS:
                raise Refusal("too_many_attachments")
            found["attachments"] = attachments
        metadata = self.structure("metadata", "invalid_metadata_format")
        if metadata is not None:
            limits.check_metadata(metadata)
            found["metadata"] = metadata
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A method, and what a token needs to call it."""

    run: Callable[[Call], Answer]
    scopes: tuple[str, ...] = ()  # any one of them is enough
    token: str = "bot"  # noqa: S105 - the kind of token: "bot", "app" or "" for none


def page_of(call: Call, items: list[Any], most: int) -> tuple[list[Any], str]:
    """Return one page and the cursor of the next: https://docs.slack.dev/apis/web-api/pagination."""
    start, limit = call.text("cursor") or "0", call.text("limit") or str(most)
    if not start.isdigit():
        raise Refusal("invalid_cursor")
    if not limit.isdigit() or not 0 < int(limit) <= 1000:
        raise Refusal("invalid_limit")
    end = int(start) + int(limit)
    return items[int(start) : end], str(end) if end < len(items) else ""


def shown(message: Message, *, metadata: bool) -> Message:
    """Return a message as history shows it; metadata only when it was asked for."""
    return {key: value for key, value in message.items() if metadata or key != "metadata"}
