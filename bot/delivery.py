"""Posting and editing: one queue a channel, Slack's pauses honoured, one visible reply."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import DespoolError
from bot.slack import SlackError, SlackLimited, SlackRefused, SlackUnreachable, call

log = logging.getLogger(__name__)

EVENT_TYPE = "despool_finding"
VERSION = 1
ATTEMPTS = 8  # with the pauses below some two minutes, beside what Slack itself asks for
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
REMEMBERED = 10_000
THREAD_PAGE = 200

Sleep = Callable[[float], Awaitable[None]]


class DeliveryFailed(DespoolError):
    """Slack took no reply, however often it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The one reply to one message."""

    channel: str
    thread_ts: str  # of the thread's root
    key: str  # what is answered; the same key is never answered twice
    rule: str
    text: str
    blocks: list[dict[str, Any]]
    look_first: bool = False  # another process may have posted it

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what finds our own reply again; every app may read it, so it names nothing."""
        payload = {"key": self.key, "rule": self.rule, "version": VERSION}
        return {"event_type": EVENT_TYPE, "event_payload": payload}


@dataclass(slots=True)
class _Queue:
    """The turn-taking of one channel; an asyncio lock hands over in order of arrival."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Delivery:
    """Bring answers to Slack.

    A post whose fate is unknown (connection cut, 5xx) is looked for in its thread first and
    repeated only when it is proved absent: at most once, unless proved absent.
    """

    def __init__(self, client: AsyncWebClient, *, sleep: Sleep = asyncio.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._queues: dict[str, _Queue] = {}
        self._posted: OrderedDict[str, tuple[str, Answer]] = OrderedDict()

    async def answer(self, answer: Answer) -> str | None:
        """Post the answer, or edit the one that stands; return its ts, None where it is gone."""
        async with self._turn(answer.channel):
            known = self._posted.get(answer.key)
            if known is None:
                return await self._post(answer)
            if (known[1].text, known[1].blocks) == (answer.text, answer.blocks):
                return known[0]
            return await self._edit(answer, known[0])

    async def whisper(
        self, channel: str, user: str | None, thread_ts: str | None, text: str
    ) -> None:
        """Tell one person alone, as well as may be."""
        if not channel or not user:
            return
        try:
            await call(
                self._client.chat_postEphemeral(
                    channel=channel, user=user, thread_ts=thread_ts, text=text
                )
            )
        except SlackError as error:
            log.warning("Nobody could be told: %s", error)

    async def _post(self, answer: Answer) -> str:
        async def attempt(uncertain: bool) -> str:
            found = await self._find(answer) if uncertain else None
            return found or await self._send(answer)

        found = await self._look(answer) if answer.look_first else None
        return self._remember(answer, found or await self._insist(attempt))

    async def _look(self, answer: Answer) -> str | None:
        """Look for the reply of an earlier process; nothing of this one can be lost yet."""
        try:
            return await self._find(answer)
        except SlackError as error:
            log.warning("A thread could not be read before the reply: %s", error)
            return None

    async def _insist(self, attempt: Callable[[bool], Awaitable[str]]) -> str:
        uncertain = False
        for number in range(ATTEMPTS):
            try:
                return await attempt(uncertain)
            except SlackLimited as error:
                log.info("Slack asks for a pause", extra={"seconds": error.retry_after})
                await self._sleep(error.retry_after)
            except SlackUnreachable as error:
                uncertain = True
                log.warning("A call may or may not have taken effect: %s", error)
                await self._sleep(min(FIRST_PAUSE * 2**number, LONGEST_PAUSE))
        raise DeliveryFailed("Slack took no reply, however often it was tried.")

    async def _send(self, answer: Answer) -> str:
        try:
            posted = await self._call_post(answer, answer.blocks)
        except SlackRefused as error:
            if error.code not in ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"):
                raise
            # the text alone says the whole finding; better plain than nothing
            log.error("Slack refused the blocks of a reply", extra={"rule": answer.rule})
            posted = await self._call_post(answer, None)
        return str(posted["ts"])

    async def _call_post(self, answer: Answer, blocks: list[dict[str, Any]] | None) -> Any:
        return await call(
            self._client.chat_postMessage(
                channel=answer.channel,
                thread_ts=answer.thread_ts,
                text=answer.text,
                blocks=blocks,
                metadata=answer.metadata,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def _edit(self, answer: Answer, ts: str) -> str | None:
        async def attempt(_: bool) -> str:
            await call(
                self._client.chat_update(
                    channel=answer.channel,
                    ts=ts,
                    text=answer.text,
                    blocks=answer.blocks,
                    metadata=answer.metadata,
                    parse="none",
                    link_names=False,
                )
            )
            return ts

        try:
            await self._insist(attempt)
        except SlackRefused as error:
            if error.code != "message_not_found":
                raise
            return None  # somebody took the reply away; it is not said again
        return self._remember(answer, ts)

    async def _find(self, answer: Answer) -> str | None:
        cursor = None
        while True:
            page = await call(
                self._client.conversations_replies(
                    channel=answer.channel,
                    ts=answer.thread_ts,
                    limit=THREAD_PAGE,
                    include_all_metadata=True,
                    cursor=cursor,
                )
            )
            for message in page.get("messages", []):
                if _key(message.get("metadata")) == answer.key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None

    def _remember(self, answer: Answer, ts: str) -> str:
        self._posted[answer.key] = (ts, answer)
        self._posted.move_to_end(answer.key)
        if len(self._posted) > REMEMBERED:
            self._posted.popitem(last=False)
        return ts

    @asynccontextmanager
    async def _turn(self, channel: str) -> AsyncIterator[None]:
        queue = self._queues.setdefault(channel, _Queue())
        queue.waiting += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.waiting -= 1
            if not queue.waiting:
                del self._queues[channel]


def _key(metadata: Any) -> str | None:
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    return dict(metadata.get("event_payload") or {}).get("key")
