"""Questions on their way to one agent, each waiting for its answer."""

from __future__ import annotations

import asyncio

from bot.agents.trouble import AgentRefused, AgentUnreachable
from bot.wire.talk import Answer, Failed

MOST = 64  # questions to one agent at the same time


class Pending:
    """The questions that wait, by their number."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    def expect(self, id_: str) -> asyncio.Future[Answer]:
        """Return what the answer to a question will be in, or raise AgentUnreachable."""
        if len(self._waiting) >= MOST:
            raise AgentUnreachable("The agent has too many questions to answer. Ask again later.")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = future
        future.add_done_callback(lambda _: self._waiting.pop(id_, None))
        return future

    def settle(self, answer: Answer) -> None:
        """Hand an answer to who waits; one that nobody waits for any more is dropped."""
        future = self._waiting.get(answer.id)
        if future is None or future.done():
            return
        if not isinstance(answer, Failed):
            future.set_result(answer)
        elif answer.code in ("busy", "slow"):
            future.set_exception(AgentUnreachable(answer.text))
        else:
            future.set_exception(AgentRefused(answer.text))

    def fail(self, why: str) -> None:
        """Tell all who wait that no answer comes."""
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(AgentUnreachable(why))
