"""The page on which a person reads along and joins in; everything it needs is beside this file."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.workspace import cast
from bot.workspace.cast import Json, Sample
from bot.workspace.delivery import Delivery
from bot.workspace.team import room

if TYPE_CHECKING:
    from bot.workspace.server import Workspace

TYPED = 12_000  # Slack makes a snippet of a longer text
_FILES = Path(__file__).with_name("static")
# The page draws message data as text only; this keeps a slip from becoming a script.
_POLICY = (
    "default-src 'self'; img-src data:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}


class Page:
    """Serves the page, tells it of every message, and does what its reader asks."""

    def __init__(self, ws: "Workspace", samples: Sequence[Sample]) -> None:
        self._ws, self._samples = ws, {sample.title: sample for sample in samples}
        self._acts: dict[str, Callable[..., Any]] = {"post": self._post, "sample": self._sample}
        self._acts |= {"click": self._click, "click_view": ws.click_view, "submit": self._submit}
        self._acts |= {"close": ws.close, "shortcut": ws.shortcut, "home": ws.open_home}
        self._acts["edit"] = lambda channel, ts, text, user: ws.edit(channel, ts, text)
        self._acts["delete"] = lambda channel, ts, user: ws.delete(channel, ts)

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the page."""
        return [
            web.get("/", self._file),
            web.get(r"/page/{name:page\.(?:js|css)}", self._file),
            web.get("/page/live", self._live),
            web.get(r"/archives/{channel}/p{digits:\d{16}}", self._permalink),
            web.post("/page/{verb}", self._act),
        ]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        return web.FileResponse(_FILES / name, headers=_HEADERS)

    async def _permalink(self, request: web.Request) -> web.StreamResponse:
        """Lead to a thread: https://docs.slack.dev/reference/methods/chat.getPermalink."""
        digits, channel = request.match_info["digits"], request.match_info["channel"]
        message = self._ws.channels[channel].messages[f"{digits[:10]}.{digits[10:]}"]
        raise web.HTTPFound(f"/#{channel}/{message.get('thread_ts', message['ts'])}")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        socket, queue = web.WebSocketResponse(heartbeat=20), asyncio.Queue[Json]()
        await socket.prepare(request)
        queue.put_nowait(self._state())
        self._ws.readers.add(queue)
        writer = asyncio.create_task(_write(socket, queue))
        try:
            async for _ in socket:
                pass  # the page only listens here; it speaks by POST
        finally:
            self._ws.readers.remove(queue)
            writer.cancel()
        return socket

    def _state(self) -> Json:
        ws, people = self._ws, cast.PEOPLE.values()
        rooms = [room(one) | {"messages": [*one.messages.values()]} for one in ws.channels.values()]
        state: Json = {"channels": rooms, "bot": cast.BOT_USER, "samples": list(self._samples)}
        state |= {"people": [asdict(one) | {"is_bot": bool(one.bot_id)} for one in people]}
        state |= {"shortcuts": cast.SHORTCUTS, "commands": cast.COMMANDS, "homes": ws.homes}
        return state | {"views": ws.views, "ephemerals": ws.ephemerals}

    async def _act(self, request: web.Request) -> web.Response:
        given: Json = {}
        for name, one in (await request.post()).items():
            if isinstance(one, str):
                given["option" if name == "value" else name] = one.replace("\r\n", "\n")
            elif isinstance(one, web.FileField) and one.filename:
                files = given.setdefault("files", {}).setdefault(name, {})
                files[one.filename] = one.file.read()
        if "view_id" in given:
            seen = (*self._ws.views.values(), *self._ws.homes.values())
            given["view"] = {one["id"]: one for one in seen}[given.pop("view_id")]
        done = self._acts[request.match_info["verb"]](**given)
        if isinstance(done, Delivery) and done.payload.get("type") == "view_submission":
            await self._ws.until(lambda: done.over, 60)
            done = {key: one for key, one in (done.response or {}).items() if key == "errors"}
        return web.json_response(done if isinstance(done, dict) else {})

    def _post(
        self, channel: str, user: str, text: str = "", files: Json | None = None, **thread: str
    ) -> Json | None:
        command, _, rest = text.partition(" ")
        if not text.startswith("/"):
            chosen, mode = (files or {}).get("file", {}), "hosted"
            if len(text) > TYPED:
                chosen, mode, text = {"Untitled.txt": text.encode(), **chosen}, "snippet", ""
            more: Json = {"user": user, "files": chosen, "file_mode": mode, **thread}
            return {"ts": self._ws.post(channel, text, **more)}
        if thread:
            raise ValueError(f"{command} is not supported in threads. Sorry!")
        if (command, rest.strip()) == ("/invite", "@despool"):
            self._ws.invite(channel, user)
        elif command in [one["name"] for one in cast.COMMANDS]:
            self._ws.command(rest.strip(), command=command, channel=channel, user=user)
        else:
            raise ValueError(f"{command} is not a valid command.")
        return None

    def _sample(self, title: str, user: str) -> None:
        one = self._samples[title]
        author = user if one.user == "alex" else one.user
        attached = list(one.attachments)
        self._ws.post("C0ALERTS", one.text, user=author, files=one.files, attachments=attached)

    def _click(self, channel: str, ts: str, action_id: str, **more: str) -> None:
        hidden = {one["ts"]: one for one in self._ws.ephemerals}
        message = hidden.get(ts) or self._ws.channel(channel).messages[ts] | {"channel": channel}
        self._ws.click(message, action_id, **more)

    def _submit(self, view: Json, user: str, files: Any = None, **texts: str) -> Delivery:
        return self._ws.submit(view, texts, user=user, files=files)


async def _write(socket: web.WebSocketResponse, queue: asyncio.Queue[Json]) -> None:
    while not socket.closed:
        await socket.send_json(await queue.get())
