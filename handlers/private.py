"""Answers for the person who asked alone, with a button that shares them."""

from __future__ import annotations

from typing import Any

from bot.asides import Asker
from bot.incidents import Draft
from bot.services import Services
from handlers.blocks import Reply
from handlers.buttons import share_button

RULE = "command"
DM = "D"  # the first letter of the id of a direct message
KEY = 200  # characters; Slack gives a button's value 2,000


async def show(
    reply: Reply,
    asker: Asker,
    services: Services,
    *,
    key: str,
    rule: str = RULE,
) -> None:
    """Show an answer to one person."""
    blocks = await shareable(reply, asker, services, key=key, rule=rule)
    await services.asides.tell(asker, reply.text, blocks)


async def shareable(
    reply: Reply, asker: Asker, services: Services, *, key: str, rule: str = RULE
) -> list[dict[str, Any]]:
    """Return the blocks of an answer with the button that shares it, where there is a channel."""
    if not asker.channel or asker.channel.startswith(DM):
        return reply.blocks
    draft = Draft(text=reply.text, blocks=reply.blocks, rule=rule, thread_ts=asker.thread_ts)
    return [*reply.blocks, share_button(await services.drafts.keep(key[:KEY], draft))]
