"""Ten thousand deliveries in five minutes on one process; run by hand."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from bot.samples import ALERT
from bot.workspace.cast import BOT_USER, Channel
from tests.system.fleet import Fleet, answered, fleet

CHANNELS, INCIDENTS, EACH, DELIVERIES = 50, 250, 10, 4


def resident(pid: int) -> float:
    """Return the megabytes a process takes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def timed(ships: Fleet) -> list[float]:
    """Return a list that fills with the seconds from each delivery to its acknowledgement."""
    taken: list[float] = []
    route = ships.slack.courier.route

    async def measured(delivery, patience):
        began = time.monotonic()
        reason = await route(delivery, patience)
        taken.append(time.monotonic() - began if reason is None else 99.0)
        return reason

    ships.slack.courier.route = measured
    return taken


async def storm(address: str, folder: Path, seconds: float, http: bool) -> None:
    """Post the alerts evenly over the time, and tell what came of them."""
    async with fleet(folder, address, http=http) as ships:
        slack, taken = ships.slack, timed(ships)
        slack.courier.duplicate = DELIVERIES
        for number in range(CHANNELS):
            members = {"U0ALEX", "U0MONITOR", BOT_USER}
            name = f"C{number:04d}"
            slack.channels[name] = Channel(
                id=name, name=f"storm-{number}", kind="channel", members=members
            )
        (bot,) = await ships.start()
        memory, places, total = [resident(bot.pid)], [], INCIDENTS * EACH
        began = time.monotonic()
        for number in range(total):
            text = ALERT.replace("DOG0005D", f"DOG{number % INCIDENTS:05d}")
            channel = f"C{number * 7 % CHANNELS:04d}"
            places.append((channel, slack.post(channel, text, user="monitor")))
            await asyncio.sleep(max(0.0, began + (number + 1) * seconds / total - time.monotonic()))
            if number % (total // 10) == 0:
                memory.append(resident(bot.pid))
        took = await answered(ships, places, 600)
        memory.append(resident(bot.pid))
        full = sum(
            "this incident is answered in" not in slack.replies(*p)[0]["text"] for p in places
        )
        taken.sort()
        p50, p99 = statistics.median(taken) * 1000, taken[int(len(taken) * 0.99)] * 1000
        how = f"{address.partition(':')[0]}, {'HTTP' if http else 'Socket Mode'}"
        print(
            f"{len(taken)} deliveries in {seconds:.0f} s, {how}: ack p50 {p50:.0f} ms,"
            f" p99 {p99:.0f} ms, max {taken[-1] * 1000:.0f} ms\n"
            f"replies {dict(slack.told(places))}, {full} whole and {len(places) - full} links"
            f" for {INCIDENTS} incidents; the last {took:.1f} s after the last alert\n"
            f"memory MiB: {', '.join(f'{each:.0f}' for each in memory)}"
        )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--database", help="postgresql://…; without it SQLite")
    parser.add_argument("--http", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = options.database or f"sqlite:///{folder}/despool.db"
        asyncio.run(storm(address, Path(folder), options.seconds, options.http))


if __name__ == "__main__":
    main()
