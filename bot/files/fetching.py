"""Fetching what was uploaded: each file once, from Slack alone, with the bot's token."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.files.description import File, described, is_gone, is_incomplete, is_readable
from bot.files.download import FIX, PATIENCE, Road, check_size, download
from bot.files.places import Places
from bot.files.refusals import (
    FileGone,
    FileRefused,
    FileUnreachable,
    LoginPage,
    NotALog,
)
from bot.files.shelf import Shelf
from bot.reading.sources import MIB, FileSource
from bot.slack import SlackRefused, SlackUnreachable, call

AT_ONCE = 4
LARGEST = 256 * MIB
KEPT = 1024 * MIB
_MISSING = ("file_not_found", "file_deleted", "access_denied")
_NO_RIGHT = ("missing_scope", "no_permission", "not_allowed_token_type")


@dataclass(slots=True, kw_only=True)
class _Flight:
    """A download under way, and how many wait for it."""

    task: asyncio.Task[FileSource]
    waiting: int = 0


class Files:
    """What people uploaded, fetched from Slack into a folder of our own."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        *,
        token: str,
        api_url: str,
        folder: Path,
        largest: int = LARGEST,
        room: int = KEPT,
        timeout: aiohttp.ClientTimeout = PATIENCE,
    ) -> None:
        self._client = client
        self._road = Road(
            session=session,
            token=token,
            places=Places(api_url),
            proxy=client.proxy,  # None where the Web API is on this machine
            largest=largest,
            timeout=timeout,
        )
        self._shelf = Shelf(folder, room=room)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._flights: dict[Hashable, _Flight] = {}
        self._tasks: set[asyncio.Task[FileSource]] = set()
        self._closed = False

    @staticmethod
    def readable(obj: object) -> bool:
        """Tell from its description alone whether a file may hold a log."""
        return is_readable(obj)

    async def fetch(self, obj: dict[str, Any]) -> FileSource:
        """Return the file on disk; it stays there while the answer is held.

        Raises FileRefused, whose kind FileUnreachable alone is worth another try, or SlackLimited.
        """
        file = described(obj)
        if file is None:
            raise FileGone("Slack does not say which file was uploaded: upload it again.")
        return await self._together(file, obj)

    async def close(self) -> None:
        """End what is under way and remove every file."""
        self._closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._shelf.clear()

    async def _together(self, file: File, obj: dict[str, Any]) -> FileSource:
        """Wait for the one download of a file, which ends when nobody waits any more."""
        flight = self._join(file, obj)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise _ending(file) from None
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._leave((file.id, file.size), flight)
                flight.task.cancel()

    def _join(self, file: File, obj: dict[str, Any]) -> _Flight:
        if self._closed:
            raise _ending(file)
        key = (file.id, file.size)
        flight = self._flights.get(key)
        if flight is None:
            flight = _Flight(task=asyncio.create_task(self._obtain(file, obj)))
            self._flights[key] = flight
            self._tasks.add(flight.task)
            flight.task.add_done_callback(partial(self._landed, key, flight))
        return flight

    def _landed(self, key: Hashable, flight: _Flight, task: asyncio.Task[FileSource]) -> None:
        self._tasks.discard(task)
        self._leave(key, flight)
        if not task.cancelled():
            task.exception()  # whoever waited has it; without one asyncio would complain

    def _leave(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _obtain(self, file: File, obj: dict[str, Any]) -> FileSource:
        if is_incomplete(obj):
            file = await self._ask(file)
        check_size(file, file.size, self._road.largest)
        found = self._shelf.find(file)
        if found is not None:
            return found
        async with self._turns:
            path, size = await download(file, self._road, self._shelf)
        return self._shelf.put(file, path, size)

    async def _ask(self, named: File) -> File:
        try:
            answer = await call(self._client.files_info(file=named.id))
        except SlackUnreachable as problem:
            raise FileUnreachable(str(problem)) from problem
        except SlackRefused as problem:
            raise _refusal(named, problem.code) from problem
        obj = answer.get("file")
        file = described(obj)
        if file is None or file.id != named.id or not isinstance(obj, dict):
            raise FileUnreachable(f"Slack did not describe the file {named.id}.")
        if is_gone(obj):
            raise FileGone(f"{file.name} is no longer in Slack, or not shared with the app.")
        if not self.readable(obj):
            raise NotALog(f"{file.name} is not a kind of file that can hold a log.")
        if not file.url:
            raise FileGone(f"Slack gives no address for {file.name}: upload it again.")
        return file


def _refusal(file: File, code: str) -> FileRefused:
    if code in _MISSING:
        return FileGone(f"{file.name} is no longer in Slack, or not shared with the app.")
    if code in _NO_RIGHT:
        return LoginPage(f"Slack does not let the app read {file.name} ({code}): {FIX}")
    return FileRefused(f"Slack refused to describe {file.name}: {code}.")


def _ending(file: File) -> FileUnreachable:
    return FileUnreachable(f"{file.name} was not fetched, because Despool is about to end.")
