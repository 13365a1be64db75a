"""Bots as processes of their own, a balancer before them, and a Slack that remembers each post."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import ClientError, ClientSession, web

from bot.samples import ALERT
from bot.samples import LOG as SEED_LOG
from bot.workspace import Workspace

ROOT = Path(__file__).parent.parent.parent
CHANNELS = ("C0ALERTS", "C0RANDOM", "G0SERVER")
BOT = "U0DESPOOL"


class Slack(Workspace):
    """A workspace that tells, at the moment it has stored a reply of the bot's, whose it is."""

    def __init__(self) -> None:
        super().__init__()
        self.stored: list[str] = []  # the keys of replies, in the order in which they were stored
        self.on_stored: Callable[[str], None] = lambda key: None

    def say(self, channel: Any, user: str, thread: str | None, **content: Any) -> Any:
        """Store a message; before anybody is told, the test may act."""
        message = super().say(channel, user, thread, **content)
        if user == BOT:
            key = ((content.get("metadata") or {}).get("event_payload") or {}).get("key", "")
            self.stored.append(key)
            self.on_stored(key)
        return message

    def alert(self, number: int, *, channel: str | None = None) -> tuple[str, str]:
        """Post an alert with its lock line about a package of its own; return its place."""
        package = f"DOG{number:05d}"
        text = f"{ALERT}\n{SEED_LOG}".replace("DOG0005D", package)
        place = channel or CHANNELS[number % len(CHANNELS)]
        return place, self.post(place, text, user="monitor")

    def told(self, places: list[tuple[str, str]]) -> Counter[int]:
        """Return how many threads have how many replies."""
        return Counter(len(self.replies(*place)) for place in places)


@dataclass(slots=True)
class Process:
    """One `despool run`."""

    env: dict[str, str]
    log: Path
    port: int
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; it takes a moment until it is ready."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "bot", "run"),
                env=self.env,
                cwd=ROOT / "tests",
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """End it without a chance to do anything about it."""
        os.kill(self.pid, signal.SIGKILL)

    async def gone(self) -> int:
        """Wait for its end and return its exit status."""
        assert self.process is not None
        return await self.process.wait()

    async def ready(self, within: float = 60.0) -> None:
        """Wait until it hears Slack."""
        async with ClientSession() as session, asyncio.timeout(within):
            while not await self._is_ready(session):
                assert self.process is not None
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)

    async def _is_ready(self, session: ClientSession) -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return answer.status == 200
        except ClientError:
            return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass(slots=True)
class Fleet:
    """The processes of one test, with what they share."""

    slack: Slack
    folder: Path
    address: str
    http: bool = False
    processes: list[Process] = field(default_factory=list)

    def process(self, **changes: str) -> Process:
        """Make a process, not yet started."""
        port = free_port()
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "DESPOOL_SLACK_API_URL": self.slack.api_url,
            "DESPOOL_DATA_DIR": str(self.folder / f"data{len(self.processes)}"),
            "DESPOOL_DATABASE_URL": self.address,
            "PORT": str(port),
        }
        if self.http:
            env["SLACK_SIGNING_SECRET"] = self.slack.signing_secret
        else:
            env["SLACK_APP_TOKEN"] = self.slack.app_token
        made = Process(env | changes, self.folder / f"log{len(self.processes)}", port)
        self.processes.append(made)
        return made

    async def start(self, count: int = 1, **changes: str) -> list[Process]:
        """Start processes and wait until they are ready."""
        made = [self.process(**changes) for _ in range(count)]
        for one in made:
            await one.start()
        await asyncio.gather(*(one.ready() for one in made))
        return made

    def posting(self) -> set[str]:
        """Return the keys of the replies that were tried and not recorded."""
        question = "SELECT key FROM replies WHERE state = 'posting'"
        if self.address.startswith("sqlite"):
            path = self.address.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=10)) as connection:
                return {key for (key,) in connection.execute(question)}
        with psycopg.connect(self.address) as server:
            return {key for (key,) in server.execute(question).fetchall()}

    def logged(self) -> str:
        """Return what all processes have logged."""
        return "\n".join(one.log.read_text() for one in self.processes if one.log.exists())

    async def end(self) -> None:
        """Kill whatever still lives."""
        for one in self.processes:
            if one.process is not None and one.process.returncode is None:
                one.kill()
                await one.gone()


async def answered(ships: Fleet, places: list[tuple[str, str]], within: float) -> float:
    """Wait until each place has a reply and no post is in doubt, then for a second one.

    Return how many seconds that took, without the last wait.
    """
    began = time.monotonic()
    while (missing := ships.slack.told(places)[0]) or ships.posting():
        state = f"{missing} threads without a reply, {ships.posting()} in doubt"
        assert time.monotonic() - began < within, f"{state}\n{ships.logged()[-5000:]}"
        await asyncio.sleep(0.1)
    took = time.monotonic() - began
    await asyncio.sleep(1.0)
    return took


@asynccontextmanager
async def fleet(folder: Path, address: str, *, http: bool = False) -> AsyncIterator[Fleet]:
    """Give a workspace and the means to start bots in it."""
    async with Slack() as slack:
        made = Fleet(slack, folder, address, http)
        try:
            if http:
                async with balancer(made) as url:
                    slack.events_url = url
                    yield made
            else:
                yield made
        finally:
            await made.end()


@asynccontextmanager
async def balancer(among: Fleet) -> AsyncIterator[str]:
    """Hand each request to the next process that takes it, as a balancer does."""
    turn = 0

    async def forward(request: web.Request) -> web.Response:
        nonlocal turn
        body = await request.read()
        for _ in range(len(among.processes)):
            turn += 1
            one = among.processes[turn % len(among.processes)]
            url = f"http://127.0.0.1:{one.port}{request.path_qs}"
            try:
                async with session.post(url, data=body, headers=request.headers) as answer:
                    return web.Response(status=answer.status, body=await answer.read())
            except ClientError:
                continue
        return web.Response(status=502)

    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/slack/events", forward)
    runner = web.AppRunner(app, access_log=None)
    async with ClientSession(auto_decompress=False) as session:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        finally:
            await runner.cleanup()
