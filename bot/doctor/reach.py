"""Checks of the way from Slack to the bot: the socket, or the request URL."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.signature import SignatureVerifier

from bot.doctor.case import Case
from bot.doctor.row import Row, failed, untried, well
from bot.hearing import Hearing
from bot.manifest import EVENTS_PATH
from bot.settings import Settings

RESTART = "Restart the bot, and let what runs it restart it whenever /healthz answers 503."
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what DESPOOL_HOST may say


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What an HTTP server answered."""

    status: int | None  # None: nothing answered, and the text says why
    text: str

    def json(self) -> dict[str, Any]:
        """Return the object in it; empty where it is none."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


async def socket(case: Case) -> Row | None:
    """Check that the running bot hears Slack; there is no socket over HTTP."""
    if not case.settings.socket_mode:
        return None
    if case.hearing is not None:
        return _judged(case.hearing())
    health, ready = await _get(case, "healthz"), await _get(case, "readyz")
    if health.status is None or ready.status is None:
        return untried("socket", _not_running(case.settings))
    return _told(health.json(), ready.json()) or failed(
        "socket",
        f"Something else answers at {_local(case.settings)}.",
        "Stop it, or set PORT to a free one.",
    )


def _judged(hearing: Hearing) -> Row:
    ago = hearing.heard_seconds_ago
    if ago is not None and hearing.is_deaf:
        return failed("socket", _silence(ago), RESTART)
    if ago is None or not hearing.is_open:
        return failed("socket", "The socket to Slack is not open.", RESTART)
    return well("socket", _silence(ago))


def _told(health: dict[str, Any], ready: dict[str, Any]) -> Row | None:
    """Judge by what the bot says of itself; None where it is not the bot that speaks."""
    ago, missing = health.get("heard_seconds_ago"), ready.get("missing")
    if health.get("status") not in ("alive", "deaf") or not isinstance(missing, list):
        return None
    if health["status"] == "deaf":
        return failed("socket", _silence(ago), RESTART)
    if missing:
        return failed("socket", " ".join(map(str, missing)), RESTART)
    return well("socket", _silence(ago))


def _silence(ago: Any) -> str:
    if not isinstance(ago, int | float):
        return "The bot is ready."
    return f"Slack was heard {ago:.0f} s ago."


async def request_url(case: Case) -> Row | None:
    """Check that a signed question to the request URL is answered as Slack wants it."""
    if case.settings.socket_mode or case.settings.slack_signing_secret is None:
        return None
    public = case.settings.public_url
    url = f"{public or _local(case.settings)}{EVENTS_PATH}"
    challenge, reply = await _challenged(case, url)
    if reply.status is None and public is None:
        return untried("request-url", _not_running(case.settings))
    if reply.status is None:
        fix = f"Start the bot, and see that {public} leads to its port {case.settings.port}."
        return failed("request-url", f"{url} does not answer ({reply.text}).", fix)
    if reply.status == 200 and challenge in (reply.text, reply.json().get("challenge")):
        return _answered(public, url)
    return failed("request-url", f"{url} answers with status {reply.status}.", _mended(reply))


def _answered(public: str | None, url: str) -> Row:
    if public is not None:
        return well("request-url", f"{url} answers Slack's question.")
    return well(
        "request-url", "The bot answers here; set DESPOOL_PUBLIC_URL to try it from outside."
    )


def _mended(reply: _Reply) -> str:
    if reply.status == 401:
        return "Give the bot that runs there the SLACK_SIGNING_SECRET of this one; see the clock."
    return f"See that the address leads to this bot, in HTTP mode, and to /{EVENTS_PATH}."


async def _challenged(case: Case, url: str) -> tuple[str, _Reply]:
    secret = case.settings.slack_signing_secret
    challenge, timestamp = secrets.token_hex(16), str(int(time.time()))
    body = json.dumps({"type": "url_verification", "challenge": challenge})
    signature = SignatureVerifier(secret.get_secret_value() if secret else "").generate_signature(
        timestamp=timestamp, body=body
    )
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature or "",
    }
    return challenge, await _asked(case, "POST", url, data=body, headers=headers)


async def _get(case: Case, path: str) -> _Reply:
    return await _asked(case, "GET", _local(case.settings) + path)


async def _asked(case: Case, method: str, url: str, **options: Any) -> _Reply:
    # the certificate of this machine need not name the loopback; that of a public address must
    is_local = url.startswith(_local(case.settings))
    proxy = None if is_local else case.client.proxy
    timeout = aiohttp.ClientTimeout(total=case.timeout)
    options |= {"ssl": not is_local, "proxy": proxy, "timeout": timeout, "allow_redirects": False}
    try:
        async with case.session.request(method, url, **options) as response:
            text = (await response.content.read(64 * 1024)).decode(errors="replace")
            return _Reply(status=response.status, text=text)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return _Reply(status=None, text=type(error).__name__)


def _local(settings: Settings) -> str:
    host = EVERYWHERE.get(settings.host, settings.host)
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}/"


def _not_running(settings: Settings) -> str:
    if settings.port == 0:
        return "PORT is 0, so the port of a bot that may run here is not known."
    return f"no bot answers at {_local(settings)}, so it does not run here."
