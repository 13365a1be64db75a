"""`despool demo`: the real bot beside a stand-in workspace, over loopback sockets."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.app import Running, running
from bot.errors import DespoolError, InputError
from bot.model import Input
from bot.reading.decode import EventFile, Text, unpack
from bot.reading.sources import MIB, FileSource, Limits
from bot.samples import ALERT, HOSTILE, LOOK_ALIKE, SEED, SHORTAGE, UTF16_LOG
from bot.settings import Settings
from bot.stopping import stop_on_signal
from bot.transcript import transcript
from bot.workspace import Sample, Workspace

CHANNEL = "#sms-alerts"
LONGEST = 12_000  # characters; what is longer people upload, as Slack itself would have them do
LARGEST = 256 * MIB
ANSWER_IN = 60.0  # seconds
ANSWERED, SILENT, UNUSABLE = 0, 1, 2

ALERT_POST = {
    "color": "#b00020",
    "title": "NTSITE1: Application log, source SMS, event 109",
    "text": ALERT,
    "fallback": f"NTSITE1: SMS event 109. {ALERT}",
}
SAMPLES = (
    Sample(title="The article's event and log line", text=SEED),
    Sample(title="An alert of a monitoring app", user="monitor", attachments=[ALERT_POST]),
    Sample(title="A real shortage", text=SHORTAGE),
    Sample(title="Look-alikes: silence", text=LOOK_ALIKE),
    Sample(
        title="A UTF-16 log file", text="From the site server:", files={"Despool.log": UTF16_LOG}
    ),
    Sample(title="A hostile paste", text=HOSTILE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a person posts: a text, or a file."""

    text: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def demo(file: Path | None, once: bool, port: int, browser: bool = False) -> int:
    """Run the demonstration; 0 answered or ended by the user, 1 silent, 2 unusable input."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        post = Post(text=SEED) if file is None else read_post(file)
        return asyncio.run(_once(post, port) if once else _until_signal(post, port, browser))
    except DespoolError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE


def read_post(file: Path) -> Post:
    """Read a file as a person would bring it: short text is pasted, everything else uploaded.

    Raise InputError where nothing in it could be read.
    """
    items = list(unpack(FileSource(name=str(file), path=file), Limits(plain=LARGEST)))
    failed = [item for item in items if isinstance(item, Input)]
    if len(failed) == len(items):
        raise InputError(f"{file}: {failed[0].error if failed else 'there is nothing in it.'}")
    text = _pasted(items[0]) if len(items) == 1 else None
    if text is None:
        return Post(files={file.name: file.read_bytes()})
    if not text.strip():
        raise InputError(f"{file}: there is nothing in it but blanks.")
    return Post(text=text)


def _pasted(item: Text | EventFile | Input) -> str | None:
    if not isinstance(item, Text) or item.size > 4 * LONGEST:
        return None
    with item.open() as stream:
        text = stream.read().decode(item.encoding, errors="replace")
    text = text.removeprefix("\N{BYTE ORDER MARK}").replace("\x00", "")
    return text if len(text) <= LONGEST else None


async def _once(post: Post, port: int) -> int:
    async with _together(port) as (workspace, live):
        ts = workspace.post(CHANNEL, post.text, user="alex", files=post.files)
        await workspace.settled(ANSWER_IN)
        await live.bot.services.jobs.idle()
        replies = workspace.replies(CHANNEL, ts)
    if not replies:
        sys.stderr.write("The bot stays silent: it sees no failure that it knows.\n")
        return SILENT
    sys.stdout.write("\n\n".join(transcript(reply) for reply in replies) + "\n")
    return ANSWERED


async def _until_signal(post: Post, port: int, browser: bool) -> int:
    stop = stop_on_signal()
    async with _together(port) as (workspace, live):
        workspace.post(CHANNEL, user="monitor", attachments=[ALERT_POST])
        workspace.post(CHANNEL, post.text, user="alex", files=post.files)
        await workspace.settled(ANSWER_IN)
        await live.bot.services.jobs.idle()
        sys.stdout.write(f"{workspace.url}\n")
        sys.stdout.flush()
        if browser:
            await asyncio.to_thread(webbrowser.open, workspace.url)
        await stop.wait()
    return ANSWERED


@asynccontextmanager
async def _together(port: int) -> AsyncIterator[tuple[Workspace, Running]]:
    """Start the workspace and the bot; the bot hears by the time the context is entered."""
    workspace = Workspace(port=port, samples=SAMPLES)
    try:
        await workspace.__aenter__()
    except OSError as error:
        raise DespoolError(
            f"Port {port} cannot be used: {error.strerror or error}. Give another --port, or 0."
        ) from None
    try:
        with tempfile.TemporaryDirectory(prefix="despool-demo-") as folder:
            async with running(_settings(workspace, folder)) as live:
                await live.connecting
                yield workspace, live
    finally:
        with suppress(asyncio.CancelledError):
            await workspace.__aexit__(None, None, None)


def _settings(workspace: Workspace, folder: str) -> Settings:
    return Settings.model_validate(
        {
            "slack_bot_token": workspace.bot_token,
            "slack_app_token": workspace.app_token,
            "slack_api_url": workspace.api_url,
            "data_dir": folder,
            "port": 0,
        }
    )
