"""The whole of `despool holders`: one file is looked at, and the answer told."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.agent.worker import prepare
from bot.terminal.held import Line, lines
from bot.terminal.output import write

if TYPE_CHECKING:
    from bot.wire import WhoHolds

HELD, FREE, UNKNOWN = 0, 1, 2  # exit statuses

_STATUS = {"held": HELD, "free": FREE, "gone": FREE, "unknown": UNKNOWN, "refused": UNKNOWN}
_COLOURS = {"held": "bold red", "free": "bold green", "unknown": "yellow", "name": "bold"}
_COLOURS |= {"detail": "dim"}


def holders(path: str, as_json: bool, smbstatus: str | None = None) -> int:
    """Tell who holds a file of this machine and return the exit status.

    `smbstatus` is where that program of Samba is, if not where programs are.
    """
    prepare()  # while the rest is loaded, which takes about as long
    import asyncio

    from bot.agent.here import look_here
    from bot.agent.probes.order import steps

    answer = asyncio.run(look_here(path, steps=steps(smbstatus)))
    return _STATUS[answer.state] if _tell(answer, as_json) else UNKNOWN


def _tell(answer: WhoHolds, as_json: bool) -> bool:
    if as_json:
        import json

        text = json.dumps(answer.as_json(), ensure_ascii=False, indent=2)
        # a path that is no text has lone surrogates, which become their JSON escapes
        return write(f"{text}\n".encode("utf-8", "backslashreplace"))
    told = list(lines(answer, is_root=_is_root()))
    if sys.stdout is not None and sys.stdout.isatty():
        _show(told)
        return True
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = "".join(f"{line.text}\n" for line in told)
    return write(text.encode(encoding, "backslashreplace"))


def _show(told: Sequence[Line]) -> None:
    """Print in colours, paths left whole so that they can be copied."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    for line in told:
        console.print(Text(line.text, _COLOURS.get(line.style, "")), soft_wrap=True)


def _is_root() -> bool:
    return not hasattr(os, "geteuid") or os.geteuid() == 0
