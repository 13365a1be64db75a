"""The HTTP side of the Web API: tokens, scopes, forms and JSON, faults, uploads and downloads."""

import asyncio
import copy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from itertools import chain, repeat

from aiohttp import web

from bot.workspace.cast import Json
from bot.workspace.methods import METHODS, Call
from bot.workspace.refusal import Fault, Refusal, check
from bot.workspace.surfaces import Surfaces

_STRUCTURED = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
_STRUCTURED |= {"view": "invalid_arguments", "files": "invalid_arguments"}
_SIGN_IN = "<!DOCTYPE html><html><title>Sign in</title>Sign in to Stand-in</html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call the bot has made, for tests to look at."""

    method: str
    args: Json
    answer: Json | None  # None: a fault came before anything was done


class WebApi:
    """Answers calls on behalf of the stand-in workspace."""

    def __init__(self, ws: Surfaces, tokens: dict[str, str], scopes: str) -> None:
        self.calls: list[Called] = []
        self.faults: dict[str, Iterator[Fault]] = {}
        self.clock_skew = 0.0  # seconds by which the Date header is wrong
        self._ws, self._tokens, self._scopes = ws, tokens, frozenset(scopes.split(","))

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the API, of response URLs and of files."""
        return [
            web.route("*", "/api/{method}", self._handle),
            web.post("/response/{name}", self._respond),
            web.post("/upload/v1/{file}", self._upload),
            web.get(r"/files-pri/{file}/{name:.*}", self._download),
        ]

    def fail(self, method: str, fault: Fault, times: int | None = 1) -> None:
        """Let the next calls of a method, or of `response_url`, go wrong; None: all of them."""
        more = repeat(fault) if times is None else repeat(fault, times)
        self.faults[method] = chain(self.faults.get(method, ()), more)

    async def _handle(self, request: web.Request) -> web.Response:
        name, args = request.match_info["method"], {**request.query, **await request.post()}
        if request.content_type == "application/json" and request.can_read_body:
            args |= await request.json()
        fault = await self._fault(name)
        stopped = fault.cut == "before" or fault.status or fault.error
        answer = None if stopped else self._answer(request, name, args)
        self.calls.append(Called(method=name, args=args, answer=copy.deepcopy(answer)))
        if fault.cut and request.transport is not None:
            request.transport.abort()
        if answer is None:
            return _faulty(fault)
        headers = {"Date": formatdate(time.time() + self.clock_skew, usegmt=True)}
        headers |= {"X-OAuth-Scopes": ",".join(sorted(self._scopes))} if answer["ok"] else {}
        return web.json_response(answer, headers=headers)

    def _answer(self, request: web.Request, name: str, args: Json) -> Json:
        """Check the token and its scopes: https://docs.slack.dev/reference/methods/auth.test#errors."""
        token = _token(request)
        try:
            check(name in METHODS, "unknown_method")
            run, scopes = METHODS[name]
            check(token, "not_authed")
            check(token in self._tokens.values(), "invalid_auth")
            right = self._tokens["app" if name.startswith("apps.") else "bot"]
            check(token == right, "not_allowed_token_type")
            call = Call(ws=self._ws, args=args, scopes=self._scopes)
            if scopes:
                call.require(*scopes.split())
            for key in _STRUCTURED.keys() & args.keys():
                args[key] = _parsed(args[key], _STRUCTURED[key])
            return {"ok": True, **run(call)}
        except Refusal as refusal:
            return refusal.answer

    async def _fault(self, name: str) -> Fault:
        fault = next(self.faults.get(name, iter(())), Fault())
        await asyncio.sleep(fault.delay)
        return fault

    async def _respond(self, request: web.Request) -> web.Response:
        fault = await self._fault("response_url")
        if fault.status or fault.error:
            return _faulty(fault)
        try:
            self._ws.respond(request.match_info["name"], await request.json())
        except Refusal as refusal:
            status = 404 if str(refusal).endswith("_url") else 400
            return web.json_response(refusal.answer, status=status)
        return web.json_response({"ok": True})

    async def _upload(self, request: web.Request) -> web.Response:
        """Take the bytes of a file, without a token as Slack does."""
        self._ws.fill(request.match_info["file"], await request.read())
        return web.Response(text="OK")

    async def _download(self, request: web.Request) -> web.Response:
        """Give a file to the bot's token, and anybody else a login page with status 200."""
        data = self._ws.contents.get(request.match_info["file"].rpartition("-")[2])
        if _token(request) != self._tokens["bot"] or "files:read" not in self._scopes:
            return web.Response(text=_SIGN_IN, content_type="text/html")
        if data is None:
            return web.Response(status=404, text="File not found")
        return web.Response(body=data, content_type="application/octet-stream")


def _token(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip()


def _parsed(value: object, error: str) -> object:
    try:
        return json.loads(value) if isinstance(value, str) and value else value
    except ValueError:
        raise Refusal(error) from None


def _faulty(fault: Fault) -> web.Response:
    error = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    body = {"ok": False, "error": error}
    return web.json_response(body, status=fault.status or 200, headers=headers)
