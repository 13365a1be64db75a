"""The two ways to the bot: Socket Mode, and HTTP with a signature."""

import asyncio
import hashlib
import hmac
import io
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web

from bot.workspace import cast
from bot.workspace.cast import Json
from bot.workspace.delivery import Delivery, GivenUp


class SocketMode:
    """The WebSockets the bot has open: https://docs.slack.dev/apis/events-api/using-socket-mode."""

    def __init__(self) -> None:
        self.connections: list[web.WebSocketResponse] = []
        self.muted = False
        self._requests: dict[web.WebSocketResponse, web.Request] = {}
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._connected = asyncio.Event()

    def ticket(self) -> str:
        """Return a ticket that opens one connection, once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side closes it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="This ticket has been used, or never existed.")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._requests[socket] = request
        self.connections.append(socket)
        try:
            info: Json = {
                "connection_info": {"app_id": cast.APP_ID},
                "debug_info": {"host": "stand-in"},
            }
            info |= {"type": "hello", "num_connections": len(self.connections)}
            await socket.send_json(info)
            self._connected.set()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(frame.data)
                elif frame.type is WSMsgType.PING and not self.muted:
                    await socket.pong(frame.data)
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
        answer = _object(frame)
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload"))

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Send an envelope over one connection and wait for its acknowledgement."""
        is_event, name = delivery.kind == "events_api", str(uuid.uuid4())
        body: Json = {"envelope_id": name, "type": delivery.kind, "payload": delivery.payload}
        body |= {"accepts_response_payload": not is_event}
        reason = delivery.failures[-1] if delivery.failures else ""
        retry = {"retry_attempt": len(delivery.failures), "retry_reason": reason}
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await self._connected.wait()
                self.connections.append(self.connections.pop(0))  # to each in its turn
                if not self.muted:
                    await self.connections[-1].send_json(body | (retry if is_event else {}))
                delivery.response = await answer
        except (TimeoutError, ConnectionError):
            return "timeout"
        finally:
            del self._waiting[name]
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

    def mute(self, on: bool = True) -> None:
        """Go deaf and dumb: accept connections, answer no ping and deliver nothing."""
        self.muted = on

    async def close(self) -> None:
        """Close every connection."""
        for socket in tuple(self._requests):
            await socket.close()


class SignedHttp:
    """The bot's request URL: https://docs.slack.dev/authentication/verifying-requests-from-slack."""

    def __init__(self, url: str, secret: str, session: ClientSession) -> None:
        self.url, self._secret, self._session = url, secret, session

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Post the payload and wait for a 2xx."""
        body, headers = self._request(delivery)
        options: Json = {"timeout": ClientTimeout(total=patience), "allow_redirects": False}
        data = io.BytesIO(body)  # aiohttp warns of megabytes given as bytes
        try:
            async with self._session.post(
                self.url, data=data, headers=headers, **options
            ) as answer:
                if 200 <= answer.status < 300:
                    text = await answer.text()
                    delivery.response = _object(text) or ({"text": text} if text else None)
                    return None
                if answer.headers.get("X-Slack-No-Retry") == "1":
                    raise GivenUp("http_error")
                return "http_error"
        except TimeoutError:
            return "http_timeout"
        except ClientError:
            return "connection_failed"

    def _request(self, delivery: Delivery) -> tuple[bytes, dict[str, str]]:
        kind, body, at = "application/json", json.dumps(delivery.payload), str(int(time.time()))
        if delivery.kind != "events_api":
            is_form, kind = delivery.kind == "slash_commands", "application/x-www-form-urlencoded"
            body = urlencode(delivery.payload if is_form else {"payload": body})
        digest = hmac.new(self._secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256)
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": at}
        headers |= {"X-Slack-Signature": f"v0={digest.hexdigest()}"}
        if delivery.failures:
            headers["X-Slack-Retry-Num"] = str(len(delivery.failures))
            headers["X-Slack-Retry-Reason"] = delivery.failures[-1]
        return body.encode(), headers


def _object(text: str) -> Json:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
