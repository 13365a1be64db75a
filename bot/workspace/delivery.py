"""Bring events and interactions to the bot, over Socket Mode or HTTP with a signature."""

import asyncio
import io
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, WSMsgType, web
from slack_sdk.signature import SignatureVerifier

from bot.workspace.cast import APP_ID, BOT_USER, TEAM_ID, Json

_HELLO = {"type": "hello", "connection_info": {"app_id": APP_ID}}
_HOST = {"debug_info": {"host": "stand-in"}}


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One event or interaction on its way to the bot."""

    payload: Json
    kind: str = "events_api"  # or "slash_commands", "interactive": Socket Mode's envelope types
    failures: list[str] = field(default_factory=list)  # Slack's retry reasons, one an attempt
    acknowledged: bool = False
    over: bool = False  # acknowledged, or given up
    response: Json | None = None  # what the acknowledgement said
    outcome: Callable[["Delivery"], object] = lambda delivery: None  # what comes of it


# Sends once, waits so many seconds; None when acknowledged, else Slack's word for the reason.
Route = Callable[[Delivery, float], Awaitable[str | None]]


class Courier:
    """Delivers each event until it is acknowledged or its attempts are used up.

    https://docs.slack.dev/apis/events-api#retries; an interaction gets one attempt:
    https://docs.slack.dev/interactivity/handling-user-interaction#acknowledgment_response
    """

    def __init__(self, route: Route) -> None:
        self.route, self.ack_timeout = route, 3.0
        self.retry_after: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.late, self.duplicate = 0.0, 1  # seconds before a delivery; times each event is sent
        self.deliveries: list[Delivery] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, delivery: Delivery) -> Delivery:
        """Start to deliver."""
        self.deliveries.append(delivery)
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def _deliver(self, delivery: Delivery) -> None:
        is_event = delivery.kind == "events_api"
        copies, pauses = (self.duplicate, self.retry_after) if is_event else (1, ())
        for pause in (self.late, *pauses):
            await asyncio.sleep(pause)
            sent = [self.route(delivery, self.ack_timeout) for _ in range(copies)]
            reasons = await asyncio.gather(*sent)
            if None in reasons:
                delivery.acknowledged = True
                break
            delivery.failures.append(str(reasons[0]))
        delivery.outcome(delivery)
        delivery.over = True

    async def stop(self) -> None:
        """Forget everything still on its way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def envelope(event: Json) -> Json:
    """Wrap an event as the Events API does: https://docs.slack.dev/apis/events-api#callback-field."""
    bot = {"enterprise_id": None, "team_id": TEAM_ID, "user_id": BOT_USER, "is_bot": True}
    wrapped: Json = {"token": "stand-in-token", "type": "event_callback", "event": event}
    wrapped |= {"team_id": TEAM_ID, "api_app_id": APP_ID, "context_team_id": TEAM_ID}
    wrapped |= {"authorizations": [bot | {"is_enterprise_install": False}]}
    wrapped |= {"context_enterprise_id": None, "is_ext_shared_channel": False}
    ids = {"event_id": f"Ev{uuid.uuid4().hex[:10].upper()}", "event_time": int(time.time())}
    return wrapped | ids | {"event_context": f"4-{uuid.uuid4().hex}"}


class SocketMode:
    """The WebSockets the bot has open: https://docs.slack.dev/apis/events-api/using-socket-mode."""

    def __init__(self) -> None:
        self.connections: dict[web.WebSocketResponse, web.Request] = {}  # the next to use first
        self._muted = False
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._connected = asyncio.Event()

    def ticket(self) -> str:
        """Return a ticket that opens one connection, once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side closes it; its ticket must be unused."""
        self._tickets.remove(request.query.get("ticket", ""))
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.connections[socket] = request
        try:
            await socket.send_json(_HELLO | _HOST | {"num_connections": len(self.connections)})
            self._connected.set()
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(_object(frame.data))
                elif frame.type is WSMsgType.PING and not self._muted:
                    await socket.pong(frame.data)
        finally:
            self._forget(socket)
        return socket

    def _acknowledge(self, answer: Json) -> None:
        waiting = self._waiting.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer.get("payload"))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self.connections.pop(socket, None)
        if not self.connections:
            self._connected.clear()

    async def send(self, delivery: Delivery, patience: float) -> str | None:
        """Send an envelope over one connection and wait for its acknowledgement."""
        is_event, name = delivery.kind == "events_api", str(uuid.uuid4())
        body: Json = {"envelope_id": name, "type": delivery.kind, "payload": delivery.payload}
        body |= {"accepts_response_payload": not is_event}
        if is_event:
            body |= {"retry_attempt": len(delivery.failures)}
            body |= {"retry_reason": delivery.failures[-1] if delivery.failures else ""}
        answer = self._waiting[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await self._connected.wait()
                socket = next(iter(self.connections))
                self.connections[socket] = self.connections.pop(socket)  # to each in its turn
                if not self._muted:
                    await socket.send_json(body)
                delivery.response = await answer
        except (TimeoutError, ConnectionError):
            return "timeout"
        finally:
            del self._waiting[name]
        return None

    async def disconnect(self) -> None:
        """Ask the bot to connect anew, as Slack does every few hours."""
        for socket in tuple(self.connections):
            self._forget(socket)
            await socket.send_json(_HOST | {"type": "disconnect", "reason": "refresh_requested"})

    def cut(self) -> None:
        """Break every connection without a word."""
        for socket, request in tuple(self.connections.items()):
            self._forget(socket)
            if request.transport is not None:
                request.transport.abort()

    def mute(self, on: bool = True) -> None:
        """Go deaf and dumb: accept connections, answer no ping and deliver nothing."""
        self._muted = on

    async def close(self) -> None:
        """Close every connection."""
        for socket in tuple(self.connections):
            await socket.close()


async def post_signed(
    session: ClientSession, url: str, secret: str, delivery: Delivery, patience: float
) -> str | None:
    """Post the payload to the bot's request URL and wait for a 2xx.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    body, headers = _signed(delivery, secret)
    data = io.BytesIO(body)  # aiohttp warns of megabytes given as bytes
    given: Json = {"headers": headers, "timeout": ClientTimeout(patience), "data": data}
    try:
        async with session.post(url, allow_redirects=False, **given) as answer:
            if 200 <= answer.status < 300:
                text = await answer.text()
                delivery.response = _object(text) or ({"text": text} if text else None)
                return None
            return "http_error"
    except TimeoutError:
        return "http_timeout"
    except ClientError:
        return "connection_failed"


def _signed(delivery: Delivery, secret: str) -> tuple[bytes, dict[str, str]]:
    kind, body, at = "application/json", json.dumps(delivery.payload), str(int(time.time()))
    if delivery.kind != "events_api":
        is_form, kind = delivery.kind == "slash_commands", "application/x-www-form-urlencoded"
        body = urlencode(delivery.payload if is_form else {"payload": body})
    signed = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": at}
    headers |= {"X-Slack-Signature": str(signed)}
    if delivery.failures:
        headers |= {"X-Slack-Retry-Num": str(len(delivery.failures))}
        headers |= {"X-Slack-Retry-Reason": delivery.failures[-1]}
    return body.encode(), headers


def _object(text: str) -> Json:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
