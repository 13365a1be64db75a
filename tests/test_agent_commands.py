"""`despool agent …` as an admin gives it, in a process of its own."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.aside import MOST_STUCK, aside
from bot.agent.outbox import OutboxUnusable
from bot.agent.state import AlreadyRunning, alone, is_running
from tests.agents import agent, bot_side, connected, enrolled, until

ROOT = Path(__file__).parent.parent


def despool(*words, cwd=ROOT):
    run = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    return run.returncode, run.stdout, run.stderr


async def told(*words):
    return await asyncio.to_thread(despool, *words)


async def test_status_tells_whether_the_agent_runs_and_is_connected(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, logs=(tmp_path / "Despool.log",))
        words = ("agent", "status", "--config", config)
        code, out, _ = await told(*words)
        assert (code, out.startswith("The agent of NTSITE1 does not run.")) == (1, True)
        async with agent(config):
            await connected(bot)
            code, out, _ = await told(*words)
            assert code == 0
            assert f"NTSITE1 is connected to {bot.url} since" in out
            assert f"Follows {tmp_path / 'Despool.log'}" in out
            code, out, _ = await told(*words, "--json")
            assert json.loads(out) | {"running": True, "connected": True} == json.loads(out)
            await bot.gateway.revoke("NTSITE1")
            await until(lambda: not json.loads(status(config)).get("connected"))
            code, out, _ = await told(*words)
            assert code == 1
            assert "Why: This agent was revoked." in out
    code, out, _ = await told(*words, "--json")
    assert (code, json.loads(out)["running"]) == (1, False)


def status(config):
    return (config.parent / "status.json").read_text()


async def test_config_check_names_what_is_wrong(tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(share,))
    words = ("agent", "config", "check", "--config", config)
    code, out, _ = await told(*words)
    assert (code, "all is well" in out) == (0, True)
    share.rmdir()
    code, out, _ = await told(*words)
    assert (code, out) == (2, f"roots: {share} is no folder here.\n")
    with config.open("a") as file:
        file.write("'E:\\X' = 5\n")
    code, out, err = await told(*words)
    assert (code, out) == (2, "")
    assert "maps.E:\\X" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", [["run"], ["status"], ["config", "check"], ["install-service"]])
def test_without_a_configuration_each_says_how_to_get_one(tmp_path, words):
    code, out, err = despool("agent", *words, "--config", tmp_path / "none.toml")
    assert (code, out) == (2, "")
    assert "none.toml" in err
    assert "despool agent enroll" in err


async def test_a_key_that_others_may_read_is_not_used(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
    config.with_name("agent.key").chmod(0o644)
    code, _, err = await told("agent", "run", "--config", config)
    assert code == 2
    assert "chmod 600" in err


async def test_a_second_agent_with_the_same_state_is_refused(tmp_path):
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path)
        async with agent(config):
            await connected(bot)
            with pytest.raises(AlreadyRunning):
                async with agent(config) as second:
                    await second


def test_the_lock_of_a_crashed_agent_is_free(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from bot.agent.state import alone\n"
        "with alone(Path(sys.argv[1])): print(flush=True); time.sleep(600)"
    )
    assert not is_running(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout.readline()
        assert is_running(tmp_path)
        process.send_signal(signal.SIGKILL)
    assert not is_running(tmp_path)
    with alone(tmp_path):
        assert is_running(tmp_path)


def test_a_state_that_cannot_be_kept_is_named(tmp_path):
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(OutboxUnusable, match="state: "), alone(tmp_path / "state"):
        pass


async def test_a_file_system_that_hangs_holds_up_nobody():
    code = (
        "import asyncio, threading; from bot.agent.aside import TooSlow, aside\n"
        "async def main():\n"
        "    for _ in range(12):\n"
        "        try: await aside(threading.Event().wait, 0.01)\n"
        "        except TooSlow as slow: print(slow)\n"
        "asyncio.run(main())"
    )
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    lines = run.stdout.splitlines()
    assert lines[:MOST_STUCK] == ["The file system did not answer within 0.01 s."] * MOST_STUCK
    assert lines[MOST_STUCK:] == ["Earlier looks at a file system are still waiting for it."] * 4
    assert run.returncode == 0


async def test_what_a_call_aside_gives_or_raises_comes_back():
    assert await aside(lambda: 5, 10) == 5
    with pytest.raises(FileNotFoundError):
        await aside(lambda: Path("/none/none").stat(), 10)


def test_who_may_not_open_the_lock_tells_by_the_status_whether_it_runs(tmp_path):
    (tmp_path / "running.lock").mkdir()  # which nobody can open as a file
    assert not is_running(tmp_path)
    (tmp_path / "status.json").write_text("{}")
    assert is_running(tmp_path)
    os.utime(tmp_path / "status.json", (1, 1))
    assert not is_running(tmp_path)
