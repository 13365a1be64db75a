"""The stand-in workspace as a whole: one aiohttp server on the loopback, and its Python side."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Self

from aiohttp import ClientSession, web

from bot.workspace import cast
from bot.workspace.api import WebApi
from bot.workspace.cast import Json, Sample
from bot.workspace.composer import compose
from bot.workspace.delivery import Delivery
from bot.workspace.page import Page
from bot.workspace.routes import SignedHttp
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
        self._page, self._port, self._events_url = Page(self, samples), port, ""

    async def __aenter__(self) -> Self:
        """Listen."""
        self._session = ClientSession(trust_env=False)
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._local_only])
        app.router.add_get("/link", self.sockets.accept)
        app.router.add_routes([*self.api.routes(), *self._page.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self.__aexit__()
            raise
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{self._port}/"
        self.api_url = f"{self.url}api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening; what is still on its way to the bot is lost."""
        await self.courier.stop()
        await self.sockets.close()
        await self._page.close()
        await self._runner.cleanup()
        await self._session.close()

    @web.middleware
    async def _local_only(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]
    ) -> web.StreamResponse:
        """Keep other sites in the reader's browser out, also those whose name points here."""
        ours = {f"{HOST}:{self._port}", f"localhost:{self._port}"}
        origin = request.headers.get("Origin")
        if request.host not in ours or (origin and origin.partition("://")[2] not in ours):
            raise web.HTTPForbidden(text="This stand-in answers its own page and bot only.")
        try:
            response: web.StreamResponse = await handler(request)
        except KeyError as missing:  # the page asks for what is not there
            raise web.HTTPBadRequest(text=f"Unknown: {missing}") from None
        return response

    @property
    def events_url(self) -> str:
        """Return the bot's request URL; none means Socket Mode."""
        return self._events_url

    @events_url.setter
    def events_url(self, url: str) -> None:
        self._events_url = url
        signed = SignedHttp(url, self.signing_secret, self._session)
        self.courier.route = signed.send if url else self.sockets.send

    def post(
        self,
        channel: str,
        text: str = "",
        *,
        user: str = "alex",
        thread_ts: str | None = None,
        files: Mapping[str, bytes] | None = None,
        file_mode: str = "hosted",
        verbatim: bool = False,
        **content: Any,
    ) -> str:
        """Post as a person or another app and return the message's `ts`; the bot gets the event.

        A person's text is taken as typed, so `&` arrives as `&amp;`, unless it is `verbatim`; an
        app's is stored as sent. `content` may hold `attachments`, `blocks`, `metadata` and so on.
        """
        place, author = self.channel(channel), self.person(user)
        if author.bot_id is None and not verbatim:
            text, typed = compose(text)
            content = {"blocks": typed, **content}
        uploads = [self.add_file(author.id, *one, file_mode) for one in (files or {}).items()]
        message = self.say(place, author.id, thread_ts, text=text, files=uploads, **content)
        return str(message["ts"])

    def edit(self, channel: str, ts: str, text: str, *, verbatim: bool = False) -> None:
        """Let the author of a message change its text."""
        place = self.channel(channel)
        author = place.messages[ts].get("user", "U0MONITOR")
        text, blocks = (text, []) if verbatim else compose(text)
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
        told = [one for one in place.messages.values() if ts in (one["ts"], one.get("thread_ts"))]
        return [one | {"channel": place.id} for one in told]

    def replies(self, channel: str, ts: str) -> list[Json]:
        """Return what the bot has said in a thread, oldest first."""
        told = [one for one in self.thread(channel, ts) if one["ts"] != ts]
        return [one for one in told if one.get("user") == cast.BOT_USER]

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
