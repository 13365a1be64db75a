"""Posting and editing: one queue a channel, Slack's pauses honoured, one visible reply."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import Answer, key_of
from bot.errors import DespoolError, TryLater
from bot.incidents import Entry, Ledger, Standing
from bot.patience import PATIENCE, Sleep, insist
from bot.slack import SlackRefused, SlackUnreachable, call

log = logging.getLogger(__name__)

THREAD_PAGE = 200
POSTED_WITHIN = 10.0  # seconds that one post may take
SETTLED = POSTED_WITHIN + 2  # seconds after which a post of another process stands, or never will
ELSEWHERE = 0.1  # seconds between looks while another process posts
TOO_MUCH = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")

Json = dict[str, Any]


class DeliveryFailed(TryLater):
    """Slack took no reply, however often it was tried."""

    soon = False


class NowhereToLook(DespoolError):
    """A post of unknown fate is in no thread that could be read."""


@dataclass(slots=True)
class _Queue:
    """The turn-taking of one channel; an asyncio lock hands over in order of arrival."""

    entrance: asyncio.Lock = field(default_factory=asyncio.Lock)  # keeps the order of arrival
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside: int = 0


class Delivery:
    """Bring answers to Slack.

    What is to be seen is written into the ledger first, and a post before it is tried. A post
    whose fate is unknown (connection cut, 5xx, the end of a process) is looked for in its thread,
    and repeated only when it is proved absent. While an answer waits for its turn or for Slack, a
    newer version of it takes its place.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        ledger: Ledger,
        *,
        sleep: Sleep = asyncio.sleep,
        patience: float = PATIENCE,
        settled: float = SETTLED,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._sleep = sleep
        self._patience = patience
        self._settled = settled
        self._queues: dict[str, _Queue] = {}
        self._posting: set[str] = set()  # keys for which a post is under way in this process

    async def answer(self, answer: Answer) -> str | None:
        """Post the answer, or edit the one that stands, and return its ts.

        None where somebody took it away, or nobody can tell whether Slack took it.
        """
        wanted = asdict(answer)
        del wanted["version"]
        async with self._queue(answer.channel) as queue:
            async with queue.entrance:
                entry = await self._ledger.want(answer.key, answer.version, wanted)
            while not entry.is_shown:
                # outside of the turn: the others of the channel need not wait for a doubt to pass
                await asyncio.sleep(self._doubt(entry))
                async with queue.turn:
                    entry = await self._settle(answer.key)
        return entry.ts if entry.standing is Standing.POSTED else None

    async def adopt(self, key: str, ts: str) -> None:
        """Take a message found in its thread for the reply that stands."""
        await self._ledger.adopt(key, ts)

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

    def _doubt(self, entry: Entry) -> float:
        """Return for how many seconds it cannot be known whether a tried post will stand."""
        if entry.standing is not Standing.POSTING or entry.key in self._posting:
            return 0.0
        if self._ledger.is_elsewhere(entry):
            return ELSEWHERE
        # it may still be on its way, though whoever sent it is gone; clocks may have jumped
        return min(max(entry.since + self._settled - time.time(), 0.0), self._settled)

    async def is_public(self, channel: str) -> bool:
        """Tell whether Slack lists a channel that the bot is in as public; an id does not tell."""
        cursor = None
        while True:
            page = await call(
                self._client.users_conversations(
                    types="public_channel", limit=THREAD_PAGE, cursor=cursor
                )
            )
            if any(one.get("id") == channel for one in page.get("channels") or ()):
                return True
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return False

    async def _settle(self, key: str) -> Entry:
        """Bring the newest state of an answer to Slack, as far as no doubt stands in the way."""
        try:
            while not (entry := await self._ledger.read(key)).is_shown:
                if entry.ts is not None:
                    await self._edit(entry)
                elif self._doubt(entry) or not await self._post(entry):
                    break
        except SlackUnreachable:
            raise DeliveryFailed("Slack took no reply, however often it was tried.") from None
        return entry

    async def _post(self, entry: Entry) -> bool:
        """Post, or find what an earlier try has posted; False where another process posts."""
        was_tried = entry.standing is Standing.POSTING

        async def attempt(uncertain: bool) -> bool:
            if not await self._ledger.claim(entry.key):
                return False
            if (uncertain or was_tried) and await self._is_found(entry.key):
                return True
            newest = await self._ledger.read(entry.key)
            ts = await self._send(_answer(newest))
            await self._ledger.posted(entry.key, ts, newest)
            log.info("Posted", extra={"key": entry.key, "version": newest.wanted_version})
            return True

        self._posting.add(entry.key)
        try:
            return await insist(attempt, sleep=self._sleep, patience=self._patience)
        except SlackRefused:
            await self._ledger.refused(entry.key)
            raise
        finally:
            self._posting.discard(entry.key)

    async def _is_found(self, key: str) -> bool:
        """Look for a post whose fate is unknown; where nobody can look, it is not made again."""
        answer = _answer(await self._ledger.read(key))
        try:
            found = await self._find(answer)
        except (SlackRefused, NowhereToLook) as error:
            log.error("A reply may or may not stand, and cannot be looked for: %s", error)
            await self._ledger.lost(key, Standing.UNSURE)
            return True
        if found is not None:
            await self._ledger.posted(key, found, None)
        return found is not None

    async def _find(self, answer: Answer) -> str | None:
        if answer.thread_ts is None:
            # one post missing is better than one said twice
            raise NowhereToLook("it is in no thread.")
        for message in await self.thread(answer.channel, answer.thread_ts):
            if key_of(message) == answer.key:
                return str(message["ts"])
        return None

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
        try:
            async with asyncio.timeout(POSTED_WITHIN):
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
        except TimeoutError:
            raise SlackUnreachable("Slack did not say whether it took the message.") from None

    async def _edit(self, entry: Entry) -> None:
        ts = str(entry.ts)

        async def attempt(_: bool) -> None:
            newest = await self._ledger.read(entry.key)
            await self._or_plain(partial(self._call_update, ts), _answer(newest))
            await self._ledger.posted(entry.key, ts, newest)
            log.info("Edited", extra={"key": entry.key, "version": newest.wanted_version})

        try:
            await insist(attempt, sleep=self._sleep, patience=self._patience)
        except SlackRefused as error:
            if error.code != "message_not_found":
                raise
            await self._ledger.lost(entry.key, Standing.GONE)

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

    @asynccontextmanager
    async def _queue(self, channel: str) -> AsyncIterator[_Queue]:
        queue = self._queues.setdefault(channel, _Queue())
        queue.inside += 1
        try:
            yield queue
        finally:
            queue.inside -= 1
            if not queue.inside:
                del self._queues[channel]


def _answer(entry: Entry) -> Answer:
    return Answer(version=entry.wanted_version, **entry.wanted)
