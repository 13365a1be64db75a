"""Measure Despool against a bare Bolt app: how fast it acknowledges, and what memory it takes.

python tests/benchmarks/bench_slack.py [--help]

Both run as processes of their own, in turn, fed by this one, which plays Slack: so the ratios hold
on a busy machine too. Every figure is the median of the rounds. Linux only; not part of the suite.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

from contestants import BARE, HERE, despool, peak, processor_time, started
from rich.console import Console
from rich.table import Table
from slack_side import HttpLine, Line, SlackSide, Stream

START = 30.0  # seconds for a contestant to come up
WARM_UP = 100  # events that are not measured
PATIENCE = 60.0  # seconds for the replies after the last event
SLOWEST = 3.0  # seconds; Slack's own limit
THROUGHPUT, P99 = 0.8, 1.5  # goals against the bare app
GOALS = (
    "In brackets: times the bare app's. Goals, red where missed: on talk 0.8 of its events a "
    "second; at 200 at once 1.5 times its p99; no ack after 3 s; no errors, that is events without "
    "an ack, and logs without a reply 60 s later. CPU ms: of an event, replies included. "
    "Behind: from the last event to the last reply."
)
COLUMNS = (
    *("", "", "events/s", "p50 ms", "p99 ms", "slowest", "CPU ms"),
    *("RSS MiB", "acks", "errors", "behind s"),
)
MODES = ("http", "socket")
STREAMS = ("talk", "logs")


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is asked of a contestant."""

    mode: str
    stream: str
    concurrent: int
    seconds: float
    rate: float | None  # events a second; None: as fast as they are acknowledged

    def __str__(self) -> str:
        pace = f", {self.rate:g}/s" if self.rate else ""
        return f"{self.mode}, {self.stream}, {self.concurrent} at once{pace}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one contestant did on one course, or what it did in the median."""

    rate: float  # events acknowledged a second
    p50: float  # seconds until an event was acknowledged
    p99: float
    cost: float  # seconds of processor time for an event, the replies to logs included
    slowest: float
    peak: float  # MiB
    behind: float  # seconds from the last event to the reply to the last log
    acks: int
    errors: int  # events not acknowledged, and logs not answered


def median(runs: Sequence[Run]) -> Run:
    """Return the median of each figure; what was counted is summed up."""

    def middle(name: str) -> float:
        return float(statistics.median(getattr(run, name) for run in runs))

    return Run(
        **{name: middle(name) for name in ("rate", "p50", "p99", "cost", "peak", "behind")},
        slowest=max(run.slowest for run in runs),
        acks=sum(run.acks for run in runs),
        errors=sum(run.errors for run in runs),
    )


