"""The audit: append-only JSON lines of who asked what, and what was answered."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

LARGEST = 16 * 1024 * 1024  # bytes; then the file is set aside once, as .1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question and what became of it."""

    who: str
    operation: str
    what: str | None  # the path as it was asked for
    answer: str  # a state such as "held", or why there was no answer
    ms: float
    server: str | None = None  # in the audit of the bot


class Audit:
    """The file of an agent, or of the bot; each line is one write, so that lines never mix."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, entry: Entry) -> None:
        """Append one line; a full disk is told in the log, and stops no look."""
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": entry.who,
            "operation": entry.operation,
            "what": entry.what,
            "answer": entry.answer,
            "ms": round(entry.ms, 1),
        }
        if entry.server is not None:
            line["server"] = entry.server
        try:
            self._append(json.dumps(line).encode() + b"\n")
        except OSError as error:
            log.error("The audit could not be written", extra={"reason": error.strerror})

    def _append(self, line: bytes) -> None:
        number = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            full = os.fstat(number).st_size > LARGEST
            os.write(number, line)
        finally:
            os.close(number)
        if full:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
