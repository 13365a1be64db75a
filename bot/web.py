"""The bot's own HTTP side: health, readiness, and the guarded door for Slack's events."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier

from bot.connection import Connection
from bot.errors import SettingsError
from bot.settings import Settings

EVENTS_PATH = "/slack/events"
STOP = 2.0  # seconds that requests under way get at the end
LARGEST_BODY = 2 * 1024 * 1024
CONTENT_TYPES = ("application/json", "application/x-www-form-urlencoded")


@asynccontextmanager
async def serving(
    settings: Settings, connection: Connection, app: AsyncApp
) -> AsyncIterator[tuple[str, int]]:
    """Serve as long as the context lasts; gives the host and port that were taken."""
    runner = web.AppRunner(
        _application(settings, connection, app), access_log=None, shutdown_timeout=STOP
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


def _application(settings: Settings, connection: Connection, app: AsyncApp) -> web.Application:
    server = web.Application(client_max_size=LARGEST_BODY)
    server.router.add_get("/healthz", _alive)
    server.router.add_get("/readyz", _readiness(connection))
    secret = settings.slack_signing_secret
    if not settings.socket_mode and secret is not None:
        server.middlewares.append(_guard(SignatureVerifier(secret.get_secret_value())))
        server.router.add_post(EVENTS_PATH, _events(app))
    return server


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


def _readiness(connection: Connection) -> Handler:
    async def ready(_: web.Request) -> web.Response:
        missing = await connection.missing()
        body = {"status": "waiting" if missing else "ready", "missing": missing}
        return web.json_response(body, status=503 if missing else 200)

    return ready


def _events(app: AsyncApp) -> Handler:
    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    return events


def _guard(verifier: SignatureVerifier) -> Middleware:
    """Refuse what Slack did not sign before a byte of it is parsed."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != EVENTS_PATH or request.method != "POST":
            return await handler(request)
        if request.content_type not in CONTENT_TYPES:
            raise web.HTTPUnsupportedMediaType
        body = await request.read()  # answers 413 over LARGEST_BODY
        if not _is_signed(verifier, body, request):
            raise web.HTTPUnauthorized
        if request.content_type == "application/json" and not _is_object(body):
            raise web.HTTPBadRequest
        return await handler(request)

    return guard


def _is_signed(verifier: SignatureVerifier, body: bytes, request: web.Request) -> bool:
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal()):
        return False
    try:
        return bool(verifier.is_valid(body, timestamp, signature))
    except (UnicodeDecodeError, TypeError):  # a body or a signature that is no text
        return False


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
