"""What one person alone sees: ephemeral answers, modals, the App Home."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.patience import insist
from bot.slack import SlackError, call

log = logging.getLogger(__name__)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The person who asked, and the ways to answer them alone."""

    user: str
    channel: str | None = None
    thread_ts: str | None = None
    response_url: str | None = None  # good for half an hour and five answers


class Asides:
    """Tell one person something; an ephemeral answer is best effort, as Slack says itself."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def tell(self, asker: Asker, text: str, blocks: list[Json] | None = None) -> bool:
        """Answer one person, where they asked or else in a DM; False where Slack took it not."""
        message: Json = {"text": text, **({"blocks": blocks} if blocks else {})}
        # a response URL knows no thread, so where there is one it is the second choice
        ways = [self._respond, self._whisper]
        if asker.thread_ts:
            ways.reverse()
        for way in ways:
            if await way(asker, message):
                return True
        return bool(asker.user) and await self._write(asker.user, message)

    async def dismiss(self, asker: Asker) -> None:
        """Take away what the response URL belongs to, as far as Slack lets us."""
        if asker.response_url:
            await self._send(asker.response_url, {"delete_original": True})

    async def open(self, trigger_id: str, view: Json) -> None:
        """Open a modal, or raise a SlackError; a trigger is good for three seconds."""
        await call(self._client.views_open(trigger_id=trigger_id, view=view))

    async def publish(self, user: str, view: Json) -> None:
        """Show a person their App Home, or raise a SlackError."""

        async def attempt(_: bool) -> Json:
            return await call(self._client.views_publish(user_id=user, view=view))

        await insist(attempt)

    async def _respond(self, asker: Asker, message: Json) -> bool:
        if not asker.response_url:
            return False
        body = {"response_type": "ephemeral", "replace_original": False, **message}
        return await self._send(asker.response_url, body)

    async def _send(self, url: str, body: Json) -> bool:
        try:
            async with self._session.post(
                url, json=body, allow_redirects=False, proxy=self._client.proxy
            ) as answer:
                if answer.status == 200:
                    return True
                log.warning("A response URL took no answer", extra={"status": answer.status})
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            log.warning("A response URL took no answer: %s", type(error).__name__)
        return False

    async def _whisper(self, asker: Asker, message: Json) -> bool:
        if not asker.channel or not asker.user:
            return False
        try:
            await call(
                self._client.chat_postEphemeral(
                    channel=asker.channel,
                    user=asker.user,
                    thread_ts=asker.thread_ts,
                    **message,
                )
            )
        except SlackError as error:
            log.warning("Nobody could be told: %s", error)
            return False
        return True

    async def _write(self, user: str, message: Json) -> bool:
        try:
            await call(
                self._client.chat_postMessage(
                    channel=user, parse="none", unfurl_links=False, unfurl_media=False, **message
                )
            )
        except SlackError as error:
            log.warning("Nobody could be told: %s", error)
            return False
        return True
