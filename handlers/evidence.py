"""What a message gives to a verdict, and how it becomes inputs of the analysis."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from bot import patience
from bot.asides import Asker
from bot.errors import DespoolError
from bot.files import LARGEST, FileUnreachable, NotALog
from bot.incidents import Evidence
from bot.incidents.writing import storable
from bot.reading.sources import MIB, Source
from bot.services import Identity, Services, said
from bot.slack import SlackUnreachable
from handlers.contents import gather, uploads
from handlers.slack_text import escape, one_line

log = logging.getLogger(__name__)

Json = dict[str, Any]

INPUT_NAME = "message"
HEALED = re.compile(r"\\[^\n]{1,400},\s{0,8}OK\b")
LARGE = 8 * MIB  # what is smaller is read before anybody wonders
FILE_PATIENCE = 120.0  # seconds; then the person who uploaded it is told


def evidence_of(message: Json, services: Services, *, edited: str = "") -> Evidence:
    """Return what a message gives to a verdict: its text where that may hold a log, its files."""
    text = gather(message, services.recognises)
    return Evidence(
        text=storable(text) if may_tell(text, services) else "",
        files=tuple(file for file in uploads(message) if services.files.readable(file)),
        edited=edited,
    )


def is_own(message: Json, identity: Identity) -> bool:
    """Tell whether the bot itself said it: an edit carries our id inside the message only."""
    ids = {identity.bot_id, identity.user_id} - {None}
    return message.get("bot_id") in ids or message.get("user") in ids


def may_tell(text: str, services: Services) -> bool:
    """Tell cheaply whether a text may fail or heal a verdict: `…, OK` alone heals one."""
    return services.recognises(text) or HEALED.search(text) is not None


async def sources_of(
    texts: Sequence[str],
    files: Sequence[Json],
    asker: Asker,
    services: Services,
    told: set[str] | None = None,
    *,
    reporters: Sequence[str | None] = (),
) -> list[Source]:
    """Return texts and fetched files as inputs; `reporters` are the servers that sent the texts.

    The asker is told of a large file before and of a file not to be had, each once; `told` holds
    the ids of the files that need no more words.
    """
    told = set() if told is None else told
    names = _names(reporters or [None] * len(texts))
    found: list[Source] = [said(name, text) for name, text in zip(names, texts, strict=True)]
    for file in files:
        if _is_large(file):
            await _tell(asker, _wait_for(file), file, told, services)
        try:
            found.append(await fetch(file, services))
        except NotALog:
            continue
        except DespoolError as error:
            log.warning("A file was not fetched: %s", error)
            await _tell(asker, str(error), file, told, services)
    return found


def _names(reporters: Sequence[str | None]) -> list[str]:
    """Return what quotes name as their source: a message, or the log of a server."""
    bases = [f"log of {one}" if one else INPUT_NAME for one in reporters]
    counts = [bases[: place + 1].count(base) for place, base in enumerate(bases)]
    return [
        f"{base} {count}" if count > 1 else base for base, count in zip(bases, counts, strict=True)
    ]


async def _tell(asker: Asker, words: str, file: Json, told: set[str], services: Services) -> None:
    if str(file.get("id")) not in told:
        told.add(str(file.get("id")))
        await services.asides.tell(asker, escape(words))


def _is_large(file: Json) -> bool:
    size = file.get("size")
    return isinstance(size, int) and LARGE < size <= LARGEST


def _wait_for(file: Json) -> str:
    return f"Reading {one_line(str(file.get('name')))} ({file['size'] / MIB:,.0f} MiB) …"


async def fetch(file: Json, services: Services) -> Source:
    """Fetch one file, again and again while Slack is in trouble."""

    async def attempt(_: bool) -> Source:
        return await services.files.fetch(file)

    return await patience.insist(
        attempt, patience=FILE_PATIENCE, trouble=(SlackUnreachable, FileUnreachable)
    )
