"""The agent on a server that has nothing of the bot's side installed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agents import bot_side, connected, enrolled, holding, lock, until

ROOT = Path(__file__).parent.parent
ABSENT = ("slack_bolt", "slack_sdk", "sqlalchemy", "dbos", "hyperscan", "evtx", "rich", "handlers")
# what Python takes for a module that is known not to exist
WITHOUT = "import sys\nfor name in {names!r}: sys.modules[name] = None\n"
RUN = "from bot.__main__ import main\nsys.argv = ['despool', *sys.argv[1:]]\nmain()\n"


def test_no_module_of_the_agent_needs_what_is_the_bots_alone():
    code = WITHOUT.format(names=ABSENT) + (
        "import importlib, pkgutil, bot.agent, bot.wire, bot.agent_commands\n"
        "for part in (bot.agent, bot.wire):\n"
        "    for module in pkgutil.walk_packages(part.__path__, part.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "print(sorted(name for name in sys.modules if name.startswith('bot.')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "'bot.agent.running'" in run.stdout
    for of_the_bot in ("bot.agents", "bot.app", "bot.incidents", "bot.services", "bot.settings"):
        assert f"'{of_the_bot}" not in run.stdout.replace("'bot.agent_commands'", "")


@pytest.fixture
def by_proc():
    """Give the code that looks for holders as the tests of the agent do."""
    return (
        "import asyncio, pathlib\n"
        "from bot.agent.running import main\n"
        "from bot.stopping import stop_on_signal\n"
        "from tests.agents_look import by_proc\n"
        "async def run(): await main(pathlib.Path(sys.argv[1]), stop_on_signal(), by_proc)\n"
        "asyncio.run(run())\n"
    )


async def test_it_runs_reports_and_ends_on_a_signal_without_them(tmp_path, by_proc):
    file, log = tmp_path / "share" / "filename.EXE", tmp_path / "Despool.log"
    file.parent.mkdir()
    file.write_bytes(b"MZ")
    log.write_text("")
    maps = (("E:\\SMS_PKGE\\DOG0005D", file.parent),)
    code = WITHOUT.format(names=ABSENT) + by_proc
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(file.parent,), maps=maps, logs=(log,))
        with holding(file) as pid, started(code, config) as process:
            await connected(bot)
            with log.open("a") as out:
                out.write(lock() + "\n")
            [capture, *_] = await until(lambda: bot.of_type("capture"))
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None)
        await until(lambda: not bot.gateway.statuses())
    assert [one.pid for one in capture.holds.holders] == [pid]
    assert process.returncode == 0


def started(code, *words):
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"CI": ""})


async def test_the_command_runs_it_with_the_probes_of_this_machine(tmp_path):
    file, log = tmp_path / "share" / "filename.EXE", tmp_path / "Despool.log"
    file.parent.mkdir()
    file.write_bytes(b"MZ")
    log.write_text("")
    maps = (("E:\\SMS_PKGE\\DOG0005D", file.parent),)
    code = WITHOUT.format(names=ABSENT) + RUN
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, roots=(file.parent,), maps=maps, logs=(log,))
        with started(code, "agent", "run", "--config", config) as process:
            await connected(bot)
            with holding(file) as pid:
                with log.open("a") as out:
                    out.write(lock() + "\n")
                [capture, *_] = await until(lambda: bot.of_type("capture"))
                watch = await bot.asking.watch("NTSITE1", str(file), "U1")
            [released] = await until(lambda: bot.of_type("released"))
            process.send_signal(signal.SIGTERM)
            await until(lambda: process.poll() is not None)
    [holder] = capture.holds.holders
    assert (holder.pid, holder.confidence) == (pid, "exact")
    assert holder.name
    assert (released.watch, released.holds.state) == (watch, "free")
    assert process.returncode == 0