async def compete(command: Sequence[str], course: Course, folder: Path) -> Run:
    """Start a contestant, warm it up, let it run the course, and end it."""
    async with SlackSide() as slack, started(command, course.mode, slack, folder) as (pid, port):
        stream = Stream(course.stream)
        lines: list[Line] = [slack] * course.concurrent
        if course.mode == "http":
            lines = [HttpLine(port) for _ in range(course.concurrent)]
        await warm_up(lines, slack, stream)
        used, start = processor_time(pid), time.perf_counter()
        times, errors = await drive(lines, course, stream)
        end = time.perf_counter()
        await answered(slack, stream)
        ordered = sorted(times) or [0.0]
        return Run(
            rate=len(times) / (end - start),
            p50=ordered[len(ordered) // 2],
            p99=ordered[len(ordered) * 99 // 100],
            cost=(processor_time(pid) - used) / max(1, len(times)),
            slowest=ordered[-1],
            peak=peak(pid),
            behind=max(0.0, slack.last_reply - end),
            acks=len(times),
            errors=errors + stream.logs - slack.replies,
        )


async def warm_up(lines: Sequence[Line], slack: SlackSide, stream: Stream) -> None:
    """Wait until the contestant hears, open every line, and let caches fill."""
    async with asyncio.timeout(START):
        while True:
            with suppress(ConnectionError):
                if await lines[0].send(stream.next()):
                    break
            stream.logs = 0  # it did not hear this one
            await asyncio.sleep(0.1)
    for _ in range(WARM_UP // len(lines) + 1):
        await asyncio.gather(*(line.send(stream.next()) for line in lines))
    await answered(slack, stream)


async def answered(slack: SlackSide, stream: Stream) -> None:
    """Wait until every log has its reply, or the patience ends."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while slack.replies < stream.logs:
                slack.replied.clear()
                await slack.replied.wait()


async def drive(lines: Sequence[Line], course: Course, stream: Stream) -> tuple[list[float], int]:
    """Send events on all lines at once; gives the seconds of each acknowledgement, and failures."""
    start = time.perf_counter()
    times: list[float] = []
    errors = 0

    async def work(number: int, line: Line) -> None:
        nonlocal errors
        for turn in count():
            if course.rate is not None:
                due = start + (turn * len(lines) + number) / course.rate
                await asyncio.sleep(due - time.perf_counter())
            sent = time.perf_counter()
            if sent - start > course.seconds:
                return
            if await line.send(stream.next()):
                times.append(time.perf_counter() - sent)
            else:
                errors += 1

    await asyncio.gather(*(work(number, line) for number, line in enumerate(lines)))
    return times, errors


async def measure(
    courses: Sequence[Course], contestants: Mapping[str, Sequence[str]], rounds: int, folder: Path
) -> list[dict[str, Run]]:
    """Run every course, the contestants in turn; gives their medians, the bare app's first."""
    results = []
    for course in courses:
        runs: dict[str, list[Run]] = {name: [] for name in contestants}
        for number, name in product(range(rounds), contestants):
            print(f"{course}: {name}, round {number + 1}", file=sys.stderr, flush=True)
            runs[name].append(await compete(contestants[name], course, folder))
        results.append({name: median(each) for name, each in runs.items()})
    return results


def table_of(courses: Sequence[Course], results: Sequence[Mapping[str, Run]]) -> Table:
    """Return all figures, in brackets how many times the bare app's they are."""
    table = Table(title="Despool and a bare Bolt app", caption=GOALS)
    for number, column in enumerate(COLUMNS):
        table.add_column(column, justify="left" if number < 2 else "right", no_wrap=True)
    for course, runs in zip(courses, results, strict=True):
        bare = next(iter(runs.values()))
        for name, run in runs.items():
            where = str(course) if run is bare else ""
            table.add_row(where, name, *cells(course, run, bare))
        table.add_section()
    return table


def cells(course: Course, run: Run, bare: Run) -> tuple[str, ...]:
    """Return the figures of a row; a goal that is missed stands out."""
    slow = course.stream == "talk" and course.rate is None and run.rate < bare.rate * THROUGHPUT
    late = course.concurrent >= 200 and run.p99 > bare.p99 * P99
    return (
        judged(f"{run.rate:.0f} ({run.rate / bare.rate:.2f})", not slow),
        f"{run.p50 * 1000:.1f}",
        judged(f"{run.p99 * 1000:.1f} ({run.p99 / bare.p99:.2f})", not late),
        judged(f"{run.slowest * 1000:.0f}", run.slowest < SLOWEST),
        f"{run.cost * 1000:.2f} ({run.cost / bare.cost:.2f})",
        f"{run.peak:.0f}",
        f"{run.acks}",
        judged(f"{run.errors}", run.errors == 0),
        f"{run.behind:.1f}",
    )


def judged(figure: str, holds: bool) -> str:
    """Mark a figure that misses its goal."""
    return figure if holds else f"[red]{figure}[/]"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", choices=[*MODES, "both"], default="both", help="how events come")
    parser.add_argument(
        "--stream", choices=[*STREAMS, "mixed", "both"], default="both", help="what is said"
    )
    parser.add_argument("--concurrency", default="1,50,200", help="events under way at once")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contestant")
    parser.add_argument("--rate", type=float, help="events a second; else as many as are taken")
    parser.add_argument(
        "--also", type=Path, action="append", default=[], help="another Despool's folder, likewise"
    )
    options = parser.parse_args()
    courses = [
        Course(
            mode=mode, stream=stream, concurrent=concurrent,
            seconds=options.seconds, rate=options.rate,
        )
        for mode in (MODES if options.mode == "both" else [options.mode])
        for stream in (STREAMS if options.stream == "both" else [options.stream])
        for concurrent in map(int, options.concurrency.split(","))
    ]  # fmt: skip
    contestants = {"bare Bolt": BARE, "Despool": despool(HERE.parents[1])}
    contestants |= {str(folder): despool(folder.resolve()) for folder in options.also}
    with tempfile.TemporaryDirectory() as name:
        results = asyncio.run(measure(courses, contestants, options.rounds, Path(name)))
    Console(width=None if sys.stdout.isatty() else 140).print(table_of(courses, results))


if __name__ == "__main__":
    main()
