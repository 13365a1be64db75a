"""Who holds a file: the probes of this machine asked in order, and what their answers prove."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.agent.locating import Nowhere, located
from bot.agent.merging import joined, sampled
from bot.agent.probes import Step, Target
from bot.agent.probes.order import PROBES
from bot.wire import Holder, ProbeReport, State, WhoHolds

DEADLINE = 5.0  # seconds for all probes together
EVERY = 0.25  # seconds from one sample to the next

_REPLACED = 3  # times that a file may be replaced while it is looked at
_GRACE = 0.25  # seconds more for a probe that minds its deadline itself


async def look_at(
    path: str, *, deadline: float = DEADLINE, steps: Sequence[Step] = PROBES
) -> WhoHolds:
    """Tell who holds what is at a path of this machine."""
    end = time.monotonic() + deadline
    place = await located(path, deadline)
    if isinstance(place, Nowhere):
        return place.answer(path)
    return await look(place, asked=path, deadline=end - time.monotonic(), steps=steps)


async def look(
    target: Target,
    *,
    asked: str | None = None,
    deadline: float = DEADLINE,
    steps: Sequence[Step] = PROBES,
) -> WhoHolds:
    """Tell who holds a file; where another took its place meanwhile, who holds that.

    `asked` is the path as it was asked for, where that is not the file's own.
    """
    started = time.monotonic()
    path = asked or target.path
    for _ in range(_REPLACED):
        left = started + deadline - time.monotonic()
        answer = (await _look(target, left, steps)).answer(path, target, _since(started))
        if any(one.proved == "free" for one in answer.probes):
            return answer  # which is said of the very file that the path leads to
        place = await located(target.path, max(started + deadline - time.monotonic(), 0.1))
        if isinstance(place, Nowhere):
            return answer if place.state != "gone" else place.answer(path)
        if (place.device, place.inode) == (target.device, target.inode):
            return answer
        target = replace(target, device=place.device, inode=place.inode, kind=place.kind)
    return replace(answer, state="unknown", holders=(), complete=False)


async def sample(
    target: Target,
    *,
    asked: str | None = None,
    seconds: float = DEADLINE,
    every: float = EVERY,
    steps: Sequence[Step] = PROBES,
) -> WhoHolds:
    """Look again and again for some seconds; tell who held the file at any of these times."""
    async for answer in sampling(target, asked=asked, seconds=seconds, every=every, steps=steps):
        last = answer
    return last


async def sampling(
    target: Target,
    *,
    asked: str | None = None,
    seconds: float = DEADLINE,
    every: float = EVERY,
    steps: Sequence[Step] = PROBES,
) -> AsyncIterator[WhoHolds]:
    """Look at once and then again and again; yield each time what all looks so far have shown."""
    started = time.monotonic()
    looks: list[WhoHolds] = []
    while not looks or time.monotonic() < started + seconds:
        due = time.monotonic() + every
        looks.append(await look(target, asked=asked, steps=steps))
        yield _summed(looks, _since(started))
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def _summed(looks: Sequence[WhoHolds], ms: float) -> WhoHolds:
    holders = sampled(look.holders for look in looks)
    return replace(
        looks[-1],
        state="held" if holders else looks[-1].state,
        holders=holders,
        complete=all(look.complete for look in looks),
        sampled_ms=ms,
        samples=len(looks),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What the probes saw in one look."""

    reports: tuple[ProbeReport, ...]
    complete: bool  # no probe that decides was blind

    def answer(self, path: str, target: Target, ms: float) -> WhoHolds:
        """Say what is proved by what was seen."""
        holders = joined(report.holders for report in self.reports)
        proved = {report.proved for report in self.reports}
        if "held" in proved and not holders:
            holders = (_unnamed(self.complete),)
        complete = self.complete or "free" in proved
        nobody: State = "free" if complete else "unknown"
        return WhoHolds(
            host=socket.gethostname(),
            path=path,
            resolved=target.path,
            state="held" if holders else nobody,
            holders=holders,
            probes=self.reports,
            complete=complete,
            sampled_ms=ms,
        )


async def _look(target: Target, deadline: float, steps: Sequence[Step]) -> _Look:
    end = time.monotonic() + deadline
    seen, complete = await _asked(target, end, steps)
    if any(one.proved == "held" for one in seen) and not any(one.holders for one in seen):
        # whoever held it may have let go before it was looked for
        seen, complete = await _asked(target, end, steps)
    return _Look(reports=tuple(seen), complete=complete)


async def _asked(
    target: Target, end: float, steps: Sequence[Step]
) -> tuple[list[ProbeReport], bool]:
    seen: list[ProbeReport] = []
    decided_by: list[Step] = []
    for step in steps:
        if step.on == sys.platform and await step.when(target, seen):
            seen.append(await _report(step, target, end - time.monotonic()))
            decided_by += [step] if step.decides else []
    if not seen:
        seen.append(ProbeReport(name="path", error=f"there is no way to look on {sys.platform}"))
    clear = {report.name for report in seen if not (report.blind or report.error)}
    return seen, bool(decided_by) and all(_is_clear(step, clear) for step in decided_by)


def _is_clear(step: Step, clear: set[str]) -> bool:
    """Tell whether a probe saw everything, or those did that together see what it sees."""
    return step.probe.name in clear or (bool(step.covered_by) and clear.issuperset(step.covered_by))


async def _report(step: Step, target: Target, deadline: float) -> ProbeReport:
    name, available = step.probe.name, step.probe.available()
    if not available.ok:
        return ProbeReport(name=name, error=available.reason)
    if deadline <= 0:
        return ProbeReport(name=name, error="no time was left for it")
    try:
        async with asyncio.timeout(deadline + _GRACE):
            return await step.probe.run(target, deadline)
    except TimeoutError:
        return ProbeReport(name=name, error=f"no answer within {deadline:.1f} s")


def _unnamed(complete: bool) -> Holder:
    """Return who holds a file that no process has open, as the kernel says."""
    now = datetime.now(UTC)
    return Holder(
        kind="kernel" if complete else "unknown", via=("lease",), first_seen=now, last_seen=now
    )


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 2)
