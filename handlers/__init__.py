"""The Slack edge: what Slack sends is translated, given to the services, and answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.services import Services
from handlers import actions, alerts, commands, errors, home, messages, modals, welcome

Handler = Callable[..., Coroutine[Any, Any, None]]

# which handler does the work of which kind of job; an event's kind is its type
WORK: Mapping[str, Handler] = {
    "message": messages.on_message,
    "member_joined_channel": welcome.on_member_joined,
    "app_home_opened": home.on_home_opened,
    "command": commands.on_command_work,
    "action": actions.on_action_work,
    "paste": modals.on_paste_work,
    "shortcut": modals.on_shortcut_work,
    "push": alerts.on_push,
    "enrolled": alerts.on_enrolled,
}
MODULES = (commands, actions, modals, errors)


def register(app: AsyncApp, services: Services) -> None:
    """Let each module add its listeners, and give them the one name `services`."""

    @app.middleware
    async def inject(
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        context["services"] = services
        return await next()

    for module in MODULES:
        module.register(app)
