"""The HTTP side of the Web API: tokens, scopes, forms and JSON, faults, uploads and downloads."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.workspace import chat, directory, files
from bot.workspace.faults import Fault, Faults
from bot.workspace.methods import Answer, Call, Method
from bot.workspace.refusal import Refusal
from bot.workspace.team import Team

METHODS: dict[str, Method] = {**chat.METHODS, **directory.METHODS, **files.METHODS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call the bot has made, for tests to look at."""

    method: str
    args: dict[str, Any]
    answer: Answer | None  # None: a fault came before anything was done


@dataclass(slots=True, kw_only=True)
class WebApi:
    """Answers calls on behalf of the stand-in workspace."""

    team: Team
    faults: Faults
    bot_token: str
    app_token: str
    scopes: tuple[str, ...]
    calls: list[Called]
    base_url: Callable[[], str]
    socket_url: Callable[[], str]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call, or meet it with the fault that was ordered."""
        name = request.match_info["method"]
        try:
            args = await _arguments(request)
        except ValueError:
            return web.json_response(Refusal("invalid_json").as_json())
        fault = self.faults.take(name) or Fault()
        await asyncio.sleep(fault.delay)
        if fault.cut == "before" or fault.status or fault.error:
            self.calls.append(Called(method=name, args=args, answer=None))
            return _cut(request) if fault.cut == "before" else _faulty(fault)
        answer = self._answer(request, name, args)
        self.calls.append(Called(method=name, args=args, answer=copy.deepcopy(answer)))
        if fault.cut == "after":
            return _cut(request)
        headers = {"X-OAuth-Scopes": ",".join(self.scopes)} if answer["ok"] else {}
        return web.json_response(answer, headers=headers)

    def _answer(self, request: web.Request, name: str, args: dict[str, Any]) -> Answer:
        method = METHODS.get(name)
        try:
            if method is None:
                raise Refusal("unknown_method")
            self._authorize(method, _token(request, args))
            call = Call(
                team=self.team, args=args, base_url=self.base_url(), socket_url=self.socket_url
            )
            return {"ok": True, **method.run(call)}
        except Refusal as refusal:
            return refusal.as_json()

    def _authorize(self, method: Method, token: str) -> None:
        """Refuse a token: https://docs.slack.dev/reference/methods/auth.test#errors."""
        if not method.token:
            return
        if not token:
            raise Refusal("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise Refusal("invalid_auth")
        if token != (self.app_token if method.token == "app" else self.bot_token):  # noqa: S105
            raise Refusal("not_allowed_token_type")
        if method.scopes and not set(method.scopes) & set(self.scopes):
            provided = ",".join(self.scopes)
            raise Refusal("missing_scope", needed=method.scopes[0], provided=provided)

    async def upload(self, request: web.Request) -> web.Response:
        """Take the bytes of a file, raw or as a form, without a token as Slack does."""
        file = self.team.files.get(request.match_info["file"])
        if file is None or self.team.contents[file["id"]]:
            return web.Response(status=404, text="No such upload.")
        if request.content_type == "multipart/form-data":
            part = next(iter((await request.post()).values()), None)
            data = part.file.read() if isinstance(part, web.FileField) else b""
        else:
            data = await request.read()
        self.team.contents[file["id"]] = data
        file["size"] = len(data)
        return web.Response(text=f"OK - {len(data)}")

    async def download(self, request: web.Request) -> web.Response:
        """Give a file to the bot's token, and anybody else a login page with status 200."""
        data = self.team.contents.get(request.match_info["file"].rpartition("-")[2])
        if _token(request, {}) != self.bot_token:
            page = "<!DOCTYPE html><html><title>Sign in</title>Sign in to Stand-in</html>"
            return web.Response(text=page, content_type="text/html")
        if data is None or "files:read" not in self.scopes:
            return web.Response(status=404, text="File not found")
        return web.Response(body=data, content_type="application/octet-stream")


def _token(request: web.Request, args: dict[str, Any]) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else str(args.pop("token", ""))


async def _arguments(request: web.Request) -> dict[str, Any]:
    args: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json" and request.can_read_body:
        body = await request.json()
        return args | body if isinstance(body, dict) else args
    return args | dict(await request.post())


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _faulty(fault: Fault) -> web.Response:
    error = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    body = {"ok": False, "error": error}
    return web.json_response(body, status=fault.status or 200, headers=headers)
