"""From a lock line on a server to the reply that names the holder, and a command; run by hand."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.agents import holding
from tests.surfaces import told
from tests.system.agents import enrolled, reporting, seen
from tests.system.fleet import Fleet, fleet
from tests.system.test_reports import ALERTS, line_about, reply_about, share_of

PATIENCE = 30.0  # seconds


async def until(true) -> float:
    """Wait until something holds; return for how many seconds."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < PATIENCE
        await asyncio.sleep(0.002)
    return time.monotonic() - began


async def reported(ships: Fleet, share: Path, log: Path, number: int) -> float:
    """Hold a file, write its lock line, and return the seconds until a reply names the holder."""
    with holding(share / f"DOG{number:05d}" / "filename.EXE") as pid:
        with log.open("a") as file:
            file.write(line_about(number))
        return await until(lambda: f"pid {pid}" in str(reply_about(ships.slack, number)))


async def asked(ships: Fleet, share: Path, number: int) -> float:
    """Hold a file, ask for it by command, and return the seconds until the answer is there."""
    with holding(share / f"DOG{number:05d}" / "filename.EXE") as pid:
        ships.slack.command(f"check NTSITE1 E:\\SMS_PKGE\\DOG{number:05d}\\filename.EXE")
        return await until(lambda: f"pid {pid}" in told(ships.slack))


async def measure(rounds: int) -> None:
    """Run a bot and an agent, and print what was measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        share, log = share_of(folder, rounds), folder / "Despool.log"
        log.write_text("")
        async with fleet(folder, f"sqlite:///{folder / 'despool.db'}") as ships:
            (bot,) = await ships.start(DESPOOL_ALERT_CHANNEL=ALERTS)
            config = await enrolled(bot, folder, root=share, map=f"E:\\SMS_PKGE={share}", log=log)
            async with reporting(config):
                await seen(bot)
                answers = [await asked(ships, share, number) for number in range(rounds)]
                replies = []
                for number in range(rounds):
                    replies.append(await reported(ships, share, log, number))
                    await asyncio.sleep(1.0)
    for what, taken in (("line to reply with holder", replies), ("command to answer", answers)):
        print(f"{what}: median {statistics.median(taken):.2f} s, slowest {max(taken):.2f} s")


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    asyncio.run(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
