"""The two ways to the bot: Socket Mode, and HTTP with a signature."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import json
import time
import uuid

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web

from bot.workspace import cast
from bot.workspace.delivery import Delivery, GivenUp


class SocketMode:
    """The WebSockets the bot has open: https://docs.slack.dev/apis/events-api/using-socket-mode."""

    def __init__(self) -> None:
        self.connections: list[web.WebSocketResponse] = []
        self._requests: dict[web.WebSocketResponse, web.Request] = {}
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._connected = asyncio.Event()

    def ticket(self) -> str:
        """Return a ticket that opens one connection, once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side closes it."""
        if request.query.get("ticket") not in self._tickets:
            return web.Response(status=403, text="This ticket has been used, or never existed.")
        self._tickets.remove(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._requests[socket] = request
        self.connections.append(socket)
        try:
            info = {"connection_info": {"app_id": cast.APP_ID}, "debug_info": {"host": "stand-in"}}
            count = len(self.connections)
            await socket.send_json({"type": "hello", "num_connections": count, **info})
            self._connected.set()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(frame.data)
        finally:
            self._forget(socket)
        return socket

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self._requests.pop(socket, None)
        if socket in self.connections:
            self.connections.remove(socket)
        if not self.connections:
            self._connected.clear()

    def _acknowledge(self, frame: str) -> None:
        try:
            answer = json.loads(frame)
        except ValueError:
            return
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Send an envelope over one connection and wait for its acknowledgement."""
        envelope_id = str(uuid.uuid4())
        body = {
            "envelope_id": envelope_id,
            "type": "events_api",
            "accepts_response_payload": False,
            "payload": delivery.payload,
            "retry_attempt": len(delivery.failures),
            "retry_reason": delivery.failures[-1] if delivery.failures else "",
        }
        acknowledged = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await self._connected.wait()
                self.connections.append(self.connections.pop(0))  # to each in its turn
                await self.connections[-1].send_json(body)
                await acknowledged
        except (TimeoutError, ConnectionError):
            return "timeout"
        finally:
            del self._waiting[envelope_id]
        return None

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the bot to connect anew, as Slack does every few hours."""
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "stand-in"}}
        for socket in tuple(self.connections):
            self._forget(socket)
            await socket.send_json(frame)

    def cut(self) -> None:
        """Break every connection without a word."""
        for socket, request in tuple(self._requests.items()):
            self._forget(socket)
            if request.transport is not None:
                request.transport.abort()

    async def close(self) -> None:
        """Close every connection."""
        for socket in tuple(self._requests):
            await socket.close()


class SignedHttp:
    """The bot's request URL: https://docs.slack.dev/authentication/verifying-requests-from-slack."""

    def __init__(self, url: str, secret: str, session: ClientSession) -> None:
        self.url = url
        self._secret = secret
        self._session = session

    def headers(self, body: bytes, at: int) -> dict[str, str]:
        """Return the headers that prove who sent a body, and when."""
        base = f"v0:{at}:".encode() + body
        digest = hmac.new(self._secret.encode(), base, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": f"v0={digest}",
        }

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Post the payload and wait for a 2xx."""
        body = json.dumps(delivery.payload).encode()
        headers = self.headers(body, int(time.time()))
        if delivery.failures:
            headers["X-Slack-Retry-Num"] = str(len(delivery.failures))
            headers["X-Slack-Retry-Reason"] = delivery.failures[-1]
        try:
            async with self._session.post(
                self.url,
                data=io.BytesIO(body),
                headers=headers,
                timeout=ClientTimeout(total=patience),
                allow_redirects=False,
            ) as answer:
                if answer.ok and answer.status < 300:
                    return None
                if answer.headers.get("X-Slack-No-Retry") == "1":
                    raise GivenUp("http_error")
                return "http_error"
        except TimeoutError:
            return "http_timeout"
        except ClientError:
            return "connection_failed"
