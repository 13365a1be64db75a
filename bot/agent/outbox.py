"""What is on its way to the bot, kept on disk until the bot has taken it: bounded, in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.agent.private import keep_private
from bot.errors import DespoolError

_TABLES = """
CREATE TABLE IF NOT EXISTS push (
  place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, frame TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS said (place INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS mark (source TEXT PRIMARY KEY, held TEXT NOT NULL);
"""
_LOST = "\0lost"  # no log has such a name
REMEMBERED = 20_000  # entries of logs that are known to have been pushed


class OutboxUnusable(DespoolError):
    """The agent's state cannot be kept on disk."""


class Outbox:
    """The pushes that wait, the entries that were pushed, and how far each log was read.

    All three change together, so that after a crash nothing is missing and nothing comes twice.
    """

    def __init__(self, path: Path, *, pushes: int, size: int) -> None:
        """Open the file, at most `pushes` and `size` bytes of them; the oldest go first."""
        self._most, self._size = pushes, size
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            keep_private(path)
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_TABLES}")
            self._count()
        except (sqlite3.Error, OSError) as error:
            raise OutboxUnusable(f"state: {path} cannot be used: {error}.") from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all changes inside be kept, or none; they may stand inside one another."""
        if self._db.in_transaction:
            yield
            return
        try:
            with self._db:
                self._db.execute("BEGIN")
                yield
        except sqlite3.Error as error:
            self._count()
            raise OutboxUnusable(f"state: the outbox cannot be written: {error}.") from None

    def put(self, id_: str, frame: str) -> None:
        """Keep a push; where there is no room the oldest are dropped and counted."""
        with self.together():
            self._db.execute("INSERT INTO push (id, frame) VALUES (?, ?)", (id_, frame))
            self._bytes += len(frame)
            self.waiting += 1
            while self.waiting > 1 and (self.waiting > self._most or self._bytes > self._size):
                self._drop_oldest()

    def oldest(self, after: int, count: int) -> list[tuple[int, str]]:
        """Return the next pushes behind a place, in order: each place with its frame."""
        question = "SELECT place, frame FROM push WHERE place > ? ORDER BY place LIMIT ?"
        with self.together():
            rows = self._db.execute(question, (after, count)).fetchall()
        return [(int(place), str(frame)) for place, frame in rows]

    def taken(self, id_: str) -> None:
        """Forget a push that the bot has taken."""
        with self.together():
            row = self._db.execute(
                "DELETE FROM push WHERE id = ? RETURNING length(frame)", (id_,)
            ).fetchone()
            if row is not None:
                self._bytes -= int(row[0])
                self.waiting -= 1

    def is_new(self, key: str) -> bool:
        """Tell whether an entry was never pushed, and remember that it now is."""
        with self.together():
            if self._db.execute("SELECT 1 FROM said WHERE key = ?", (key,)).fetchone():
                return False
            place = self._db.execute("INSERT INTO said (key) VALUES (?)", (key,)).lastrowid or 0
            self._db.execute("DELETE FROM said WHERE place <= ?", (place - REMEMBERED,))
            return True

    def mark(self, source: str) -> str | None:
        """Return how far a log had been read, as it was told to `set_mark`."""
        row = self._db.execute("SELECT held FROM mark WHERE source = ?", (source,)).fetchone()
        return str(row[0]) if row else None

    def set_mark(self, source: str, held: str) -> None:
        """Keep how far a log has been read."""
        with self.together():
            self._db.execute("REPLACE INTO mark (source, held) VALUES (?, ?)", (source, held))

    def _drop_oldest(self) -> None:
        row = self._db.execute(
            "DELETE FROM push WHERE place = (SELECT min(place) FROM push) RETURNING length(frame)"
        ).fetchone()
        self._bytes -= int(row[0])
        self.waiting -= 1
        self.lost += 1
        self.set_mark(_LOST, str(self.lost))

    def _count(self) -> None:
        question = "SELECT count(*), coalesce(sum(length(frame)), 0) FROM push"
        count, size = self._db.execute(question).fetchone()
        self.waiting, self._bytes = int(count), int(size)
        self.lost = int(self.mark(_LOST) or 0)
