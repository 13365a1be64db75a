"""Reading from Slack what a thread said before the bot knew it."""

from __future__ import annotations

import logging
from typing import Any

from bot.answer import key_of
from bot.incidents import Thread
from bot.patience import insist
from bot.services import Services
from bot.slack import SlackRefused
from handlers.evidence import evidence_of, is_own
from handlers.standing import key_of_thread

log = logging.getLogger(__name__)

Json = dict[str, Any]


async def recall(thread: Thread, services: Services, before: str) -> bool:
    """Read from Slack, once, what a thread said before this bot knew it.

    Tell whether our own reply was found in it.
    """
    if thread.recalled:
        return False

    async def read(_: bool) -> list[Json]:
        return await services.delivery.thread(thread.channel, thread.ts)

    try:
        messages = await insist(read)
    except SlackRefused as error:  # there is no right to read it: nothing more can be known
        log.warning("A thread could not be read: %s", error)
        thread.barred = error.code
        messages = []
    thread.recalled = True
    answered, identity = False, services.identity()
    for message in messages:
        key = key_of(message)
        if key == key_of_thread(thread):
            await services.delivery.adopt(key, str(message["ts"]))
            answered = True
        elif key is None and str(message.get("ts")) < before and not is_own(message, identity):
            found, ts = evidence_of(message, services), str(message["ts"])
            if found or ts in thread.evidence:
                thread.take(ts, found)
    return answered
