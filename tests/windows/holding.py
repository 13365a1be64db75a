"""Processes of Windows that are in the way: each holds one file, and says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READ, WRITE, DELETE, ATTRIBUTES = 0x8000_0000, 0x4000_0000, 0x1_0000, 0x80
NOBODY, EVERYBODY = 0, 7  # whom an open shares the file with

# opens as asked, says 0 or the error of Windows, and ends with its input
HOLD = """
import ctypes, sys
kernel = ctypes.WinDLL("kernel32", use_last_error=True)
kernel.CreateFileW.restype = ctypes.c_void_p
path, access, share, flags = sys.argv[1], *map(int, sys.argv[2:])
handle = kernel.CreateFileW(path, access, share, None, 4 if not flags else 3, flags, None)
failed = handle == ctypes.c_void_p(-1).value
print(ctypes.get_last_error() if failed else 0, flush=True)
sys.stdin.read()
"""
FOLDERS_TOO = 0x0200_0000


@contextmanager
def held(
    path: Path, access: int = READ | WRITE, share: int = NOBODY
) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a file or folder as long as the block lasts."""
    flags = FOLDERS_TOO if path.is_dir() else 0
    words = ["-S", "-c", HOLD, str(path), str(access), str(share), str(flags)]
    with running(sys.executable, *words) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "0"
        yield process


@contextmanager
def running(program: str | Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process until the end of the block."""
    with subprocess.Popen(
        [program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.communicate("")
