"""Processes that hold a file in one way each, for as long as a test needs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
NEEDS_ROOT = "needs root: processes of other users, namespaces and capabilities are looked at"
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

# each says "held" when it holds the file, and lets go at the end of its standard input
HOLD = "import os, sys; {} ; print('held', flush=True); sys.stdin.read()"
WAYS = {
    "read+write": "f = open(sys.argv[1], 'r+b')",
    "read": "f = open(sys.argv[1], 'rb')",
    "write": "f = open(sys.argv[1], 'ab')",
    # Python's own mmap keeps a descriptor; MAP_PRIVATE of 4096 bytes, readable
    "mapped": "import ctypes; f = open(sys.argv[1], 'rb'); c = ctypes.CDLL(None);"
    " c.mmap.restype = ctypes.c_void_p;"
    " m = c.mmap(None, ctypes.c_size_t(4096), 1, 2, f.fileno(), ctypes.c_long(0)); f.close()",
    "path": "f = os.open(sys.argv[1], os.O_PATH)",
    "cwd": "os.chdir(sys.argv[1])",
    "folder": "f = os.open(sys.argv[1], os.O_RDONLY)",
    "lease": "import fcntl; f = open(sys.argv[1], 'r+b');"
    " fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)",
}


@contextmanager
def running(command: Sequence[str | Path], until: str = "held") -> Iterator[subprocess.Popen[str]]:
    """Run a program that says when it is ready and ends when its standard input does."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"{until}\n"
        yield process
    finally:
        process.communicate()


@contextmanager
def held(path: Path, way: str = "read+write", *before: str) -> Iterator[int]:
    """Have a process of its own hold a path; `before` are the words of a program to run it in."""
    command = [*before, sys.executable, "-c", HOLD.format(WAYS[way]), str(path)]
    with running(command) as process:
        yield process.pid


@contextmanager
def executed(path: Path) -> Iterator[int]:
    """Make a path a program, and have it run."""
    shutil.copy2(shutil.which("cat") or "/bin/cat", path)
    process = subprocess.Popen(
        [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdin
        assert process.stdout
        process.stdin.write("ready\n")
        assert process.stdout.readline() == "ready\n"  # so it does run already
        yield process.pid
    finally:
        process.communicate()


def look(
    path: object, *before: str, cwd: Path | None = None, options: Sequence[str] = ()
) -> tuple[int, dict]:
    """Return the exit status and the answer of `despool holders PATH --json`."""
    command = [*before, sys.executable, "-m", "bot", "holders", str(path), "--json", *options]
    ended = subprocess.run(
        command,
        capture_output=True,
        cwd=cwd or ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert ended.stderr == b""
    return ended.returncode, json.loads(ended.stdout)


def pids(answer: dict) -> list[int]:
    """Return the processes of an answer, sorted."""
    return sorted(holder["pid"] for holder in answer["holders"])


def as_nobody(*capabilities: str) -> list[str]:
    """Return the words that run a program as nobody, with these capabilities alone.

    The right to search folders is always one of them, for this Python, the repository and the
    files of a test may be in folders of root's; it lets nobody look into a process.
    """
    given = ",".join(f"+{name}" for name in {"dac_read_search", *capabilities})
    words = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return [*words, f"--inh-caps=-all,{given}", f"--ambient-caps=-all,{given}"]


def unseen() -> int:
    """Count the processes into which even the one who runs the tests may not look."""
    if str(Path("/proc/self/ns/pid").readlink()) != "pid:[4026531836]":
        return 1  # at least: in a container none of those outside it are to be seen
    return sum(map(_is_closed, Path("/proc").glob("[0-9]*")))


def _is_closed(process: Path) -> bool:
    try:
        for descriptor in (process / "fd").iterdir():
            descriptor.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def descriptors() -> int:
    """Count the descriptors that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))
