"""Putting a file into a thread, where what is to be said is longer than a message."""

from __future__ import annotations

import logging
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.patience import insist
from bot.slack import SlackError, SlackUnreachable, call

log = logging.getLogger(__name__)


class Uploads:
    """Upload in Slack's three steps; only the last of them shows anything to anybody."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def attach(self, channel: str, thread_ts: str, name: str, data: bytes) -> str:
        """Share the bytes in a thread and return the file's id, or raise a SlackError."""

        async def prepare(_: bool) -> str:
            return await self._send(name, data)

        file_id = await insist(prepare)

        async def share(uncertain: bool) -> None:
            if not (uncertain and await self._is_shared(file_id)):
                await self._share(file_id, name, channel, thread_ts)

        await insist(share)
        return file_id

    async def remove(self, file_id: str) -> None:
        """Delete a file of our own that a newer one has replaced."""
        try:
            await call(self._client.files_delete(file=file_id))
        except SlackError as error:
            log.warning("An old file stays in its thread: %s", error)

    async def _send(self, name: str, data: bytes) -> str:
        ticket = await call(
            self._client.files_getUploadURLExternal(filename=name, length=len(data))
        )
        try:
            async with self._session.post(
                str(ticket.get("upload_url")),
                data=data,
                allow_redirects=False,
                proxy=self._client.proxy,
            ) as answer:
                if answer.status != 200:
                    raise SlackUnreachable(f"Slack took no file (status {answer.status}).")
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise SlackUnreachable(f"Slack took no file ({type(error).__name__}).") from error
        return str(ticket["file_id"])

    async def _share(self, file_id: str, name: str, channel: str, thread_ts: str) -> None:
        await call(
            self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": name}], channel_id=channel, thread_ts=thread_ts
            )
        )

    async def _is_shared(self, file_id: str) -> bool:
        found: Any = (await call(self._client.files_info(file=file_id))).get("file")
        return bool(isinstance(found, dict) and (found.get("shares") or found.get("channels")))
