"""One look at a path somebody named: allowed, in turn, within the deadline, never a guess."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bot.agent.aside import TooSlow, aside
from bot.agent.limits import OneAtATime
from bot.agent.names import PathRefused
from bot.agent.policy import Elsewhere, Gone, Policy
from bot.agent.probes import Target
from bot.errors import DespoolError
from bot.wire import ProbeReport, State, WhoHolds

Look = Callable[[Target], Awaitable[WhoHolds]]
Relay = Callable[[Elsewhere, float], Awaitable[WhoHolds]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How this server looks at a file; every answer speaks the path that was asked for."""

    host: str
    policy: Policy
    look: Look
    relay: Relay
    deadline: float  # seconds
    turns: OneAtATime = field(default_factory=OneAtATime)

    async def at(self, asked: str) -> WhoHolds:
        """Return who holds a path now; what went wrong is said in the answer."""
        started = time.monotonic()
        try:
            target = await aside(lambda: self.policy.locate(asked), self.deadline)
        except PathRefused as error:
            return self._nothing(asked, "refused", str(error), started)
        except (TooSlow, OSError) as error:
            return self._nothing(asked, "unknown", _reason(error), started)
        if isinstance(target, Gone):
            return self._gone(asked, target, started)
        try:
            left = started + self.deadline - time.monotonic()
            async with asyncio.timeout(left), self.turns.turn():
                seen = await self._look(target, left)
        except (TimeoutError, OSError, DespoolError) as error:
            late = f"The look took longer than {self.deadline:g} s."
            why = late if isinstance(error, TimeoutError) else _reason(error)
            return replace(self._nothing(asked, "unknown", why, started), resolved=target.path)
        return replace(seen, host=self.host, path=asked, resolved=seen.resolved or target.path)

    async def _look(self, target: Target | Elsewhere, left: float) -> WhoHolds:
        if isinstance(target, Elsewhere):
            return await self.relay(target, left)
        return await self.look(target)

    def _nothing(self, asked: str, state: State, why: str, started: float) -> WhoHolds:
        ms = (time.monotonic() - started) * 1000
        report = ProbeReport(name="policy" if state == "refused" else "look", ms=ms, error=why)
        return WhoHolds(
            host=self.host,
            path=asked,
            resolved="",
            state=state,
            probes=(report,),
            complete=False,
            sampled_ms=ms,
        )

    def _gone(self, asked: str, gone: Gone, started: float) -> WhoHolds:
        return WhoHolds(
            host=self.host,
            path=asked,
            resolved=gone.path,
            state="gone",
            complete=True,
            sampled_ms=(time.monotonic() - started) * 1000,
        )


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or str(error) or type(error).__name__
