"""Measure `despool explain` against its goals, on generated logs of known truth.

python tests/benchmarks/bench_explain.py [--mb 100] [--big] [--repeat 5]

Needs `rg` (ripgrep) and `sec` on the PATH; a missing one is left out. Everything is measured in
one run, so that the ratios hold on a busy machine too. Not part of the test suite.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generated import Truth, generate

HERE = Path(__file__).parent
EXPLAIN = [sys.executable, "-m", "bot", "explain", "--json"]
NEEDLES = ["-i", "-e", "win32 error = 32", "-e", "sufficient disk space"]
MIB = 1024 * 1024
HOSTILE = {
    "blanks": " ",
    "brackets": "<[({",
    "backslashes": "\\",
    "Copying … to …": "Copying a to b to ",
    "Win32 Error =": "Win32 Error = ",
    "Failed, Win32 Error = 32": "Copying a to E:\\b\\c, Failed, Win32 Error = 32 ",
    "stamps": "$$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>",
    "sentences": "There isn't sufficient disk space on package server \\\\A\\B\\C. ",
    "locks, one a line": "~Copying E:\\a to E:\\SMS_PKGE\\DOG0005D\\a, Failed, Win32 Error = 32\n",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one program did."""

    seconds: float
    peak: float  # MiB
    output: str


def run(command: Sequence[str | Path], cwd: Path | None = None) -> Run:
    """Run a program to its end."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(HERE.parents[1])},
        )
        _, _, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = 0  # it was waited for
        output.seek(0)
        return Run(
            seconds=seconds, peak=usage.ru_maxrss / 1024, output=output.read().decode("utf-8")
        )


def median(command: Sequence[str | Path], repeat: int) -> Run:
    """Run a program several times and return the run in the middle."""
    runs = sorted((run(command) for _ in range(repeat)), key=lambda item: item.seconds)
    return runs[len(runs) // 2]


def show(label: str, value: str) -> None:
    """Print one row of the table."""
    print(f"{label:<52} {value:>24}", flush=True)


def mistakes(output: str, truth: Truth) -> list[str]:
    """Return how the findings differ from the truth."""
    findings = json.loads(output)["findings"]
    found = {finding["package"]: finding for finding in findings}
    wrong = [f"{len(findings)} findings for {len(truth.kinds)} packages"]
    wrong = wrong if len(findings) != len(truth.kinds) else []
    for package, kind in truth.kinds.items():
        finding = found.get(package, {"kind": None, "files": []})
        if finding["kind"] != kind:
            wrong.append(f"{package}: {finding['kind']} instead of {kind}")
        if set(finding["files"]) != truth.files.get(package, set()):
            wrong.append(f"{package}: other files")
    return wrong


def compare(folder: Path, truth: Truth, repeat: int) -> None:
    """Compare with ripgrep and SEC on the same files."""
    log, events = folder / "Despool.log", folder / "events.txt"
    tiny = folder / "tiny.log"
    tiny.write_text("nothing\n")
    python = median([sys.executable, "-c", "pass"], repeat).seconds
    start = median([*EXPLAIN, tiny], repeat).seconds
    explain = median([*EXPLAIN, log, events], repeat)
    net = explain.seconds - python
    show("interpreter start", f"{python:.3f} s")
    show("explain on one line", f"{start:.3f} s")
    show(f"explain on {log.stat().st_size / 1e6:.0f} MB and its events", f"{explain.seconds:.3f} s")
    show("  net of interpreter start", f"{net:.3f} s")
    show("  net of explain on one line", f"{explain.seconds - start:.3f} s")
    show("  peak memory", f"{explain.peak:.0f} MiB")
    wrong = mistakes(explain.output, truth)
    show("  packages judged right", f"{len(truth.kinds) - len(wrong)} of {len(truth.kinds)}")
    for line in wrong[:5]:
        show("", line)
    if shutil.which("rg"):
        idle = median(["rg", "-c", *NEEDLES, tiny], repeat).seconds
        rg = median(["rg", "-c", *NEEDLES, log, events], repeat).seconds - idle
        show("rg -c, net of its start", f"{rg:.3f} s")
        show("  explain / rg (goal: at most 3)", f"{net / rg:.1f}")
        show("  the same, net of explain on one line", f"{(explain.seconds - start) / rg:.1f}")
    if shutil.which("sec"):
        compare_sec(folder, truth, explain.seconds)


def compare_sec(folder: Path, truth: Truth, explain: float) -> None:
    """Let SEC do the same pairing."""
    inputs = [f"--input={folder / name}" for name in ("events.txt", "Despool.log")]
    sec = run(["sec", f"--conf={HERE / 'pairing.sec'}", *inputs, "--fromstart", "--notail"])
    paired = {line.split()[1] for line in sec.output.splitlines() if line.startswith("false-disk")}
    right = {package for package, kind in truth.kinds.items() if kind == "false-disk-space"}
    show("sec, the same pairing", f"{sec.seconds:.1f} s")
    show(
        "  packages paired right",
        f"{len(paired & right)} of {len(right)}, {len(paired - right)} too many",
    )
    show("  sec / explain (goal: at least 10)", f"{sec.seconds / explain:.1f}")


def small(folder: Path, repeat: int) -> None:
    """Time a paste of the usual size."""
    path = folder / "paste.log"
    log = (folder / "Despool.log").read_bytes()
    at = log.index(b"Error = 32")
    path.write_bytes(log[log.rindex(b"\n", 0, at - 2000) + 1 : at + 2000])
    times = [run([*EXPLAIN, path]).seconds for _ in range(repeat)]
    show(f"explain on 4 KB, median of {repeat} (goal: 0.35 s)", f"{statistics.median(times):.3f} s")


def hostile(folder: Path) -> None:
    """Time megabytes that were made to be slow."""
    path = folder / "hostile.log"
    for label, text in HOSTILE.items():
        for size in (1, 4):
            path.write_text(text * (size * MIB // len(text.encode())), encoding="utf-8")
            seconds = run([*EXPLAIN, path]).seconds
            show(f"{size} MiB of {label} (goal: 1 s a MiB)", f"{seconds:.2f} s")


def big(folder: Path) -> None:
    """Measure the memory that 2 GB need."""
    log = folder / "Despool.log"
    path = folder / "big.log"
    with path.open("wb") as out:
        while out.tell() < 2e9:
            out.write(log.read_bytes())
    log.unlink()
    explain = run([*EXPLAIN, path])
    show("explain on 2 GB", f"{explain.seconds:.1f} s")
    show("  peak memory (goal: 200 MB)", f"{explain.peak:.0f} MiB")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=100, help="size of the log")
    parser.add_argument("--incidents", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--big", action="store_true", help="also 2 GB")
    parser.add_argument("--no-hostile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = generate(folder, options.mb * 1_000_000, options.incidents)
        compare(folder, truth, options.repeat)
        small(folder, 4 * options.repeat)
        if not options.no_hostile:
            hostile(folder)
        if options.big:
            big(folder)


if __name__ == "__main__":
    main()
