"""`check`: what the named logs report of the last hours, and who holds those files now."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from bot.agent.recent import recent
from bot.analysis import analyse
from bot.knowledge import load as load_knowledge
from bot.reading.sources import BytesSource
from tests.agents import agent, bot_side, connected, copied, enrolled, holding, lock, until

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDLE = "~Waiting for instruction file  $$<SMS_DESPOOLER><Thu Sep 10 {time} 1998~><thread=1D0>"


def named(entries):
    return [entry.path.rsplit("\\", 1)[1] for entry in entries]


def log_of(tmp_path, *lines, ago=timedelta(0), name="Despool.log"):
    path = tmp_path / name
    path.write_text("".join(f"{line}\n" for line in lines))
    at = (NOW - ago).timestamp()
    os.utime(path, (at, at))
    return path


def test_how_old_an_entry_is_is_told_by_the_clock_of_the_log(tmp_path):
    log = log_of(
        tmp_path,
        lock("old.cab", 10).replace("09:55", "08:20"),
        lock("new.cab", 11).replace("09:55", "09:01"),
        IDLE.format(time="09:58:00"),
    )
    assert named(recent([log], [], HOUR, NOW).entries) == ["new.cab"]
    assert named(recent([log], [], 2 * HOUR, NOW).entries) == ["old.cab", "new.cab"]


def test_a_log_that_rests_grows_older(tmp_path):
    log = log_of(tmp_path, lock("a.cab"), ago=timedelta(minutes=59))
    assert named(recent([log], [], HOUR, NOW).entries) == ["a.cab"]
    log = log_of(tmp_path, lock("a.cab"), ago=timedelta(minutes=61))
    assert named(recent([log], [], HOUR, NOW).entries) == []


def test_the_log_that_was_put_aside_is_read_first(tmp_path):
    log_of(tmp_path, lock("before.cab"), name="Despool.lo_", ago=timedelta(minutes=5))
    log = log_of(tmp_path, lock("after.cab"))
    assert named(recent([log], [], HOUR, NOW).entries) == ["before.cab", "after.cab"]


def test_of_a_long_log_the_end_is_read(tmp_path):
    filler = IDLE.format(time="09:00:00")
    rows = [lock("first.cab"), *([filler] * 20_000), lock("last.cab")]
    log = log_of(tmp_path, *rows)
    assert log.stat().st_size > 1024 * 1024
    assert named(recent([log], [], 2 * HOUR, NOW).entries) == ["last.cab"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_a_log_is_read_in_its_encoding(tmp_path, encoding):
    filler = IDLE.format(time="09:55:38")
    log = tmp_path / "Despool.log"
    log.write_bytes("\r\n".join([*([filler] * 9_000), lock("Größe.cab"), ""]).encode(encoding))
    os.utime(log, (NOW.timestamp(), NOW.timestamp()))
    assert named(recent([log], [], 2 * HOUR, NOW).entries) == ["Größe.cab"]


def test_a_source_that_cannot_be_read_is_named_and_the_others_are(tmp_path):
    log = log_of(tmp_path, lock("a.cab"))
    heard = recent([tmp_path / "none.log", log], ["Application"], HOUR, NOW)
    assert named(heard.entries) == ["a.cab"]
    assert [one.partition(":")[0] for one in heard.blind] == ["none.log", "Application"]


async def test_the_bot_gets_the_lines_for_its_analysis_and_a_look_at_what_is_locked(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    for name in ("held.cab", "free.cab", "healed.cab"):
        (share / name).write_text("")
    maps = (("E:\\SMS_PKGE\\DOG0005D", share),)
    log = tmp_path / "Despool.log"
    rows = [lock("held.cab"), lock("free.cab"), lock("healed.cab"), copied("healed.cab")]
    log.write_text("\n".join(rows) + "\n")
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(share,), maps=maps, logs=(log,))
        with holding(share / "held.cab") as pid:
            async with agent(config):
                await connected(bot)
                answer = await bot.asking.check("NTSITE1", None, timedelta(hours=24), "U1")
                one = await bot.asking.check(
                    "NTSITE1", "\\\\NTSITE1\\SMS_PKGE\\x", timedelta(hours=24), "U1"
                )
    text = "\n".join(line.text for line in answer.lines)
    report = analyse([BytesSource(name="log", data=text.encode())], load_knowledge())
    assert [finding.package for finding in report.findings] == ["DOG0005D"]
    looks = {sighting.holds.path[-8:]: sighting.holds for sighting in answer.sightings}
    assert sorted(looks) == ["free.cab", "held.cab"]
    assert [holder.pid for holder in looks["held.cab"].holders] == [pid]
    assert looks["free.cab"].state == "free"
    assert [sighting.holds.state for sighting in one.sightings] == ["refused"]


async def test_a_watch_tells_when_the_file_is_free_again(tmp_path):
    file = tmp_path / "share" / "a.cab"
    file.parent.mkdir()
    file.write_text("")
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(file.parent,))
        async with agent(config):
            await connected(bot)
            with holding(file):
                watch = await bot.asking.watch("NTSITE1", str(file), "U1")
                ended = await bot.asking.watch("NTSITE1", str(file), "U1")
                await bot.asking.unwatch("NTSITE1", ended, "U1")
                assert bot.of_type("released") == []
            [released] = await until(lambda: bot.of_type("released"))
    assert released.watch == watch
    assert released.holds.state == "free"
    assert released.after > 0
