"""Measure the look for holders beside `fuser` and `lsof`, with many processes and descriptors.

python tests/benchmarks/bench_holders.py [--processes 500] [--descriptors 20] [--repeat 9]

Needs `fuser` (psmisc) and `lsof` on the PATH; a missing one is left out. All are measured in turn
in one run, so that the ratios hold on a busy machine too. Not part of the test suite.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bot.agent.locating import located  # noqa: E402
from bot.agent.looking import look_at  # noqa: E402 the repository need not be installed
from bot.agent.probes import Target  # noqa: E402
from bot.agent.releasing import released  # noqa: E402
from bot.agent.worker import dismiss  # noqa: E402

CROWD = """
import os, sys, time
folder, processes, descriptors = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
read, write = os.pipe()
for _ in range(processes):
    if os.fork() == 0:
        os.close(write)
        held = [os.open(f"{folder}/{n}", os.O_RDONLY | os.O_CREAT) for n in range(descriptors)]
        os.read(read, 1)  # until the parent has ended
        os._exit(0)
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def crowd(folder: Path, processes: int, descriptors: int) -> Iterator[None]:
    """Run processes with open files beside which one holder has to be found."""
    command = [sys.executable, "-c", CROWD, folder, str(processes), str(descriptors)]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert parent.stdout
        parent.stdout.readline()
        time.sleep(2)  # until the last of them has opened its files
        yield
    finally:
        parent.communicate()


def contestants(file: Path) -> dict[str, Callable[[], list[int]]]:
    """Return what is measured; each returns the processes that it found."""

    def in_process() -> list[int]:
        return pids_of(asyncio.run(look_at(str(file))).holders)

    def afresh() -> list[int]:
        dismiss()  # so that the worker has to start again
        return in_process()

    def command() -> list[int]:
        words = [sys.executable, "-m", "bot", "holders", str(file)]
        ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
        return [os.getpid()] if f"process {os.getpid()} " in ended.stdout else []

    def tool(*words: str) -> Callable[[], list[int]]:
        def run() -> list[int]:
            ended = subprocess.run([*words, str(file)], capture_output=True, text=True)
            return sorted(int(word) for word in ended.stdout.split())

        return run

    found = {"fuser": tool("fuser"), "lsof -nPwt": tool("lsof", "-nPwt")}
    known = {name: run for name, run in found.items() if shutil.which(name.split()[0])}
    ours = {"look": in_process, "look, worker started": afresh, "despool holders": command}
    return known | ours


def pids_of(holders: object) -> list[int]:
    """Return the processes of an answer."""
    return sorted(holder.pid for holder in holders)  # type: ignore[attr-defined]


def measure(runs: dict[str, Callable[[], list[int]]], repeat: int) -> dict[str, list[float]]:
    """Run all in turn, again and again, and check that each finds the one holder."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, run in runs.items():
            started = time.perf_counter()
            found = run()
            taken[name].append((time.perf_counter() - started) * 1000)
            assert found == [os.getpid()], f"{name} found {found}"
    return taken


def main() -> None:
    """Print a row for each contestant."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=500)
    parser.add_argument("--descriptors", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=9)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        crowd(Path(name), asked.processes, asked.descriptors),
    ):
        file = Path(name, "filename.EXE")
        file.write_bytes(b"MZ")
        with file.open("r+b"):
            taken = measure(contestants(file), asked.repeat)
        free = measure_free(file, asked.repeat)
        let_go = asyncio.run(measure_release(file, asked.repeat * 3))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    print(f"{'held, found among the crowd':<28} {'median ms':>10} {'min ms':>8}", end="")
    print(
        "".join(f" {'x ' + name:>12}" for name in medians if name[0] in "fl" and "look" not in name)
    )
    for name, ms in medians.items():
        row = f"{name:<28} {ms:>10.1f} {min(taken[name]):>8.1f}"
        for tool in ("fuser", "lsof -nPwt"):
            row += f" {medians[tool] / ms:>12.2f}" if tool in medians else ""
        print(row)
    for what, times in (("look at a free file", free), ("release noticed after", let_go)):
        print(f"{what:<28} {statistics.median(times):>10.1f} {min(times):>8.1f}")


LET_GO = """
import sys, time
for line in sys.stdin:
    with open(sys.argv[1], "r+b") as file:
        print("held", flush=True)
        sys.stdin.readline()
        closed = time.monotonic()
    print(closed, flush=True)
"""


async def measure_release(file: Path, repeat: int) -> list[float]:
    """Wait for a file, and return how long after each close the wait was over."""
    command = [sys.executable, "-c", LET_GO, file]
    holder = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdin
    assert holder.stdout
    target = await located(str(file), 5.0)
    assert isinstance(target, Target)
    taken = []
    for _ in range(repeat):
        holder.stdin.write(b"hold\n")
        assert await holder.stdout.readline() == b"held\n"
        waiting = asyncio.create_task(released(target))
        await asyncio.sleep(0.1)
        holder.stdin.write(b"let go\n")
        assert await waiting == "free"
        seen = time.monotonic()
        taken.append((seen - float(await holder.stdout.readline())) * 1000)
    holder.stdin.close()
    await holder.wait()
    return taken


def measure_free(file: Path, repeat: int) -> list[float]:
    """Look at a file that nobody has open."""
    taken = []
    for _ in range(repeat):
        started = time.perf_counter()
        answer = asyncio.run(look_at(str(file)))
        taken.append((time.perf_counter() - started) * 1000)
        assert answer.state == "free"
    return taken


if __name__ == "__main__":
    main()
