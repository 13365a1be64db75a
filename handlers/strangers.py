"""People of other workspaces, who share a channel with ours by Slack Connect."""

from __future__ import annotations

from bot.services import Services

STRANGER = "Only members of the workspace I am installed in can do that."


def is_stranger(team: str | None, services: Services) -> bool:
    """Tell whether somebody belongs to another workspace; who names none is taken for ours."""
    known = services.known()
    return bool(team and known and known.team_id and team != known.team_id)
