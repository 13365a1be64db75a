"""The stand-in workspace as a whole: one aiohttp server on the loopback, and its Python side."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler

from bot.workspace import cast
from bot.workspace.api import WebApi
from bot.workspace.cast import Json, Sample
from bot.workspace.composer import compose
from bot.workspace.delivery import Delivery, post_signed
from bot.workspace.page import Page
from bot.workspace.surfaces import Surfaces

HOST = "127.0.0.1"
MAX_BODY = 512 * 1024 * 1024


class Workspace(Surfaces):
    """A Slack workspace with one installed bot; an async context manager.

    `samples` are shown on the page as buttons that post into #sms-alerts. `subscriptions` are the
    bot's events as its manifest names them; nothing else is delivered.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        samples: Sequence[Sample] = (),
        subscriptions: frozenset[str] = cast.SUBSCRIPTIONS,
        scopes: str = cast.SCOPES,
    ) -> None:
        super().__init__(subscriptions)
        self.bot_token = f"xoxb-stand-in-{secrets.token_hex(8)}"
        self.app_token = f"xapp-stand-in-{secrets.token_hex(8)}"
        self.signing_secret = secrets.token_hex(16)
        self.api = WebApi(self, {"bot": self.bot_token, "app": self.app_token}, scopes)
        self.calls, self.faults, self.fail = self.api.calls, self.api.faults, self.api.fail
        self.deliveries, self.team = self.courier.deliveries, self
        self._page, self._port = Page(self, samples), port
        self.events_url = ""  # the bot's request URL; none means Socket Mode
        self.courier.route = self._route

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._local_only])
        app.router.add_get("/link", self.sockets.accept)
        app.router.add_routes([*self.api.routes(), *self._page.routes()])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        async with AsyncExitStack() as stack:
            self._session = await stack.enter_async_context(ClientSession(trust_env=False))
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, HOST, self._port).start()
            stack.push_async_callback(self.courier.stop)
            self._end = stack.pop_all()
        self._port = runner.addresses[0][1]
        self.url = f"http://{HOST}:{self._port}/"
        self.api_url = f"{self.url}api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; what is still on its way to the bot is lost."""
        await self._end.aclose()

    @web.middleware
    async def _local_only(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Keep other sites in the reader's browser out, also those whose name points here."""
        ours = {f"{HOST}:{self._port}", f"localhost:{self._port}"}
        origin = request.headers.get("Origin")
        if request.host not in ours or (origin and origin.partition("://")[2] not in ours):
            raise web.HTTPForbidden(text="This stand-in answers its own page and bot only.")
        try:
            return await handler(request)
        except (KeyError, TypeError, ValueError) as wrong:  # asked for what is not there
            raise web.HTTPBadRequest(text=str(wrong)) from None

    async def _route(self, delivery: Delivery, patience: float) -> str | None:
        if not self.events_url:
            return await self.sockets.send(delivery, patience)
        to = (self._session, self.events_url, self.signing_secret)
        return await post_signed(*to, delivery, patience)

    def post(self, channel: str, text: str = "", *, user: str = "alex", **content: Any) -> str:
        """Post as a person or another app and return the message's `ts`; the bot gets the event.

        A person's text is taken as typed, so `&` arrives as `&amp;`, unless it is `verbatim`; an
        app's is stored as sent. `files` are bytes by name, each of `file_mode` "hosted" or
        "snippet"; `content` may hold `thread_ts`, `attachments`, `blocks` and so on too.
        """
        place, author = self.channel(channel), self.person(user)
        if not content.pop("verbatim", False) and author.bot_id is None:
            text, typed = compose(text)
            content = {"blocks": typed, **content}
        files, mode = content.pop("files", None) or {}, content.pop("file_mode", "hosted")
        uploads = [self.add_file(author.id, name, data, mode) for name, data in files.items()]
        content |= {"files": uploads, "text": text}
        return str(self.say(place, author.id, content.pop("thread_ts", None), **content)["ts"])

    def edit(self, channel: str, ts: str, text: str) -> None:
        """Let the author of a message change its text."""
        place = self.channel(channel)
        author = place.messages[ts].get("user", "U0MONITOR")
        text, blocks = compose(text)
        self.change(place, ts, author, text=text, blocks=blocks)

    def revise(self, channel: str, ts: str, **content: Any) -> None:
        """Change a message without an edit, as an unfurl does."""
        self.change(self.channel(channel), ts, None, **content)

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message; the bot gets the event."""
        self.remove(self.channel(channel), ts)

    def thread(self, channel: str, ts: str) -> list[Json]:
        """Return a root message and its replies, oldest first, each with its `channel`."""
        place = self.channel(channel)
        return [one | {"channel": place.id} for one in place.thread(ts)]

    def replies(self, channel: str, ts: str) -> list[Json]:
        """Return what the bot has said in a thread, oldest first."""
        said = [one for one in self.thread(channel, ts) if one.get("user") == cast.BOT_USER]
        return [one for one in said if one["ts"] != ts]

    def resend(self, delivery: Delivery) -> Delivery:
        """Send an event once more with the same `event_id`, as Slack may do."""
        return self.courier.send(Delivery(payload=delivery.payload, kind=delivery.kind))

    async def until(self, true: Callable[[], Any], within: float = 5.0) -> Any:
        """Wait until something holds and return it; `TimeoutError` when it does not in time."""
        async with asyncio.timeout(within):
            while not (value := true()):  # noqa: ASYNC110 - it may be anything, also outside
                await asyncio.sleep(0.01)
        return value

    async def settled(self, within: float = 5.0) -> None:
        """Wait until nothing is on its way to the bot any more."""
        await self.until(lambda: all(delivery.over for delivery in self.deliveries), within)
