"""Reporting by itself: what the followed logs get is pushed, and a locked file is looked at."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.agent.capturing import Captures, new_id
from bot.agent.entries import Entries, Entry
from bot.agent.events import EventLog, space_events
from bot.agent.following import Follower, Mark, mark_of
from bot.agent.lines import whole_lines
from bot.agent.opening import open_log
from bot.agent.outbox import Outbox, OutboxUnusable
from bot.wire.frames import written
from bot.wire.talk import Line, RecordPush

log = logging.getLogger(__name__)

EVERY = 0.1  # seconds between two looks at the size of a log
EVENTS_EVERY = 1.0
AFTER_TROUBLE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What was read in one go, and how far that is in its source."""

    source: str  # the key of the mark
    entries: tuple[Entry, ...]
    mark: str
    again: bool = False


class Reporter:
    """Takes what the followed sources get; marks and pushes are kept together."""

    def __init__(self, outbox: Outbox, captures: Captures, pushed: asyncio.Event) -> None:
        self._outbox, self._captures, self._pushed = outbox, captures, pushed

    async def take(self, batch: Batch) -> None:
        """Keep a batch for the bot, and look at once at what is reported as locked."""
        now = datetime.now(UTC)
        records: list[tuple[str, Entry]] = []
        with self._outbox.together():
            for entry in batch.entries:
                if self._is_new(entry, batch):
                    records.append((new_id(), entry))
                    self._put(*records[-1], now)
            self._outbox.set_mark(batch.source, batch.mark)
        self._pushed.set()
        latest = {
            entry.path.casefold(): (id_, entry.path)
            for id_, entry in records
            if entry.locked and entry.path is not None
        }
        for id_, path in latest.values():
            self._captures.begin(id_, path)

    def _put(self, id_: str, entry: Entry, now: datetime) -> None:
        line = Line(source=entry.source, line=entry.line, text=entry.text)
        self._outbox.put(id_, written(RecordPush(id=id_, seen_at=now, entry=line)))

    def _is_new(self, entry: Entry, batch: Batch) -> bool:
        """Tell a repeated entry by its time; where it has none, only in a file written anew."""
        text = f"{batch.source}\n{entry.text}"
        key = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        return self._outbox.is_new(key) or (entry.at is None and not batch.again)


class LogThread:
    """Follows one log in a thread of its own, so that a dead file system stops nothing else."""

    def __init__(self, path: Path, outbox: Outbox, reporter: Reporter) -> None:
        """Prepare to follow a log from where it was read to."""
        self.source = str(path)
        self.placed = asyncio.Event()  # from then on whatever is written is new
        self._path, self._reporter = path, reporter
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._mark = mark_of(outbox.mark(self.source))
        self._entries = Entries(path.name)
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"follow {path.name}")

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    async def close(self) -> None:
        """Follow no longer, when a batch under way is taken; a hung thread is left to itself."""
        self._stop.set()
        for _ in range(100):
            if not self._thread.is_alive():
                return
            await asyncio.sleep(0.02)

    def _run(self) -> None:
        try:
            self._follow()
        except (CancelledError, RuntimeError):
            if not (self._stop.is_set() or self._loop.is_closed()):
                raise  # else the program ends, and its loop with it

    def _follow(self) -> None:
        follower = Follower(self._path, open_log, self._mark)
        self._loop.call_soon_threadsafe(self.placed.set)
        with suppress(OutboxUnusable):  # it is kept with the first lines, then
            self._hand_over([], follower.mark, again=False)
        pause = EVERY
        while not self._stop.wait(pause):
            before = follower.mark
            try:
                self._step(follower)
                pause = EVERY
            except (OSError, OutboxUnusable) as error:
                if pause == EVERY:
                    log.warning("A log is not followed", extra=_told(self._path, error))
                follower.go_back(before)
                self._entries.restart()
                pause = AFTER_TROUBLE

    def _step(self, follower: Follower) -> None:
        for piece in follower.read():
            if piece.line == 1:
                self._entries.restart()
            lines = whole_lines(piece)
            found = self._entries.read(lines) if lines.text else []
            mark = follower.mark
            if not piece.closed:
                mark = follower.after(lines.data, lines.count)
            self._hand_over(found, mark, again=piece.again)
            follower.mark = mark

    def _hand_over(self, found: list[Entry], mark: Mark | None, *, again: bool) -> None:
        if mark is None or self._stop.is_set():
            return
        batch = Batch(source=self.source, entries=tuple(found), mark=mark.as_text(), again=again)
        asyncio.run_coroutine_threadsafe(self._reporter.take(batch), self._loop).result()


async def follow_events(
    logs: Sequence[tuple[str, EventLog]],
    outbox: Outbox,
    reporter: Reporter,
    *,
    every: float = EVENTS_EVERY,
) -> None:
    """Report the events 109 that the server's event logs get, until cancelled."""
    troubled: set[str] = set()
    while True:
        for source, event_log in logs:
            try:
                await _new_events(source, event_log, outbox, reporter)
                troubled.discard(source)
            except (OSError, OutboxUnusable) as error:
                if source not in troubled:
                    log.warning("An event log is not followed", extra=_told(Path(source), error))
                troubled.add(source)
        await asyncio.sleep(AFTER_TROUBLE if troubled else every)


async def _new_events(source: str, event_log: EventLog, outbox: Outbox, reporter: Reporter) -> None:
    key = f"event log {source}"
    held = outbox.mark(key)
    newest = await asyncio.to_thread(event_log.newest)
    if held == str(newest):
        return
    entries: list[Entry] = []
    if held is not None:  # what is there when it is followed first is not new
        begin = int(held) if newest > int(held) else 0  # else the log was cleared
        entries = await asyncio.to_thread(space_events, event_log, source, begin)
    await reporter.take(Batch(source=key, entries=tuple(entries), mark=str(newest)))


def _told(path: Path, error: Exception) -> dict[str, str]:
    reason = error.strerror if isinstance(error, OSError) else None
    return {"source": path.name, "reason": reason or str(error)}
