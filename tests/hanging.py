"""A file system that answers until it is told to stop, and then hangs as a dead server does."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NAME = "filename.EXE"  # the one file in it

# linux/fuse.h
HEADER = struct.Struct("<IIQQIIII")
LOOKUP, FORGET, GETATTR, OPEN, INIT, OPENDIR, INTERRUPT, FORGET_MANY = 1, 2, 3, 14, 26, 27, 36, 42
SILENT = (FORGET, INTERRUPT, FORGET_MANY)
ROOT_NODE, FILE_NODE = 1, 2


@dataclass(frozen=True)
class Hanging:
    """A mounted file system; `stop` makes it hang for good."""

    file: Path
    server: subprocess.Popen[str]

    def stop(self) -> None:
        """Answer nothing from now on."""
        assert self.server.stdin
        assert self.server.stdout
        self.server.stdin.write("stop\n")
        self.server.stdin.flush()
        assert self.server.stdout.readline() == "stopped\n"


@contextmanager
def mounted(folder: Path) -> Iterator[Hanging]:
    """Mount the file system; at the end whoever hangs in it gets an error and goes on."""
    server = subprocess.Popen(
        [sys.executable, __file__, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        assert server.stdout.readline() == "mounted\n"
        yield Hanging(folder / NAME, server)
    finally:
        server.kill()  # the kernel fails all requests when nobody is left to answer them
        server.communicate()
        subprocess.run(["umount", "--lazy", folder], check=True)


def serve(folder: str) -> None:
    """Answer the kernel until a line comes; then read on, and answer nothing."""
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    _mount(folder, options)
    stopped = threading.Event()
    threading.Thread(target=_stop_when_told, args=(stopped,), daemon=True).start()
    print("mounted", flush=True)
    while True:
        question = os.read(device, 1 << 18)
        _, opcode, unique, node, *_ = HEADER.unpack_from(question)
        if opcode not in SILENT and not stopped.is_set():
            error, said = _answer(opcode, node, question[HEADER.size :])
            os.write(device, struct.pack("<IiQ", 16 + len(said), -error, unique) + said)


def _stop_when_told(stopped: threading.Event) -> None:
    sys.stdin.readline()
    stopped.set()
    print("stopped", flush=True)


def _mount(folder: str, options: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"hanging", folder.encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _answer(opcode: int, node: int, rest: bytes) -> tuple[int, bytes]:
    if opcode == INIT:
        return 0, struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 12, 9, 4096, 1, 0, 0, 0)
    if opcode == GETATTR:
        return 0, struct.pack("<QII", 0, 0, 0) + _attributes(node)
    if opcode == LOOKUP:
        if rest.rstrip(b"\0") != NAME.encode():
            return errno.ENOENT, b""
        return 0, struct.pack("<QQQQII", FILE_NODE, 0, 0, 0, 0, 0) + _attributes(FILE_NODE)
    if opcode in (OPEN, OPENDIR):
        return 0, struct.pack("<QII", 1, 0, 0)
    return errno.ENOSYS, b""


def _attributes(node: int) -> bytes:
    mode = 0o40755 if node == ROOT_NODE else 0o100644
    return struct.pack("<QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


if __name__ == "__main__":
    serve(sys.argv[1])
