"""The port to agents, with agents behind it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.agents import saying
from bot.agents.admission import Admission, Statuses
from bot.agents.asking import Asking
from bot.agents.port import NOBODY, AgentStatus, Enrolled, Looked
from bot.analysis import analyse
from bot.knowledge import Knowledge
from bot.model import Finding
from bot.reading.sources import BytesSource
from bot.wire.talk import Recent


class ConnectedAgents:
    """Asks the agents, and says what they answered; `admission` is for admins."""

    def __init__(
        self, statuses: Statuses, asking: Asking, admission: Admission, knowledge: Knowledge
    ) -> None:
        self._statuses, self.asking, self.admission = statuses, asking, admission
        self._knowledge = knowledge

    def statuses(self) -> tuple[AgentStatus, ...]:
        """Return the agents that are connected now, to whichever replica."""
        return self._statuses()

    async def enrolled(self) -> tuple[Enrolled, ...]:
        """Return the agents that may report, connected or not."""
        return await self.admission.enrolled()

    async def who_holds(self, server: str, path: str, asker: str = NOBODY) -> Looked:
        """Say who holds a file there, or raise an AgentError."""
        answer = await self.asking.who_holds(server, path, asker)
        return Looked(lines=saying.of_holds(answer), state=answer.holds.state)

    async def check(
        self, server: str, path: str | None, back: timedelta, asker: str = NOBODY
    ) -> tuple[str, ...]:
        """Say what the server's logs and open files show, or raise an AgentError."""
        answer = await self.asking.check(server, path, back, asker)
        return saying.of_recent(answer, await asyncio.to_thread(self._judged, answer))

    async def watch(self, server: str, path: str) -> None:
        """Have the agent tell when a file is released, or raise an AgentError."""
        await self.asking.watch(server, path, NOBODY)

    async def invite(self, name: str) -> str:
        """Return a code by which the server of this name can enrol once, or raise."""
        return await self.admission.invite(name)

    async def revoke(self, name: str) -> bool:
        """Take back the right of the agent of this name to report; its socket closes at once."""
        return bool(await self.admission.revoke(name))

    def _judged(self, answer: Recent) -> tuple[Finding, ...]:
        """Judge the lines as one body of evidence, each log and event log an input of its own."""
        texts: dict[str, list[str]] = {}
        for line in answer.lines:
            texts.setdefault(line.source, []).append(line.text)
        sources = [
            BytesSource(name=name, data="\n".join(lines).encode("utf-8", "replace"))
            for name, lines in texts.items()
        ]
        return analyse(sources, self._knowledge).findings if sources else ()
