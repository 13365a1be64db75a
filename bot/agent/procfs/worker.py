"""The worker itself: a question a line on its standard input, an answer a line on its output."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, NoReturn

from bot.agent.procfs.details import boot_time, details
from bot.agent.procfs.finding import find
from bot.agent.procfs.identity import Identity
from bot.agent.procfs.mounts import file_system, maps_differ
from bot.agent.procfs.naming import name_of, pids
from bot.agent.procfs.walking import Hit, Walk, Wanted, walk

_INITIAL = "pid:[4026531836]"  # PROC_PID_INIT_INO: the namespace in which all processes are seen
_FEW = 100  # processes; a second worker for fewer is no gain


def main() -> None:
    """Answer until there are no more questions."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    for line in sys.stdin.buffer:
        question = json.loads(line)
        answer = find(question["path"]) if question["do"] == "find" else _scan(question)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _scan(question: dict[str, Any]) -> dict[str, Any]:
    kind = file_system(question["device"], question["path"])
    wanted = Wanted(
        identity=Identity(question["device"], question["inode"]),
        path=question["path"],
        is_folder=question["is_folder"],
        maps_differ=maps_differ(kind),
    )
    there = [pid for pid in pids() if pid != os.getpid()]
    found = _shared(there, wanted)
    rows = [row for hit in found.hits if (row := details(hit))]
    denied = [[pid, name] for pid in found.denied if (name := name_of(pid)) is not None]
    return {
        "holders": rows,
        "denied": denied,
        "looked_at": len(there),
        "hides_others": 1 not in there,
        "is_contained": os.readlink("/proc/self/ns/pid") != _INITIAL,
        "booted": boot_time(),
        "ticks": os.sysconf("SC_CLK_TCK"),
    }


def _shared(there: list[int], wanted: Wanted) -> Walk:
    """Walk with two processors, where there are two and enough to do."""
    if len(there) < _FEW or (os.cpu_count() or 1) < 2:
        return walk(there, wanted)
    read, write = os.pipe()
    child = os.fork()  # alone in this process: there is no thread, and nothing that is locked
    if not child:
        os.close(read)
        _report(there[1::2], wanted, write)
    os.close(write)
    mine = walk(there[::2], wanted)
    with open(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    # it says nothing when it was killed, as where memory is short
    theirs = _walk_of(json.loads(said)) if said else walk(there[1::2], wanted)
    return Walk(mine.hits + theirs.hits, mine.denied + theirs.denied)


def _report(there: list[int], wanted: Wanted, pipe: int) -> NoReturn:
    """Walk in the child and end it: what the parent goes on to do is none of its business."""
    try:
        said = json.dumps(walk(there, wanted)).encode()
        with open(pipe, "wb") as file:
            file.write(said)
    finally:
        os._exit(0)


def _walk_of(rows: list[Any]) -> Walk:
    hits, denied = rows
    return Walk([Hit(*hit) for hit in hits], denied)


if __name__ == "__main__":
    main()
