"""Slack as bench_slack plays it: events as Slack sends them, and answers to the Web API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self

from aiohttp import WSMsgType, web

SECRET = "a-signing-secret"
TEAM, APP, BOT = "T0BENCH", "A0BENCH", "U0BOT"
CHANNELS = [f"C0CHANNEL{number:02d}" for number in range(20)]
LOST_AFTER = 10.0  # seconds; Slack itself gives up after three

TALK = (
    "Good morning, is anybody else seeing the build queue stuck since about nine?",
    "I restarted the runner, should be fine now. Tell me if it is not :slightly_smiling_face:",
    "The new laptops arrive on Thursday; please send me the asset numbers before lunch.",
    "There is an error on the print server again, error code 5 this time, looking into it",
    "Lunch?",
    "Reminder: change freeze begins on Friday at 18:00, and ends on Monday at 06:00. What has to "
    "go out goes out before that, and whoever is on call knows what went out. The list is in the "
    "usual document; strike out what is done. Disk space on the file server is fine by the way, "
    "we freed 40 gigabytes last night by moving the old images away.",
    "<@U0ALEX> could you have a look at https://wiki.example/runbooks/print-server please",
    "done, closed the ticket",
)
LOG = (
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE1\\SMS_PKGE\\{package}. Disk space available on that server is megabytes, "
    "space required is megabytes.\n"
    "~Copying E:\\_S M0000.TMP\\SETUP.EXE to E:\\SMS_PKGE\\{package}\\SETUP.EXE, OK  "
    "$$<SMS_DESPOOLER><Thu Sep 10 09:55:36 1998~><thread=1D0>\n"
    "~Copying E:\\_S M0000.TMP\\data1.cab to E:\\SMS_PKGE\\{package}\\data1.cab, "
    "Failed, Win32 Error = 32  $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>\n"
)


class Stream:
    """Events without end, none like another: talk, logs, or a log among every ten ("mixed")."""

    def __init__(self, kind: str) -> None:
        self._every = {"talk": 0, "logs": 1, "mixed": 10}[kind]  # how often a log comes
        self._start = int(time.time())
        self._sent = 0
        self.logs = 0  # so many were given out, and each is to be answered

    def next(self) -> dict[str, Any]:
        """Return the next event, as Slack sends it."""
        number, self._sent = self._sent, self._sent + 1
        text = TALK[number % len(TALK)]
        if self._every and number % self._every == 0:
            self.logs += 1
            text = LOG.format(package=f"DOG{number % 0x100000:05X}")
        return _body(text, number, f"{self._start}.{number:06d}")


def _body(text: str, number: int, ts: str) -> dict[str, Any]:
    # https://docs.slack.dev/reference/events/message
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    event = {
        "user": "U0ALEX",
        "type": "message",
        "ts": ts,
        "client_msg_id": f"2f9c3f0e-0000-4000-8000-{number:012d}",
        "text": text.replace("&", "&amp;").replace("<S", "&lt;S").replace("><", "&gt;&lt;"),
        "team": TEAM,
        "blocks": [{"type": "rich_text", "block_id": "b1", "elements": [element]}],
        "channel": CHANNELS[number % len(CHANNELS)],
        "event_ts": ts,
        "channel_type": "channel",
    }
    return {
        "token": "not-used-any-more",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "api_app_id": APP,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{number:09d}",
        "event_time": int(ts.partition(".")[0]),
        "authorizations": [
            {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True}
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{number:032d}",
    }


class Line(Protocol):
    """A way to bring one event to the bot."""

    async def send(self, body: dict[str, Any]) -> bool:
        """Send it and wait for the acknowledgement; False where another answer came."""


class HttpLine:
    """One connection to the request URL, kept open; plain sockets, so that the bot is measured."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, body: dict[str, Any]) -> bool:
        """Post it signed."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(_request(json.dumps(body).encode(), self._port))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, length = head.partition(b"content-length:")
        await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
        return head.startswith(b"http/1.1 200")

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


def _request(body: bytes, port: int) -> bytes:
    stamp = str(int(time.time()))
    signed = hmac.new(SECRET.encode(), b"v0:%b:%b" % (stamp.encode(), body), hashlib.sha256)
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Slack-Request-Timestamp: {stamp}\r\nX-Slack-Signature: v0={signed.hexdigest()}\r\n\r\n"
    )
    return head.encode() + body


@dataclass(slots=True)
class SlackSide:
    """The Web API and the Socket Mode server; also the line to a bot in Socket Mode."""

    replies: int = 0
    last_reply: float = 0.0  # by time.perf_counter
    replied: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _socket: web.WebSocketResponse | None = None
    _unanswered: dict[str, asyncio.Future[None]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        """Return the base of the Web API."""
        return f"http://127.0.0.1:{self.port}/api/"

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        server = web.Application()
        server.router.add_post("/api/{method}", self._call)
        server.router.add_get("/socket", self._serve)
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def send(self, body: dict[str, Any]) -> bool:
        """Send an event through the socket; False where it is not acknowledged."""
        if self._socket is None:
            raise ConnectionError("the bot has no socket open")
        envelope = body["event_id"]
        answer = self._unanswered[envelope] = asyncio.get_running_loop().create_future()
        frame = {
            "envelope_id": envelope,
            "payload": body,
            "type": "events_api",
            "accepts_response_payload": False,
            "retry_attempt": 0,
            "retry_reason": "",
        }
        await self._socket.send_str(json.dumps(frame))
        try:
            async with asyncio.timeout(LOST_AFTER):
                await answer
        except TimeoutError:
            return False
        else:
            return True
        finally:
            del self._unanswered[envelope]

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._socket = socket
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                answer = self._unanswered.get(json.loads(message.data).get("envelope_id"))
                if answer is not None and not answer.done():
                    answer.set_result(None)
        self._socket = None
        return socket

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        await request.read()
        answer: dict[str, Any] = {"ok": True}
        if method == "auth.test":
            answer |= {"team_id": TEAM, "user_id": BOT, "bot_id": "B0BOT", "user": "despool"}
            answer |= {"url": f"http://127.0.0.1:{self.port}/", "team": "Bench"}
        elif method == "apps.connections.open":
            answer["url"] = f"ws://127.0.0.1:{self.port}/socket"
        elif method == "chat.postMessage":
            self.replies += 1
            self.last_reply = time.perf_counter()
            self.replied.set()
            answer |= {"channel": CHANNELS[0], "ts": f"9999999999.{next(self._numbers):06d}"}
        return web.json_response(answer)
