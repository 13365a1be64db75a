"""A program that Windows runs as the service: it notes in a file what becomes of it."""

import asyncio
import sys
from pathlib import Path

from bot.agent.service import NAME
from bot.agent.win32.host import host


async def work(place: Path, stop: asyncio.Event) -> None:
    """Note the start, wait to be stopped, and note that."""
    note(place, "running")
    await stop.wait()
    note(place, "stopped")


def note(place: Path, state: str) -> None:
    """Write the state to the file, or fail where its folder says so."""
    if place.with_suffix(".fails").exists():
        raise RuntimeError("as it was told")
    place.write_text(state)


if __name__ == "__main__":
    host(NAME, Path(sys.argv[1]), work)
