"""What waits for the bot: kept over restarts and crashes, in order, bounded, nothing twice."""

import asyncio
import sqlite3
import subprocess
import sys

import pytest

from bot.agent.outbox import Outbox, OutboxUnusable
from tests.agents import agent, bot_side, connected, enrolled, lock, until


def opened(folder, pushes=5, size=10_000):
    return Outbox(folder / "outbox.db", pushes=pushes, size=size)


def waiting(outbox):
    return [frame for _, frame in outbox.oldest(0, 100)]


def test_what_waits_comes_in_order_until_it_is_taken(tmp_path):
    outbox = opened(tmp_path)
    for name in ("a", "b", "c"):
        outbox.put(name, f"frame {name}")
    outbox.taken("b")
    outbox.taken("b")
    outbox.taken("nobody")
    outbox.close()
    again = opened(tmp_path)
    assert waiting(again) == ["frame a", "frame c"]
    assert again.waiting == 2
    again.close()


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        pytest.param({"pushes": 3}, ["7", "8", "9"], id="so many"),
        pytest.param({"pushes": 99, "size": 4}, ["6", "7", "8", "9"], id="so many bytes"),
        pytest.param({"pushes": 99, "size": 0}, ["9"], id="one is always kept"),
    ],
)
def test_where_there_is_no_room_the_oldest_goes_and_is_counted(tmp_path, limits, left):
    outbox = opened(tmp_path, **limits)
    for number in range(10):
        outbox.put(f"id {number}", str(number))
    outbox.close()
    again = opened(tmp_path, **limits)
    assert waiting(again) == left
    assert again.lost == 10 - len(left)
    again.close()


def test_an_entry_is_new_once(tmp_path):
    outbox = opened(tmp_path)
    assert outbox.is_new("a")
    assert not outbox.is_new("a")
    outbox.close()
    again = opened(tmp_path)
    assert not again.is_new("a")
    again.close()


def test_what_belongs_together_is_kept_together_or_not_at_all(tmp_path):
    outbox = opened(tmp_path)
    outbox.put("a", "1")

    def together():
        with outbox.together():
            outbox.set_mark("log", "5")
            assert outbox.is_new("b")
            outbox.put("a", "2")  # the number is taken

    with pytest.raises(OutboxUnusable):
        together()
    assert outbox.mark("log") is None
    assert outbox.is_new("b")
    assert (outbox.waiting, waiting(outbox)) == (1, ["1"])
    outbox.close()


def test_a_crash_leaves_what_was_kept(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from bot.agent.outbox import Outbox\n"
        "outbox = Outbox(Path(sys.argv[1]) / 'outbox.db', pushes=9, size=9999)\n"
        "outbox.put('a', 'one')\n"
        "outbox._db.execute('BEGIN'); outbox.put('b', 'two'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path])
    outbox = opened(tmp_path)
    assert waiting(outbox) == ["one"]
    outbox.close()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "outbox.db").write_text("not a database" * 1000)
    with pytest.raises(OutboxUnusable, match=r"state: .*outbox\.db"):
        opened(tmp_path)


def test_others_cannot_read_it(tmp_path):
    opened(tmp_path).close()
    assert (tmp_path / "outbox.db").stat().st_mode & 0o077 == 0


async def test_what_is_seen_while_the_bot_is_away_reaches_it_once_and_in_order(tmp_path):
    path = tmp_path / "Despool.log"
    path.write_text("")
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, logs=(path,))
        roster, port = bot.gateway.roster, int(bot.url.split(":")[2].strip("/"))
    database = config.parent / "outbox.db"
    async with agent(config):
        await asyncio.sleep(0.3)
        with path.open("a") as log:
            log.writelines(lock(f"{n}.cab", n) + "\n" for n in range(10, 20))
        await until(lambda: kept(database) >= 20)  # each with its capture: it is in no root
        async with bot_side(roster, port=port) as bot:
            await connected(bot)
            await until(lambda: kept(database) == 0)
        async with bot_side(roster, port=port) as later:
            await connected(later)
            await until(lambda: kept(database) == 0)
    numbers = [push.entry.line for push in bot.of_type("record")]
    assert numbers == list(range(1, 11))
    assert len({push.id for _, push in bot.pushes}) == len(bot.pushes) == 20
    assert later.pushes == []


def kept(database):
    if not database.exists():
        return -1
    with sqlite3.connect(database) as db:
        count = db.execute("SELECT count(*) FROM push").fetchone()[0]
    db.close()
    return count
