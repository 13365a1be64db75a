"""The log of the running bot: a constant sentence, then its fields, as JSON or for the eye."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

# at DEBUG these write whole messages, and a pasted log is nobody's business
QUIET = ("slack_sdk", "slack_bolt", "aiohttp", "asyncio")
# at INFO these write statements with all that is in them, or what is told by us
QUIETER = ("dbos", "alembic", "filelock", "sqlalchemy")
_SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,  # the incident and the job a line belongs to
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(level: str, form: str = "auto") -> None:
    """Write everything of a level and above to standard error; `form`: auto, console or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendered(form),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLogger().level))
    for name in QUIETER:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _rendered(form: str) -> list[Any]:
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    if form == "json" or (form == "auto" and not is_terminal):
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return [
        structlog.dev.ConsoleRenderer(
            colors=is_terminal, exception_formatter=structlog.dev.plain_traceback
        )
    ]
