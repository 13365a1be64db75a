"""The page on which a person reads along and joins in; everything it needs is beside this file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.workspace.cast import Channel
from bot.workspace.team import Message

if TYPE_CHECKING:
    from bot.workspace.server import Workspace

_FILES = Path(__file__).with_name("static")
# The page draws message data as text only; this keeps a slip from becoming a script.
_POLICY = (
    "default-src 'self'; img-src data:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}


class Page:
    """Serves the page, tells it of every message, and does what its reader asks."""

    def __init__(self, workspace: Workspace, samples: Sequence[tuple[str, str]]) -> None:
        self._workspace = workspace
        self._samples = list(samples)
        self._readers: dict[web.WebSocketResponse, asyncio.Queue[dict[str, Any]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page."""
        return [
            web.get("/", self._file),
            web.get(r"/page/{name:page\.(?:js|css)}", self._file),
            web.get("/page/live", self._live),
            web.post("/page/post", self._post),
            web.post("/page/edit", self._edit),
            web.post("/page/delete", self._delete),
        ]

    def show(self, channel: Channel, message: Message) -> None:
        """Tell every reader of a new, changed or deleted message."""
        for queue in self._readers.values():
            queue.put_nowait({"channel": channel.id, "message": dict(message)})

    async def close(self) -> None:
        """Say goodbye to every reader."""
        for socket in tuple(self._readers):
            await socket.close()

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        return web.FileResponse(_FILES / name, headers=_HEADERS)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=20)
        await socket.prepare(request)
        queue = self._readers[socket] = asyncio.Queue()
        queue.put_nowait(self._state())
        writer = asyncio.create_task(_write(socket, queue))
        try:
            async for _ in socket:
                pass  # the page only listens here; it speaks by POST
        finally:
            del self._readers[socket]
            writer.cancel()
        return socket

    def _state(self) -> dict[str, Any]:
        team = self._workspace.team
        rooms = [
            {"id": one.id, "name": one.name, "kind": one.kind, "archived": one.is_archived}
            | {"members": sorted(one.members), "messages": list(one.messages.values())}
            for one in team.channels.values()
        ]
        people = [person.as_json() for person in team.people.values()]
        return {"channels": rooms, "people": people, "bot": team.bot.id, "samples": self._samples}

    async def _post(self, request: web.Request) -> web.Response:
        form = await request.post()
        files = {
            part.filename: part.file.read()
            for part in form.getall("file", [])
            if isinstance(part, web.FileField) and part.filename
        }
        ts = self._workspace.post(
            str(form["channel"]),
            str(form.get("text", "")).replace("\r\n", "\n"),
            user=str(form["user"]),
            thread_ts=str(form.get("thread_ts", "")) or None,
            files=files,
        )
        return web.json_response({"ts": ts})

    async def _edit(self, request: web.Request) -> web.Response:
        form = await request.post()
        text = str(form["text"]).replace("\r\n", "\n")
        self._workspace.edit(str(form["channel"]), str(form["ts"]), text)
        return web.json_response({})

    async def _delete(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._workspace.delete(str(form["channel"]), str(form["ts"]))
        return web.json_response({})


async def _write(socket: web.WebSocketResponse, queue: asyncio.Queue[dict[str, Any]]) -> None:
    while not socket.closed:
        await socket.send_json(await queue.get())
