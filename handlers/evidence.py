"""What a message gives to a verdict, and how it becomes inputs of the analysis."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from bot import patience
from bot.asides import Asker
from bot.errors import DespoolError
from bot.files import FileUnreachable, NotALog
from bot.incidents import Evidence
from bot.reading.sources import Source
from bot.services import Services, said
from bot.slack import SlackUnreachable
from handlers.contents import gather, uploads
from handlers.slack_text import escape

log = logging.getLogger(__name__)

Json = dict[str, Any]

INPUT_NAME = "message"
FILE_PATIENCE = 120.0  # seconds; then the person who uploaded it is told


def evidence_of(message: Json, services: Services, *, edited: str = "") -> Evidence:
    """Return what a message gives to a verdict: its text where that may hold a log, its files."""
    text = gather(message, services.recognises)
    return Evidence(
        text=text if services.recognises(text) else "",
        files=tuple(file for file in uploads(message) if services.files.readable(file)),
        edited=edited,
    )


async def sources_of(
    texts: Sequence[str],
    files: Sequence[Json],
    asker: Asker,
    services: Services,
    complained: set[str] | None = None,
) -> list[Source]:
    """Return texts and fetched files as inputs; tell the asker once of a file not to be had."""
    complained = set() if complained is None else complained
    names = [
        f"{INPUT_NAME} {number}" if number > 1 else INPUT_NAME
        for number in range(1, 1 + len(texts))
    ]
    found: list[Source] = [said(name, text) for name, text in zip(names, texts, strict=True)]
    for file in files:
        try:
            found.append(await fetch(file, services))
        except NotALog:
            continue
        except DespoolError as error:
            log.warning("A file was not fetched: %s", error)
            if str(file.get("id")) not in complained:
                complained.add(str(file.get("id")))
                await services.asides.tell(asker, escape(str(error)))
    return found


async def fetch(file: Json, services: Services) -> Source:
    """Fetch one file, again and again while Slack is in trouble."""

    async def attempt(_: bool) -> Source:
        return await services.files.fetch(file)

    return await patience.insist(
        attempt, patience=FILE_PATIENCE, trouble=(SlackUnreachable, FileUnreachable)
    )
