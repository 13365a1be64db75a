"""The program that scans a whole Windows machine; it runs as a child, which can be ended at once.

`python -m bot.agent.win32.scan handles|images PATH SECONDS` prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.agent.win32.calls import WindowsRefused
from bot.agent.win32.files import access
from bot.agent.win32.handles import Handles, OpenHandle
from bot.agent.win32.images import Image, Images
from bot.agent.win32.patience import Answers, ask_each
from bot.agent.win32.processes import SYSTEM, describe, enable_debugging

Json = dict[str, Any]


def handles(path: str, seconds: float) -> Json:
    """Return the processes with an open handle to a file, and where we were blind."""
    with Handles(os.getpid(), path) as table:
        answers = ask_each(table.looks(), seconds)
        rows = [
            {**asdict(process), "handle": f"0x{row.handle:x}", "access": access(row.access)}
            for row in answers.found
            if (process := describe(row.pid)) is not None
        ]
        blind = [*_refused(table.refused), *_unfinished(answers, "handles")]
        return {"found": rows, "blind": blind}


def images(path: str, seconds: float) -> Json:
    """Return the processes that run a file or have it loaded, and where we were blind."""
    looked = Images(os.getpid(), path)
    answers = ask_each(looked.looks(), seconds)
    rows = [
        {**asdict(process), "access": "exec" if row.program else "mapped"}
        for row in answers.found
        if (process := describe(row.pid)) is not None
    ]
    return {"found": rows, "blind": [*_refused(looked.refused), *_unfinished(answers, "files")]}


SCANS: Mapping[str, Any] = {"handles": handles, "images": images}


def main(arguments: list[str]) -> None:
    """Scan as the arguments say, print what was found, and end whatever still waits."""
    kind, path, seconds = arguments
    enable_debugging()
    try:
        answer = SCANS[kind](path, float(seconds))
    except WindowsRefused as refused:
        answer = {"error": str(refused), "code": refused.code}
    # ASCII, so that the code page of the pipe does not matter
    sys.stdout.write(json.dumps(answer, default=_text))
    sys.stdout.flush()
    os._exit(0)  # a thread that waits for a pipe would not let us go


def _refused(pids: tuple[int, ...]) -> list[str]:
    others = [pid for pid in pids if pid != SYSTEM]
    blind = ["the kernel (process 4) shows no handles of its own"] if SYSTEM in pids else []
    if others:
        some = ", ".join(map(str, others[:5])) + (", …" if others[5:] else "")
        blind.append(f"{len(others)} processes refused to be looked at: {some}")
    return blind


def _unfinished(answers: Answers[OpenHandle] | Answers[Image], what: str) -> list[str]:
    blind = [f"{len(answers.silent)} {what} did not answer"] if answers.silent else []
    return [*blind, *([] if answers.finished else [f"not all {what} were looked at in time"])]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value))


if __name__ == "__main__":
    main(sys.argv[1:])
