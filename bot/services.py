"""What handlers are given: one field for each thing outside the core."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bot import analysis, reading
from bot.delivery import Delivery
from bot.errors import DespoolError
from bot.incidents import Jobs
from bot.knowledge import Knowledge
from bot.knowledge import load as load_knowledge
from bot.model import Report
from bot.reading.sources import BytesSource

# bytes; a longer input would hold the interpreter for more than 0.2 s, and the socket waits
IN_PROCESS = 16 * 1024
QUICK = 4 * 1024  # characters; looking at more would delay the acknowledgement
DEADLINE = 60.0
AT_ONCE = 2


class AnalysisFailed(DespoolError):
    """A large input could not be analysed in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the bot is in its workspace."""

    bot_id: str | None
    user_id: str | None
    team_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything outside the core that a handler may use."""

    identity: Callable[[], Identity]  # known only after Slack has answered once
    jobs: Jobs
    delivery: Delivery
    knowledge: Knowledge
    workers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def recognises(self, text: str) -> bool:
        """Tell cheaply whether a text may hold a log or an event 109; a long one always may."""
        return len(text) > QUICK or reading.recognises(text)

    async def analyse(self, name: str, text: str) -> Report:
        """Analyse one text; a large one in a process of its own, within a deadline."""
        # a lone surrogate can stand in JSON but in no encoding
        data = text.encode("utf-8", errors="replace")
        if len(data) <= IN_PROCESS:
            return _analyse(name, data)
        async with self.workers:
            return await asyncio.to_thread(analyse_apart, name, data, DEADLINE)


def analyse_apart(name: str, data: bytes, deadline: float) -> Report:
    """Analyse in a worker process, and end it when the deadline (seconds) has passed."""
    context = multiprocessing.get_context("spawn")  # a fork would copy locks of other threads
    ours, theirs = context.Pipe()
    # the text goes through the pipe: as an argument it would block for ever in `start` where the
    # worker dies early
    worker = context.Process(target=_work, args=(theirs,), daemon=True)
    worker.start()
    theirs.close()  # so that the end of the worker ends the pipe
    try:
        ours.send((name, data))
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
    name, data = pipe.recv()
    pipe.send(_analyse(name, data))
    pipe.close()


def _analyse(name: str, data: bytes) -> Report:
    return analysis.analyse([BytesSource(name=name, data=data)], load_knowledge())
