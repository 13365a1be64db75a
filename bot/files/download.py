"""One download: every redirect looked at before it is followed, and all of the file or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp
from yarl import URL

from bot.files.description import File
from bot.files.places import Places
from bot.files.refusals import (
    FileElsewhere,
    FileGone,
    FileRefused,
    FileTooLarge,
    FileUnreachable,
    LoginPage,
)
from bot.files.shelf import Shelf
from bot.reading.sources import MIB
from bot.slack import SlackLimited, pause

REDIRECTS = 3
# no total: a large file on a slow line is no failure while it keeps coming
PATIENCE = aiohttp.ClientTimeout(total=None, connect=10, sock_connect=10, sock_read=30)
FIX = "grant the app the scope files:read, reinstall it to the workspace, and try again."

_BATCH = MIB
_HEAD = 512
_MOVED = (301, 302, 303, 307, 308)
_PASSING = (408, 425)
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """How a file comes here: the connections, the token, and who may see it."""

    session: aiohttp.ClientSession
    token: str
    places: Places
    proxy: str | None
    largest: int  # bytes
    timeout: aiohttp.ClientTimeout = PATIENCE


async def download(file: File, road: Road, shelf: Shelf) -> tuple[Path, int]:
    """Write a file to the shelf and return where it is and its bytes."""
    try:
        async with _answer(file, road) as response:
            _judge(file, response)
            return await _save(file, road.largest, response, shelf)
    except (aiohttp.ClientError, OSError) as problem:
        cause = type(problem).__name__
        raise FileUnreachable(f"{file.name} did not come whole from Slack ({cause}).") from problem


def check_size(file: File, size: int, largest: int) -> None:
    """Refuse a file of more bytes than the limit."""
    if size > largest:
        raise FileTooLarge(
            f"{file.name} is larger than {largest / MIB:g} MiB: "
            "pack it as .zip, or upload only the part around the failure."
        )


@asynccontextmanager
async def _answer(file: File, road: Road) -> AsyncIterator[aiohttp.ClientResponse]:
    """Ask for the file, and again wherever a trusted place sends us, a few times."""
    # compressed on the way its length would say nothing about whether it came whole
    headers = {"Authorization": f"Bearer {road.token}", "Accept-Encoding": "identity"}
    address = file.url
    for _ in range(1 + REDIRECTS):
        url = road.places.trusted(address)
        if url is None:
            raise _elsewhere(file, address)
        async with road.session.get(
            url,
            headers=headers,
            allow_redirects=False,
            timeout=road.timeout,
            proxy=road.proxy,
        ) as response:
            if response.status not in _MOVED:
                yield response
                return
            address = _next(response)
    raise FileElsewhere(f"Slack sent the request for {file.name} on more than {REDIRECTS} times.")


def _next(response: aiohttp.ClientResponse) -> str:
    location = response.headers.get("Location", "")
    if not location or "\\" in location:
        return ""  # browsers take a backslash for a slash, and URL for a letter
    try:
        return str(response.url.join(URL(location)))
    except ValueError:
        return ""


def _elsewhere(file: File, address: str) -> FileElsewhere:
    try:
        host = URL(address).raw_host
    except ValueError:
        host = None
    where = f"at {host[:100]}" if host and host.isprintable() else "in no place that can be told"
    return FileElsewhere(
        f"{file.name} is kept {where}, which is not Slack over https, so the token was not sent "
        "there: upload the file to Slack itself, or paste the lines."
    )


def _judge(file: File, response: aiohttp.ClientResponse) -> None:
    """Raise what a status other than 200 means."""
    status = response.status
    if status == 200:
        return
    if status == 429:
        raise SlackLimited(pause(response.headers))
    if status in (401, 403):
        raise _login(file)
    if status in (404, 410):
        raise FileGone(f"{file.name} is no longer in Slack: upload it again.")
    if status >= 500 or status < 400 or status in _PASSING:
        raise FileUnreachable(f"Slack answered the request for {file.name} with status {status}.")
    raise FileRefused(f"Slack refused the request for {file.name} with status {status}.")


def _login(file: File) -> LoginPage:
    return LoginPage(f"Slack sent a sign-in page instead of {file.name}: {FIX}")


async def _save(
    file: File, largest: int, response: aiohttp.ClientResponse, shelf: Shelf
) -> tuple[Path, int]:
    if _typed(response) in _HTML and not _is_html(file):
        raise _login(file)
    if response.content_length is not None:
        check_size(file, response.content_length, largest)
    with ExitStack() as undo:
        with _disk(file):
            out, path = shelf.begin(file)
        undo.callback(path.unlink, missing_ok=True)
        with out:
            size, head = await _copy(file, largest, response, out)
        if _is_cut(file, response, size):
            raise FileUnreachable(f"{file.name} did not come whole from Slack (cut).")
        if _is_page(file, response, size, head):
            raise _login(file)
        undo.pop_all()
    return path, size


async def _copy(
    file: File, largest: int, response: aiohttp.ClientResponse, out: BinaryIO
) -> tuple[int, bytes]:
    """Copy what comes, and return its length and its first bytes."""
    size, head, batch = 0, b"", bytearray()
    async for piece in response.content.iter_any():
        size += len(piece)
        check_size(file, size, largest)
        head = (head + piece)[:_HEAD] if len(head) < _HEAD else head
        batch += piece
        if len(batch) >= _BATCH:
            await _write(file, out, bytes(batch))
            batch.clear()
    await _write(file, out, bytes(batch))
    return size, head


async def _write(file: File, out: BinaryIO, data: bytes) -> None:
    def write() -> None:
        out.write(data)
        out.flush()

    with _disk(file):
        await asyncio.to_thread(write)


@contextmanager
def _disk(file: File) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise FileUnreachable(
            f"{file.name} cannot be kept on the disk of Despool's own machine ({problem.strerror})."
        ) from problem


def _is_cut(file: File, response: aiohttp.ClientResponse, size: int) -> bool:
    """Tell whether bytes are missing that HTTP itself had not counted."""
    counted = response.content_length is not None or "Transfer-Encoding" in response.headers
    # aiohttp notices a missing piece, but not that what was packed in all pieces is incomplete
    return (not counted or "Content-Encoding" in response.headers) and size < file.size


def _is_page(file: File, response: aiohttp.ClientResponse, size: int, head: bytes) -> bool:
    """Tell a sign-in page from a file that is or begins like a web page: by its length."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    typed = _typed(response)
    own = bool(typed) and typed == file.mimetype and typed not in _HTML
    seen = typed in _HTML or start.startswith((b"<!doctype html", b"<html"))
    return seen and not own and size != file.size


def _is_html(file: File) -> bool:
    return file.mimetype in _HTML or file.name.lower().endswith((".html", ".htm"))


def _typed(response: aiohttp.ClientResponse) -> str:
    # aiohttp's content_type has a default, which nobody sent
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
