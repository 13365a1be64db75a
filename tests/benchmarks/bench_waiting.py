"""What ten thousand pieces of work that wait for their time cost a bot; run by hand."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from bot.incidents.opening import opened
from tests.benchmarks.bench_storm import resident
from tests.system.fleet import fleet

ROWS = 10_000
LATER = 7_200.0  # seconds
WATCHED = 20.0  # seconds


def processor_time(pid: int) -> float:
    """Return the seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def measured(address: str, folder: Path) -> str:
    """Start a bot, and return how long that took and what it takes afterwards."""
    async with fleet(folder, address) as ships:
        bot = ships.process()
        began = time.monotonic()
        await bot.start()
        await bot.ready()
        started = time.monotonic() - began
        await asyncio.sleep(3.0)
        before = processor_time(bot.pid)
        await asyncio.sleep(WATCHED)
        share = (processor_time(bot.pid) - before) / WATCHED * 100
        place = ships.slack.alert(1)
        asked = time.monotonic()
        await ships.slack.until(lambda: ships.slack.replies(*place), 30)
        reply = (time.monotonic() - asked) * 1000
        memory = resident(bot.pid)
    return (
        f"ready in {started:.1f} s, {memory:.0f} MiB, {share:.1f} % of a processor, "
        f"an alert answered in {reply:.0f} ms"
    )


async def main() -> None:
    """Measure an empty database, then one with the rows."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/despool.db"
        print("nothing waits:", await measured(address, Path(folder)))
        async with opened(address) as store:
            began = time.monotonic()
            for first in range(0, ROWS, 100):
                await asyncio.gather(
                    *(
                        store.jobs.submit_at("message", {"event": {}}, f"w{n}", after=LATER)
                        for n in range(first, first + 100)
                    )
                )
            print(f"{ROWS} rows written in {time.monotonic() - began:.1f} s")
        print(f"{ROWS} wait:", await measured(address, Path(folder)))


if __name__ == "__main__":
    asyncio.run(main())
