"""Who of a workspace may have servers looked at, and who may add servers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import SlackError, call

GROUP = "S"  # the first letter of a user group's id; people have U or W


class People:
    """Looks people up when they ask for something; what cannot be known is refused.

    `allowed` and `admins` are ids of people and user groups. With nobody allowed by name, every
    full member of the workspace is; guests and people of other workspaces are only by name.
    """

    def __init__(
        self, client: AsyncWebClient, *, allowed: Collection[str], admins: Collection[str]
    ) -> None:
        self._client = client
        self._allowed = frozenset(allowed)
        self._admins = frozenset(admins)

    async def refusal(self, user: str | None, *, is_stranger: bool = False) -> str | None:
        """Return why somebody may not have a server looked at, in words; None: they may."""
        if not user:
            return "Slack did not say who asks, so no server was looked at."
        try:
            if await self._is_among(user, self._allowed):
                return None
            if self._allowed:
                return "Only people named in DESPOOL_ALLOWED_USERS may have servers looked at."
            who = (await call(self._client.users_info(user=user))).get("user")
        except SlackError as error:
            return f"I could not find out whether you may have servers looked at. {error}"
        if is_stranger or not isinstance(who, dict) or _is_guest(who):
            return (
                "Guests and people of other workspaces may not have servers looked at, unless "
                "DESPOOL_ALLOWED_USERS names them."
            )
        return None

    async def is_admin(self, user: str | None) -> bool:
        """Tell whether somebody may add and remove servers; raise a SlackError where unknown."""
        return bool(user) and await self._is_among(str(user), self._admins)

    @property
    def has_admins(self) -> bool:
        """Tell whether anybody may do so from Slack."""
        return bool(self._admins)

    async def _is_among(self, user: str, names: Collection[str]) -> bool:
        if user in names:
            return True
        for group in sorted(name for name in names if name.startswith(GROUP)):
            answer = await call(self._client.usergroups_users_list(usergroup=group))
            if user in (answer.get("users") or ()):
                return True
        return False


def _is_guest(who: dict[str, Any]) -> bool:
    return any(who.get(name) for name in ("is_restricted", "is_ultra_restricted", "deleted"))
