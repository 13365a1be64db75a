"""One look within its deadline: how long it took, and in words why it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import perf_counter

from bot.agent.aside import aside
from bot.errors import DespoolError
from bot.wire import ProbeReport


async def timed(name: str, deadline: float, look: Awaitable[ProbeReport]) -> ProbeReport:
    """Await a look; whatever keeps it from its answer becomes the error of its report."""
    started = perf_counter()
    try:
        async with asyncio.timeout(deadline):
            report = await look
    except TimeoutError:
        report = ProbeReport(name=name, error=f"no answer within {deadline:g} s")
    except DespoolError as problem:
        report = ProbeReport(name=name, error=str(problem))
    return replace(report, ms=(perf_counter() - started) * 1_000)


async def timed_aside(name: str, deadline: float, look: Callable[[], ProbeReport]) -> ProbeReport:
    """Make a look that blocks, as `timed` does; one that never ends is waited for by nobody."""
    return await timed(name, deadline, aside(look, 2 * deadline))
