"""The agent on Windows: it enrols, dials out, follows a log, and names who holds a file."""

import asyncio
import subprocess
import sys

import pytest

from bot.agent.config import load
from bot.agent.looking import look
from bot.agent.names import PathRefused
from bot.agent.opening import open_log
from bot.agent.policy import Gone, Policy
from bot.agent.service import register, start, uninstall
from tests.agents import agent, bot_side, connected, enrolled, holding, lock, until


@pytest.fixture
def server(tmp_path):
    """Give a share with one file, and a log."""
    file = tmp_path / "SMS_PKGE" / "DOG0005D" / "Filename.EXE"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"MZ")
    (tmp_path / "Despool.log").write_bytes(b"")
    return tmp_path


def written(server):
    return {"roots": (server / "SMS_PKGE",), "logs": (server / "Despool.log",)}


def line(file):
    return lock().replace("E:\\SMS_PKGE\\DOG0005D\\filename.EXE", str(file)) + "\r\n"


async def test_a_lock_line_brings_the_record_and_the_pid_of_the_holder(server):
    file = server / "SMS_PKGE" / "DOG0005D" / "Filename.EXE"
    log = server / "Despool.log"
    async with bot_side() as bot:
        config = await enrolled(bot, server, **written(server))
        async with agent(config, look):
            await connected(bot)
            with holding(file) as pid:
                with log.open("ab") as out:
                    out.write(line(file).encode("utf-16-le"))
                [capture, *_] = await until(lambda: bot.of_type("capture"), 60)
            answer = await bot.asking.who_holds("NTSITE1", str(file).upper(), "U1")
            await until(lambda: bot.of_type("capture")[-1].final, 60)
    [record] = bot.of_type("record")
    assert record.entry.text == line(file).strip()
    assert capture.record == record.id
    assert capture.holds.state == "held"
    assert pid in [one.pid for one in capture.holds.holders]
    assert answer.holds.resolved.casefold() == str(file).casefold()
    assert answer.earlier[-1].holds.state == "held"


async def test_a_log_that_is_followed_is_put_aside_and_taken_away_as_if_nobody_read_it(server):
    log = server / "Despool.log"
    file = server / "SMS_PKGE" / "DOG0005D" / "none.cab"
    async with bot_side() as bot:
        config = await enrolled(bot, server, **written(server))
        async with agent(config, look):
            await connected(bot)
            for number in range(3):
                with log.open("ab") as out:
                    out.write(line(file).replace("09:55:37", f"09:55:1{number}").encode())
                log.replace(log.with_name("Despool.lo_"))
                log.write_bytes(b"")
                await until(lambda n=number: len(bot.of_type("record")) == n + 1)


def test_an_open_log_can_be_written_renamed_and_deleted_by_others(server):
    log = server / "Despool.log"
    with open_log(log):
        with log.open("ab") as out:
            out.write(b"more\r\n")
        moved = log.rename(log.with_name("Despool.lo_"))
        moved.unlink()


async def test_only_what_is_below_the_roots_is_looked_at(server):
    (server / "secret.pem").write_bytes(b"")
    async with bot_side() as bot:
        config = load(await enrolled(bot, server, **written(server)))
    policy = Policy(config)
    root = server / "SMS_PKGE"
    found = policy.locate(f"{root}/dog0005d/FILENAME.exe".replace("\\", "/"))
    assert found.path.casefold() == str(root / "DOG0005D" / "Filename.EXE").casefold()
    assert isinstance(policy.locate(f"{root}\\DOG0005D\\gone.cab"), Gone)
    drive = root.drive[0]
    unc = f"\\\\NTSITE1\\{drive}${str(root)[2:]}\\DOG0005D\\Filename.EXE"
    assert policy.locate(unc).inode == found.inode
    for asked in (
        server / "secret.pem",
        f"{root}\\..\\secret.pem",
        f"\\\\?\\{root}\\DOG0005D\\Filename.EXE",
        f"\\\\.\\{root}\\DOG0005D\\Filename.EXE",
        f"{root}\\DOG0005D\\Filename.EXE::$DATA",
        f"{root}\\DOG000~1\\Filename.EXE",
        f"{root}\\DOG0005D\\NUL",
        f"\\\\NTSITE2\\{drive}${str(root)[2:]}\\DOG0005D\\Filename.EXE",
        "/etc/passwd",
    ):
        with pytest.raises(PathRefused):
            policy.locate(str(asked))


async def test_the_key_has_an_access_list_of_its_own(server):
    import win32security

    async with bot_side() as bot:
        config = load(await enrolled(bot, server, **written(server)))
    wanted = win32security.DACL_SECURITY_INFORMATION
    held = win32security.GetFileSecurity(str(config.key_file), wanted)
    allowed = held.GetSecurityDescriptorDacl()
    aces = [allowed.GetAce(number) for number in range(allowed.GetAceCount())]
    rights = {win32security.ConvertSidToStringSid(sid): mask for _, mask, sid in aces}
    assert rights["S-1-5-18"]  # the system
    assert "S-1-1-0" not in rights  # everybody
    assert "S-1-5-32-545" not in rights  # the users of this machine


def test_the_command_says_what_is_missing(tmp_path):
    words = [sys.executable, "-m", "bot", "agent", "run", "--config", tmp_path / "none.toml"]
    run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 2
    assert "despool agent enroll" in run.stderr


async def test_the_service_runs_the_agent_until_it_is_stopped(server):
    async with bot_side() as bot:
        config = await enrolled(bot, server, **written(server))
        await asyncio.to_thread(register, config)
        try:
            await asyncio.to_thread(start)
            await until(bot.gateway.statuses, 60)
            with (server / "Despool.log").open("ab") as out:
                out.write(line(server / "SMS_PKGE" / "DOG0005D" / "Filename.EXE").encode())
            await until(lambda: bot.of_type("capture"), 60)
        finally:
            await asyncio.to_thread(uninstall)
        await until(lambda: not bot.gateway.statuses(), 60)
    assert bot.of_type("record")
