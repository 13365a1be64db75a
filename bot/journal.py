"""The log of the running bot: a constant sentence, then its fields."""

from __future__ import annotations

import logging

# at DEBUG these write whole messages, and a pasted log is nobody's business
QUIET = ("slack_sdk", "slack_bolt", "aiohttp", "asyncio")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Fields(logging.Formatter):
    """Writes what `extra` holds behind the sentence, as name=value."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of one record."""
        fields = (f"{name}={value!r}" for name, value in vars(record).items() if name not in _OWN)
        return " ".join((super().formatMessage(record), *fields))


def configure(level: str) -> None:
    """Write everything of a level and above to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
