"""The bot's own HTTP side: health, readiness, and the guarded door for Slack's events."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.connection import Connection
from bot.errors import SettingsError, TryLater
from bot.metrics import CONTENT_TYPE
from bot.settings import Settings

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
STOP = 2.0  # seconds that requests under way get at the end
LARGEST_BODY = 2 * 1024 * 1024
PATIENCE = 3.0  # seconds for a body to arrive: Slack itself gives up after so many
DEEPEST = 200  # Slack's blocks nest a dozen deep; Python's own limit differs between versions
FORM = "application/x-www-form-urlencoded"
CONTENT_TYPES = ("application/json", FORM)
Scrape = Callable[[], Awaitable[bytes]]
TIMESTAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@asynccontextmanager
async def serving(
    settings: Settings,
    connection: Connection,
    app: AsyncApp,
    scrape: Scrape,
    routes: Iterable[web.RouteDef] = (),
) -> AsyncIterator[tuple[str, int]]:
    """Serve as long as the context lasts; gives the host and port that were taken.

    `routes` are served beside our own, in both modes.
    """
    application = _application(settings, connection, app, scrape)
    application.router.add_routes(routes)
    runner = web.AppRunner(
        application,
        access_log=None,
        shutdown_timeout=STOP,
        auto_decompress=False,  # a small body that unpacks to a huge one is nobody's event
    )
    await runner.setup()
    try:
        yield await _listen(runner, settings, settings.tls_context())
    finally:
        await runner.cleanup()


async def _listen(
    runner: web.AppRunner, settings: Settings, tls: ssl.SSLContext | None
) -> tuple[str, int]:
    site = web.TCPSite(runner, settings.host, settings.port, ssl_context=tls)
    try:
        await site.start()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(
            f"PORT {settings.port} on DESPOOL_HOST {settings.host} cannot be used: {reason}. "
            "Stop what uses it, or choose others."
        ) from None
    host, port = runner.addresses[0][:2]
    return host, port


def _application(
    settings: Settings, connection: Connection, app: AsyncApp, scrape: Scrape
) -> web.Application:
    server = web.Application(client_max_size=LARGEST_BODY)
    server.router.add_get("/healthz", _health(connection))
    server.router.add_get("/readyz", _readiness(connection))
    server.router.add_get("/metrics", _metrics(scrape))
    secret = settings.slack_signing_secret
    if not settings.socket_mode and secret is not None:
        server.middlewares.append(_guard(SignatureVerifier(secret.get_secret_value())))
        server.router.add_post(EVENTS_PATH, _events(app))
    return server


def _health(connection: Connection) -> Handler:
    async def alive(_: web.Request) -> web.Response:
        hearing = connection.hearing()
        ago = hearing.heard_seconds_ago
        body = {
            "status": "deaf" if hearing.is_deaf else "alive",
            "heard_seconds_ago": None if ago is None else round(ago, 1),
        }
        return web.json_response(body, status=503 if hearing.is_deaf else 200)

    return alive


def _readiness(connection: Connection) -> Handler:
    async def ready(_: web.Request) -> web.Response:
        missing = await connection.missing()
        body = {"status": "waiting" if missing else "ready", "missing": missing}
        return web.json_response(body, status=503 if missing else 200)

    return ready


def _metrics(scrape: Scrape) -> Handler:
    async def measured(_: web.Request) -> web.Response:
        try:
            body = await scrape()
        except TryLater as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from None
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    return measured


def _events(app: AsyncApp) -> Handler:
    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await _bolt_request(request)))

    return events


async def _bolt_request(request: web.Request) -> AsyncBoltRequest:
    """Return what Bolt takes; it loses a command in whose form the word `payload` stands."""
    taken = await to_bolt_request(request)
    if taken.body or taken.content_type != FORM:
        return taken
    fields = dict(parse_qsl(taken.raw_body, keep_blank_values=True))
    # in this mode Bolt takes fields as they are; their signature was verified at the door
    return AsyncBoltRequest(body=fields, headers=taken.headers, mode="socket_mode")


def _guard(verifier: SignatureVerifier) -> Middleware:
    """Refuse what Slack did not sign before a byte of it is parsed, with one line in the log."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != EVENTS_PATH or request.method != "POST":
            return await handler(request)
        try:
            _check_head(request)
            _check_body(request, await _body(request), verifier)
        except web.HTTPError as refusal:
            log.warning(
                "Refused a request",
                extra={
                    "reason": refusal.reason,
                    "status": refusal.status,
                    "remote": request.remote,
                },
            )
            raise
        return await handler(request)

    return guard


def _check_head(request: web.Request) -> None:
    """Refuse by the headers alone; Slack sends each of them once, and the body as it is."""
    headers = request.headers
    if any(len(headers.getall(name, ())) > 1 for name in (TIMESTAMP, SIGNATURE, "Content-Type")):
        raise web.HTTPBadRequest(reason="A header came twice")
    if request.content_type not in CONTENT_TYPES or (request.charset or "utf-8").lower() != "utf-8":
        raise web.HTTPUnsupportedMediaType(reason="Neither JSON nor a form in UTF-8")
    if "Content-Encoding" in headers:
        raise web.HTTPUnsupportedMediaType(reason="The body is compressed")
    if request.content_length is None:
        raise web.HTTPLengthRequired(reason="The body has no length")
    if request.content_length > LARGEST_BODY:
        raise web.HTTPRequestEntityTooLarge(
            max_size=LARGEST_BODY,
            actual_size=request.content_length,
            reason="The body is too large",
        )


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="The body did not arrive") from None
    except (aiohttp.ClientError, ConnectionError):
        raise web.HTTPBadRequest(reason="The body was cut off") from None


def _check_body(request: web.Request, body: bytes, verifier: SignatureVerifier) -> None:
    if not _is_signed(verifier, body, request):
        raise web.HTTPUnauthorized(reason="Not signed by Slack, or too old")
    text = body.decode()  # it was text, or the signature would not have held
    if not all(_is_object(each) for each in _parsed_by_bolt(text, request.content_type)):
        raise web.HTTPBadRequest(reason="Not a JSON object, or nested too deep")


def _parsed_by_bolt(text: str, content_type: str) -> list[str]:
    """Return what Bolt takes for JSON: also a form that begins like an object."""
    if content_type != FORM or text.startswith("{"):
        return [text]
    fields = parse_qsl(text, keep_blank_values=True)
    return [value for name, value in fields if name == "payload"]


def _is_signed(verifier: SignatureVerifier, body: bytes, request: web.Request) -> bool:
    timestamp = request.headers.get(TIMESTAMP, "")
    # int() takes signs, blanks and every script's digits, and refuses very many of them
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    try:
        return bool(verifier.is_valid(body, timestamp, request.headers.get(SIGNATURE, "")))
    except (UnicodeDecodeError, TypeError):  # a body or a signature that is no text
        return False


def _is_object(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not _is_deep(text, value)


def _is_deep(text: str, value: Any) -> bool:
    """Tell whether values nest deeper than DEEPEST; nearly always the brackets are too few."""
    if text.count("{") + text.count("[") <= DEEPEST:
        return False
    level = [value]
    for _ in range(DEEPEST):
        level = [item for each in level for item in _items(each) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _items(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value
