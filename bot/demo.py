"""`despool demo`: the real bot beside a stand-in workspace, over loopback sockets."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.app import Running, running
from bot.errors import DespoolError, InputError
from bot.model import Input
from bot.reading.decode import EventFile, unpack
from bot.reading.sources import FileSource, Limits
from bot.settings import Settings
from bot.transcript import transcript
from bot.workspace import Workspace

CHANNEL = "#sms-alerts"
LONGEST = 40_000  # characters of one Slack message
ANSWERED, SILENT, UNUSABLE = 0, 1, 2

EVENT = (
    "Event 109\n"
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\<Server>\\<Share>\\<PackageID>. Disk space available on that server is megabytes, "
    "space required is megabytes."
)
LOG = (
    "~Copying E:\\_S M0000.TMP\\filename.EXE to E:\\SMS_PKGE\\DOG0005D\\filename.EXE, "
    "Failed, Win32 Error = 32  $$>SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>"
)
ALERT = (
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE1\\SMS_PKGE\\DOG0005D. Disk space available on that server is megabytes, "
    "space required is megabytes."
)
SAMPLE = f"{EVENT}\n\n{LOG}"


def demo(file: Path | None, once: bool, port: int) -> int:
    """Run the demonstration; 0 answered or ended by the user, 1 silent, 2 unusable input."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        paste = SAMPLE if file is None else read_paste(file)
        return asyncio.run(_once(paste, port) if once else _until_signal(paste, port))
    except DespoolError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE


def read_paste(file: Path) -> str:
    """Read a file as a person would paste it, or raise InputError where nobody could."""
    items = list(unpack(FileSource(name=str(file), path=file), Limits()))
    if len(items) != 1 or isinstance(items[0], EventFile):
        raise InputError(f"{file}: this is no text to paste. Use: despool explain {file}")
    item = items[0]
    if isinstance(item, Input):
        raise InputError(f"{file}: {item.error}")
    if item.size > 4 * LONGEST:
        raise _too_long(file)
    with item.open() as stream:
        text = stream.read().decode(item.encoding, errors="replace")
    text = text.removeprefix("\N{BYTE ORDER MARK}").replace("\x00", "")
    if len(text) > LONGEST:
        raise _too_long(file)
    if not text.strip():
        raise InputError(f"{file}: there is nothing in it but blanks.")
    return text


def _too_long(file: Path) -> InputError:
    return InputError(
        f"{file}: a Slack message holds {LONGEST:,} characters and this is longer. "
        f"Use: despool explain {file}"
    )


async def _once(paste: str, port: int) -> int:
    async with _together(port) as (workspace, live):
        ts = workspace.post(CHANNEL, paste, user="alex")
        await workspace.settled()
        await live.bot.services.jobs.idle()
        replies = workspace.replies(CHANNEL, ts)
    if not replies:
        sys.stderr.write("The bot stays silent: it sees no failure that it knows.\n")
        return SILENT
    sys.stdout.write("\n\n".join(transcript(reply) for reply in replies) + "\n")
    return ANSWERED


async def _until_signal(paste: str, port: int) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with _together(port) as (workspace, live):
        workspace.post(CHANNEL, user="monitor", attachments=[_alert()])
        workspace.post(CHANNEL, paste, user="alex")
        await workspace.settled()
        await live.bot.services.jobs.idle()
        sys.stdout.write(f"{workspace.url}\n")
        sys.stdout.flush()
        await stop.wait()
    return ANSWERED


def _alert() -> dict[str, Any]:
    return {
        "color": "#b00020",
        "title": "NTSITE1: Application log, source SMS, event 109",
        "text": ALERT,
        "fallback": f"NTSITE1: SMS event 109. {ALERT}",
    }


@asynccontextmanager
async def _together(port: int) -> AsyncIterator[tuple[Workspace, Running]]:
    """Start the workspace and the bot; the bot hears by the time the context is entered."""
    workspace = Workspace(port=port, samples=[("Event 109 and its log line", SAMPLE)])
    try:
        await workspace.__aenter__()
    except OSError as error:
        raise DespoolError(
            f"Port {port} cannot be used: {error.strerror or error}. Give another --port, or 0."
        ) from None
    try:
        async with running(_settings(workspace)) as live:
            await live.connecting
            yield workspace, live
    finally:
        with suppress(asyncio.CancelledError):
            await workspace.__aexit__(None, None, None)


def _settings(workspace: Workspace) -> Settings:
    return Settings.model_validate(
        {
            "slack_bot_token": workspace.bot_token,
            "slack_app_token": workspace.app_token,
            "slack_api_url": workspace.api_url,
            "port": 0,
        }
    )
