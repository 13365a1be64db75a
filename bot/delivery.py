"""Posting and editing: one queue a channel, Slack's pauses honoured, one visible reply."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import DespoolError
from bot.patience import PATIENCE, Sleep, insist
from bot.slack import SlackRefused, SlackUnreachable, call

log = logging.getLogger(__name__)

EVENT_TYPE = "despool_finding"
VERSION = 1
REMEMBERED = 10_000
THREAD_PAGE = 200
TOO_MUCH = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")

Json = dict[str, Any]


class DeliveryFailed(DespoolError):
    """Slack took no reply, however often it was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The one reply to one thread, or with no `thread_ts` one post of the bot's own."""

    channel: str
    thread_ts: str | None  # of the thread's root
    key: str  # what is answered; the same key is never answered twice
    rule: str
    text: str
    blocks: list[Json]
    version: int = 0  # of the same key: the highest is what is to be seen in the end

    @property
    def metadata(self) -> Json:
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
    repeated only when it is proved absent: at most once, unless proved absent. While an answer
    waits for its turn or for Slack, a newer version of it takes its place.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        *,
        sleep: Sleep = asyncio.sleep,
        patience: float = PATIENCE,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._patience = patience
        self._queues: dict[str, _Queue] = {}
        self._newest: dict[str, Answer] = {}
        self._posted: OrderedDict[str, tuple[str, Answer | None]] = OrderedDict()

    async def answer(self, answer: Answer) -> str | None:
        """Post the answer, or edit the one that stands; return its ts, None where it is gone."""
        _, posted = self._posted.get(answer.key, (None, None))
        known = self._newest.get(answer.key) or posted
        if known is None or answer.version >= known.version:
            self._newest[answer.key] = answer
        async with self._turn(answer.channel):
            try:
                return await self._settle(answer.key)
            except SlackUnreachable:
                raise DeliveryFailed("Slack took no reply, however often it was tried.") from None

    def adopt(self, key: str, ts: str) -> None:
        """Take a message found in its thread for the reply that stands."""
        if key not in self._posted:
            self._remember(key, ts, None)

    async def thread(self, channel: str, thread_ts: str) -> list[Json]:
        """Read a whole thread from Slack, oldest first, or raise a SlackError."""
        messages: list[Json] = []
        cursor = None
        while True:
            page = await call(
                self._client.conversations_replies(
                    channel=channel,
                    ts=thread_ts,
                    limit=THREAD_PAGE,
                    include_all_metadata=True,
                    cursor=cursor,
                )
            )
            messages += page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return messages

    async def _settle(self, key: str) -> str | None:
        """Bring the newest state of an answer to Slack; call it only in the channel's turn."""
        ts = self._posted[key][0] if key in self._posted else None
        while (answer := self._newest.get(key)) is not None:  # else another turn has brought it
            try:
                if key not in self._posted:
                    ts = await self._post(answer)
                elif not _says(self._posted[key][1], answer):
                    ts = await self._edit(answer, self._posted[key][0])
            finally:
                if self._newest.get(key) is answer:
                    del self._newest[key]
        return ts

    async def _post(self, answer: Answer) -> str:
        async def attempt(uncertain: bool) -> str:
            if uncertain and (found := await self._find(answer)):
                return self._remember(answer.key, found, None)
            newest = self._newest[answer.key]
            return self._remember(answer.key, await self._send(newest), newest)

        return await insist(attempt, sleep=self._sleep, patience=self._patience)

    async def _send(self, answer: Answer) -> str:
        posted = await self._or_plain(self._call_post, answer)
        return str(posted["ts"])

    async def _or_plain(
        self, send: Callable[[Answer, list[Json]], Awaitable[Json]], answer: Answer
    ) -> Json:
        """Send an answer; without its blocks where Slack refuses them, for the text says it all."""
        try:
            return await send(answer, answer.blocks)
        except SlackRefused as error:
            if error.code not in TOO_MUCH:
                raise
            log.error("Slack refused the blocks of a reply", extra={"rule": answer.rule})
            return await send(answer, [])

    async def _call_post(self, answer: Answer, blocks: list[Json]) -> Json:
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
            newest = self._newest[answer.key]
            await self._or_plain(partial(self._call_update, ts), newest)
            return self._remember(newest.key, ts, newest)

        try:
            return await insist(attempt, sleep=self._sleep, patience=self._patience)
        except SlackRefused as error:
            if error.code != "message_not_found":
                raise
            return None  # somebody took the reply away; it is not said again

    async def _call_update(self, ts: str, answer: Answer, blocks: list[Json]) -> Json:
        return await call(
            self._client.chat_update(
                channel=answer.channel,
                ts=ts,
                text=answer.text,
                blocks=blocks,
                metadata=answer.metadata,
                parse="none",
                link_names=False,
            )
        )

    async def _find(self, answer: Answer) -> str | None:
        if answer.thread_ts is None:
            # no thread to look in: one post missing is better than one said twice
            raise DeliveryFailed("Slack did not say whether it took the message.")
        for message in await self.thread(answer.channel, answer.thread_ts):
            if key_of(message) == answer.key:
                return str(message["ts"])
        return None

    def _remember(self, key: str, ts: str, answer: Answer | None) -> str:
        self._posted[key] = (ts, answer)
        self._posted.move_to_end(key)
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


def _says(posted: Answer | None, answer: Answer) -> bool:
    return posted is not None and (posted.text, posted.blocks) == (answer.text, answer.blocks)


def key_of(message: Json) -> str | None:
    """Return the key of the answer that a message is, None where it is none of ours."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    return dict(metadata.get("event_payload") or {}).get("key")
