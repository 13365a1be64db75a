"""What the tests of the agent share: a bot's side over real sockets, and agents that dial it."""

import asyncio
import contextlib
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.agent.enrolling import Wishes, enroll
from bot.agent.running import main
from bot.agents.asking import Asking
from bot.agents.gateway import Gateway, routes
from bot.agents.roster import MemoryRoster
from bot.agents.ways import Sockets
from tests.agents_look import by_proc

LOCK = (
    "~Copying E:\\_S M0000.TMP\\filename.EXE to E:\\SMS_PKGE\\DOG0005D\\{file}, Failed, "
    "Win32 Error = 32  $$<SMS_DESPOOLER><Thu Sep 10 09:55:{second:02} 1998~><thread=1D0>"
)


_HOLD = "import sys, time; held = open(sys.argv[1], 'rb'); print(flush=True); time.sleep(600)"


@contextmanager
def holding(file):
    """Let a process of its own hold a file open, and give its pid."""
    command = [sys.executable, "-c", _HOLD, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout.readline()
            yield holder.pid
        finally:
            holder.kill()


def lock(file="filename.EXE", second=37):
    return LOCK.format(file=file, second=second)


def copied(file="filename.EXE", second=59):
    return lock(file, second).replace("Failed, Win32 Error = 32", "OK")


@dataclass
class BotSide:
    """The half of the bot that agents see, with what they have pushed."""

    gateway: Gateway
    asking: Asking
    url: str
    pushes: list = field(default_factory=list)  # (agent, push)
    enrolled: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    broken: bool = False  # whether pushes cannot be taken

    async def push(self, agent, push):
        if self.broken:
            raise ConnectionResetError
        self.pushes.append((agent, push))

    async def announce(self, agent):
        self.enrolled.append(agent)

    def of_type(self, kind):
        return [push for _, push in self.pushes if push.type == kind]


@asynccontextmanager
async def bot_side(roster=None, port=0, **options):
    roster = roster or MemoryRoster()
    bot = BotSide(gateway=None, asking=None, url="")
    bot.gateway = Gateway(roster, bot.push, on_enrolled=bot.announce, **options)
    bot.asking = Asking(roster, Sockets(bot.gateway), audit=bot.asked.append)
    app = web.Application()
    app.router.add_routes(routes(bot.gateway))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    sweeping = asyncio.create_task(bot.gateway.keep_swept(0.1))
    try:
        yield bot
    finally:
        sweeping.cancel()
        await bot.gateway.close()
        await runner.cleanup()


async def until(true, seconds=20.0):
    """Wait until something is so; the limit only ends a test that has failed already."""
    end = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)
    return value


async def enrolled(bot, folder: Path, name="NTSITE1", **wishes):
    """Enrol a server and return the path of its configuration."""
    code = await bot.gateway.enrolment.invite(name)
    config = folder / name / "agent.toml"
    await enroll(Wishes(address=bot.url, code=code, config=config, **wishes))
    return config


@asynccontextmanager
async def agent(config: Path, look=None):
    stop = asyncio.Event()
    task = asyncio.create_task(main(config, stop, look or by_proc))
    try:
        yield task
    finally:
        stop.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def connected(bot, name="NTSITE1"):
    await until(lambda: any(one.name == name for one in bot.gateway.statuses()))
