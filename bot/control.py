"""A socket in the data folder, by which commands on the same host speak to the running bot."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.errors import DespoolError

log = logging.getLogger(__name__)

NAME = "control.sock"
PATIENCE = 15.0  # seconds
# bytes of a path; the kernel takes 108: https://man7.org/linux/man-pages/man7/unix.7.html
LONGEST = 100
HERE = hasattr(socket, "AF_UNIX")

Answer = Callable[[Mapping[str, Any]], Awaitable[Any]]


class ControlRefused(DespoolError):
    """The running bot did not do what it was asked."""


@dataclass(frozen=True, slots=True)
class Control:
    """The socket of one data folder; whoever may open it may ask for everything."""

    path: Path

    @classmethod
    def at(cls, folder: Path) -> Control:
        """Return the socket of a data folder, whether a bot listens or not."""
        return cls(folder / NAME)

    @asynccontextmanager
    async def serving(self, answers: Mapping[str, Answer]) -> AsyncIterator[None]:
        """Answer questions by their names as long as the context lasts."""
        if not HERE:
            yield
            return
        application = web.Application()
        application.router.add_post("/{name}", _handler(answers))
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            with _made(self.path) as address:
                if address is not None:
                    await _listen(runner, address)
                yield
        finally:
            await runner.cleanup()
            with suppress(OSError):
                self.path.unlink()

    async def ask(self, name: str, question: Mapping[str, Any] | None = None) -> Any:
        """Return the running bot's answer; None where no bot runs. Raise ControlRefused."""
        if not (HERE and _is_socket(self.path)):
            return None
        try:
            with _reached(self.path) as address:
                connector = aiohttp.UnixConnector(address)
                timeout = aiohttp.ClientTimeout(total=PATIENCE)
                async with (
                    aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                    session.post(f"http://despool/{name}", json=dict(question or {})) as answer,
                ):
                    body = await answer.json()
        except (aiohttp.ClientConnectorError, FileNotFoundError):
            return None  # what a bot that was killed left behind
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ControlRefused(
                f"The running bot did not answer ({type(error).__name__})."
            ) from None
        if "error" in body:
            raise ControlRefused(str(body["error"]))
        return body["answer"]


def _handler(answers: Mapping[str, Answer]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        answer = answers.get(request.match_info["name"])
        if answer is None:
            return web.json_response({"error": "The running bot is older than this command."})
        try:
            question = json.loads(await request.text() or "{}")
            return web.json_response({"answer": await answer(question)})
        except DespoolError as error:
            return web.json_response({"error": str(error)})

    return handle


@contextmanager
def _made(path: Path) -> Iterator[str | None]:
    """Give the address to listen on; None where there can be none."""
    try:
        # with the database elsewhere nobody else has made the folder
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        _unreached(error)
        yield None
        return
    with _reached(path) as address:
        yield address


def _unreached(error: OSError) -> None:
    log.warning("Commands on this host cannot reach the bot: %s", error.strerror)


async def _listen(runner: web.AppRunner, address: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(address)  # noqa: PTH108 - it may be a path through a descriptor
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, address).start()
    except OSError as error:
        _unreached(error)
    finally:
        os.umask(before)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


@contextmanager
def _reached(path: Path) -> Iterator[str]:
    """Give an address that the kernel takes, however long the path of the folder is."""
    if len(os.fsencode(path)) <= LONGEST or not Path("/proc/self/fd").is_dir():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
