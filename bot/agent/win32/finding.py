"""Where a path leads on Windows, and what is there."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.agent.aside import TooSlow, aside
from bot.agent.win32.calls import GONE, WindowsRefused
from bot.agent.win32.files import resolve

_NO_PATHS = (123, 161)  # invalid name, bad path


async def found_on_windows(path: str, deadline: float) -> dict[str, Any]:
    """Return what a path leads to: `there` with its identity, `gone`, or `unseen` with a reason."""
    try:
        return await aside(partial(_find, path), deadline)
    except TooSlow:
        return {"is": "unseen", "resolved": path, "why": "the disk or server does not answer"}


def _find(path: str) -> dict[str, Any]:
    try:
        found = resolve(path)
    except WindowsRefused as refused:
        if refused.code in (*GONE, *_NO_PATHS):
            return {"is": "gone", "resolved": path}
        return {"is": "unseen", "resolved": path, "why": str(refused)}
    return {
        "is": "there",
        "resolved": found.path,
        "device": found.device,
        "inode": found.inode,
        "kind": found.kind,
    }
