"""Measure an agent: from a lock line in its log to the bot, the round trip, and its idle cost.

python tests/benchmarks/bench_agent.py [--rounds N]

The bot's side is in this process, the agent in one of its own, on the loopback. Linux only; not
part of the suite.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.agents import bot_side, connected, enrolled, holding, lock, until  # noqa: E402

AGENT = (
    "import asyncio, pathlib, sys\n"
    "from bot.agent.running import main\n"
    "from bot.stopping import stop_on_signal\n"
    "from tests.agents_look import by_proc\n"
    "async def run(): await main(pathlib.Path(sys.argv[1]), stop_on_signal(), {look})\n"
    "asyncio.run(run())\n"
)
IDLE = 10.0  # seconds
TICKS = os.sysconf("SC_CLK_TCK")


async def measure(rounds: int, look: str) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        share, log = folder / "share", folder / "Despool.log"
        share.mkdir()
        (share / "filename.EXE").write_text("")
        log.write_text("")
        maps = (("E:\\SMS_PKGE\\DOG0005D", share),)
        async with bot_side() as bot:
            config = await enrolled(bot, folder, roots=(share,), maps=maps, logs=(log,))
            config.write_text(
                config.read_text().replace("# probes_per_second = 5", "probes_per_second = 50")
            )
            code = AGENT.format(look=look)
            command = [sys.executable, "-c", code, str(config)]
            with holding(share / "filename.EXE") as pid:
                process = subprocess.Popen(command, cwd=ROOT)  # noqa: ASYNC220 - before it begins
                try:
                    await connected(bot)
                    await _report(bot, log, pid, rounds)
                    await _ask(bot, str(share / "filename.EXE"), rounds)
                    await _idle(process.pid)
                finally:
                    process.terminate()
                    process.wait()


async def _report(bot, log: Path, pid: int, rounds: int) -> None:
    records, captures = [], []
    for number in range(rounds):
        bot.pushes.clear()
        started = time.perf_counter()
        with log.open("a") as out:
            out.write(lock(second=number % 60) + f" {number}\n")
        await until(lambda: bot.of_type("record"))
        records.append(time.perf_counter() - started)
        [first, *_] = await until(lambda: bot.of_type("capture"))
        captures.append(time.perf_counter() - started)
        assert pid in [one.pid for one in first.holds.holders]
        await until(lambda: any(one.final for one in bot.of_type("capture")))
    _print("line to record at the bot", records)
    _print("line to holder at the bot", captures)


async def _ask(bot, path: str, rounds: int) -> None:
    taken = []
    for _ in range(rounds):
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        await bot.asking.who_holds("NTSITE1", path, "bench")
        taken.append(time.perf_counter() - started)
    _print("question to answer", taken)


async def _idle(pid: int) -> None:
    before = _ticks(pid)
    await asyncio.sleep(IDLE)
    share = (_ticks(pid) - before) / TICKS / IDLE
    print(f"idle: {share:.2%} of one processor, {_resident(pid)} MiB")


def _resident(pid: int) -> int:
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    [kib] = [int(row.split()[1]) for row in rows if row.startswith("VmRSS")]
    return kib // 1024


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _print(what: str, seconds: Sequence[float]) -> None:
    ms = sorted(one * 1000 for one in seconds)
    print(f"{what}: median {statistics.median(ms):.0f} ms, slowest {ms[-1]:.0f} ms, n={len(ms)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--probes", action="store_true", help="the probes, not the tests' look")
    options = parser.parse_args()
    asyncio.run(measure(options.rounds, "None" if options.probes else "by_proc"))
