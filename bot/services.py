"""What handlers are given: one field for each thing outside the core."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from bot import analysis, reading
from bot.agents import Agents
from bot.asides import Asides
from bot.delivery import Delivery
from bot.errors import DespoolError
from bot.feedback import Feedback
from bot.files import Files
from bot.incidents import Clicks, Drafts, Jobs, Register, Threads
from bot.knowledge import Knowledge
from bot.knowledge import load as load_knowledge
from bot.model import Report
from bot.people import People
from bot.reading.sources import BytesSource, Source
from bot.uploads import Uploads

if TYPE_CHECKING:
    from bot.doctor.row import Row

# bytes of one analysis: on the loop, which waits some 20 ms at most; in a thread, which slows the
# loop down a little; beyond that in a process of its own, whose start takes a second
ON_LOOP = 4 * 1024
IN_THREAD = 16 * 1024
PACKED = (b"PK", b"\x1f\x8b")
QUICK = 4 * 1024  # characters; looking at more would delay the acknowledgement
DEADLINE = 120.0  # seconds; 200 MB of UTF-16 take half a minute
AT_ONCE = 2


class AnalysisFailed(DespoolError):
    """A large input could not be analysed in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is in its workspace."""

    bot_id: str | None = None
    user_id: str | None = None
    team_id: str | None = None
    url: str | None = None  # of the workspace
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything outside the core that a handler may use."""

    identity: Callable[[], Identity]  # for work, which starts only after Slack has answered once
    known: Callable[[], Identity | None]  # for what comes before that
    jobs: Jobs
    threads: Threads
    incidents: Register
    drafts: Drafts
    clicks: Clicks
    delivery: Delivery
    asides: Asides
    uploads: Uploads
    files: Files
    agents: Agents
    people: People
    alert_channel: str | None  # where agents' alerts get their thread
    feedback: Feedback
    knowledge: Knowledge
    examine: Callable[[], Awaitable[list[Row]]]  # what the doctor finds
    trouble: Callable[[], Awaitable[list[str]]]  # what keeps the bot from hearing Slack, in words
    refused: Callable[[str], None]  # Slack said no with this code; the token may be gone
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of the analyses in this process
    workers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def recognises(self, text: str) -> bool:
        """Tell cheaply whether a text may hold a log or an event 109; a long one always may."""
        return len(text) > QUICK or reading.recognises(text)

    async def analyse(self, sources: Sequence[Source]) -> Report:
        """Analyse one body of evidence; a large one in a process of its own, within a deadline."""
        texts = [text for one in sources if (text := _small(one))]
        size = sum(len(one.data) for one in texts)
        if size > IN_THREAD or len(texts) < len(sources):
            async with self.workers:
                return await asyncio.to_thread(analyse_apart, sources, DEADLINE)
        async with self.turn:
            if size > ON_LOOP:
                return await asyncio.to_thread(_analyse, texts)
            await asyncio.sleep(0)  # one in each round of the loop: acknowledgements go before
            return _analyse(texts)


def _small(source: Source) -> BytesSource | None:
    """Return a source that is quickly read; None for a large one, or one that may unpack so."""
    if isinstance(source, BytesSource):
        return source
    with source.open() as stream:
        data = stream.read(IN_THREAD + 1)
    if len(data) > IN_THREAD or data.startswith(PACKED):
        return None
    return BytesSource(name=source.name, data=data)


def said(name: str, text: str) -> BytesSource:
    """Return a text as an input; a lone surrogate can stand in JSON but in no encoding."""
    return BytesSource(name=name, data=text.encode("utf-8", errors="replace"))


def analyse_apart(sources: Sequence[Source], deadline: float) -> Report:
    """Analyse in a worker process, and end it when the deadline (seconds) has passed."""
    context = multiprocessing.get_context("spawn")  # a fork would copy locks of other threads
    ours, theirs = context.Pipe()
    # the text goes through the pipe: as an argument it would block for ever in `start` where the
    # worker dies early
    worker = context.Process(target=_work, args=(theirs,), daemon=True)
    worker.start()
    theirs.close()  # so that the end of the worker ends the pipe
    try:
        ours.send(list(sources))
        if not ours.poll(deadline):
            raise AnalysisFailed(f"The text could not be analysed in {deadline:g} s.")
        report: Report = ours.recv()
    except (EOFError, OSError):
        raise AnalysisFailed("The analysis ended without an answer.") from None
    finally:
        ours.close()
        worker.kill()
        worker.join()
    return report


def _work(pipe: Connection) -> None:
    pipe.send(_analyse(pipe.recv()))
    pipe.close()


def _analyse(sources: Sequence[Source]) -> Report:
    return analysis.analyse(sources, load_knowledge())
