"""The stand-in workspace as a whole: one aiohttp server on the loopback, and its Python side."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from aiohttp import ClientSession, web

from bot.workspace import composer
from bot.workspace.api import Called, WebApi
from bot.workspace.cast import Channel
from bot.workspace.delivery import Courier, Delivery, envelope
from bot.workspace.faults import Fault, Faults
from bot.workspace.page import Page
from bot.workspace.routes import SignedHttp, SocketMode
from bot.workspace.team import Event, Message, Team, thread_of

HOST = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024

SCOPES = (
    "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,"
    "groups:history,groups:read,im:history,im:read,users:read"
)
SUBSCRIPTIONS = frozenset({"message.channels", "message.groups", "message.im"})


class Workspace:
    """A Slack workspace with one installed bot; an async context manager.

    `samples` are (title, text) pairs, shown on the page as buttons that post into #sms-alerts.
    `subscriptions` are the bot's events as its manifest names them; nothing else is delivered.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        samples: Sequence[tuple[str, str]] = (),
        subscriptions: frozenset[str] = SUBSCRIPTIONS,
        scopes: str = SCOPES,
    ) -> None:
        self.bot_token = f"xoxb-stand-in-{secrets.token_hex(8)}"
        self.app_token = f"xapp-stand-in-{secrets.token_hex(8)}"
        self.signing_secret = secrets.token_hex(16)
        self.subscriptions = subscriptions
        self.calls: list[Called] = []
        self.courier = Courier()
        self.sockets = SocketMode()
        self.faults = Faults()
        self.team = Team(lambda: self.url)
        self.team.on_event = self._on_event
        self._page = Page(self, samples)
        self.team.on_message = self._page.show
        self._port = port
        self._events_url: str | None = None
        self._api = self._web_api(tuple(scopes.split(",")))

    def _web_api(self, scopes: tuple[str, ...]) -> WebApi:
        return WebApi(
            team=self.team,
            faults=self.faults,
            bot_token=self.bot_token,
            app_token=self.app_token,
            scopes=scopes,
            calls=self.calls,
            base_url=lambda: self.url,
            socket_url=lambda: f"ws://{HOST}:{self._port}/link?ticket={self.sockets.ticket()}",
        )

    @property
    def url(self) -> str:
        """Return the address of the page, with its final slash."""
        return f"http://{HOST}:{self._port}/"

    @property
    def api_url(self) -> str:
        """Return what a client of the Web API takes as its base."""
        return f"{self.url}api/"

    @property
    def deliveries(self) -> list[Delivery]:
        """Return every event sent to the bot, with what became of it."""
        return self.courier.deliveries

    async def __aenter__(self) -> Self:
        """Listen."""
        self._session = ClientSession(trust_env=False)
        self.courier.route = self.sockets
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._local_only])
        app.router.add_route("*", "/api/{method}", self._api.handle)
        app.router.add_post("/upload/v1/{file}", self._api.upload)
        app.router.add_get("/files-pri/{file}/download/{name}", self._api.download)
        app.router.add_get("/files-pri/{file}/{name}", self._api.download)
        app.router.add_get("/link", self.sockets.accept)
        app.router.add_routes(self._page.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, self._port).start()
        except OSError:
            await self.__aexit__()
            raise
        self._port = self._runner.addresses[0][1]
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
        self, request: web.Request, handler: Callable[[web.Request], Any]
    ) -> web.StreamResponse:
        """Keep other sites in the reader's browser out, also those whose name points here."""
        ours = {f"{HOST}:{self._port}", f"localhost:{self._port}"}
        origin = request.headers.get("Origin")
        if request.host not in ours or (origin and origin.partition("://")[2] not in ours):
            raise web.HTTPForbidden(text="This stand-in answers its own page and bot only.")
        try:
            response: web.StreamResponse = await handler(request)
        except KeyError as missing:  # a form of the page without a field, or of nothing known
            raise web.HTTPBadRequest(text=f"Unknown: {missing}") from None
        return response

    @property
    def events_url(self) -> str | None:
        """Return the bot's request URL; None means Socket Mode."""
        return self._events_url

    @events_url.setter
    def events_url(self, url: str | None) -> None:
        self._events_url = url
        self.courier.route = (
            self.sockets if url is None else SignedHttp(url, self.signing_secret, self._session)
        )

    def post(
        self,
        channel: str,
        text: str = "",
        *,
        user: str = "alex",
        thread_ts: str | None = None,
        files: Mapping[str, bytes] | None = None,
        verbatim: bool = False,
        **content: Any,
    ) -> str:
        """Post as a person or another app and return the message's `ts`; the bot gets the event.

        A person's text is taken as typed, so `&` arrives as `&amp;`, unless it is `verbatim`; an
        app's is stored as sent. `content` may hold `attachments`, `blocks`, `metadata` and so on.
        """
        place, author = self.team.channel(channel), self.team.person(user)
        if author.bot_id is None and not verbatim:
            text, typed = self._compose(text)
            content.setdefault("blocks", typed)
        uploads = [self.team.add_file(author, *item) for item in (files or {}).items()]
        message = self.team.post(place, author, thread_ts, text=text, files=uploads, **content)
        self.team.share(place, author, uploads)
        return str(message["ts"])

    def edit(self, channel: str, ts: str, text: str, *, verbatim: bool = False) -> None:
        """Let the author of a message change its text."""
        place = self.team.channel(channel)
        author = str(place.messages[ts].get("user") or place.messages[ts].get("bot_id"))
        text, blocks = (text, []) if verbatim else self._compose(text)
        self.team.revise(place, ts, edited_by=author, text=text, blocks=blocks)

    def revise(self, channel: str, ts: str, **content: Any) -> None:
        """Change a message without an edit, as an unfurl does."""
        self.team.revise(self.team.channel(channel), ts, **content)

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message; the bot gets the event."""
        self.team.delete(self.team.channel(channel), ts)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Return a root message and its replies, oldest first."""
        return thread_of(self.team.channel(channel), ts)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """Return what the bot has said in a thread, oldest first."""
        bot = self.team.bot.id
        return [message for message in self.thread(channel, ts)[1:] if message.get("user") == bot]

    def fail(self, method: str, fault: Fault, times: int | None = 1) -> None:
        """Let the next calls of a method go wrong; `None` times means for good."""
        self.faults.add(method, fault, times)

    def send(self, event: Event) -> Delivery:
        """Send any event at all to the bot, whatever it is subscribed to."""
        return self.courier.send(envelope(event, event.get("channel")))

    def resend(self, delivery: Delivery) -> Delivery:
        """Send an event once more with the same `event_id`, as Slack may do."""
        return self.courier.send(delivery.payload)

    async def until(self, true: Callable[[], Any], within: float = 5.0) -> Any:
        """Wait until something holds and return it; `TimeoutError` when it does not in time."""
        async with asyncio.timeout(within):
            while not (value := true()):  # noqa: ASYNC110 - it may be anything, also outside
                await asyncio.sleep(0.01)
        return value

    async def settled(self, within: float = 5.0) -> None:
        """Wait until no event is on its way to the bot any more."""
        await self.until(lambda: all(delivery.over for delivery in self.deliveries), within)

    def _compose(self, typed: str) -> tuple[str, list[dict[str, Any]]]:
        return composer.compose(typed, {one.name: one.id for one in self.team.people.values()})

    def _on_event(self, channel: Channel | None, event: Event) -> None:
        names = {str(event["type"])}
        if channel is not None and event["type"] == "message":
            names = {f"message.{channel.kind if channel.kind == 'im' else channel.kind + 's'}"}
        hears = channel is None or self.team.bot.id in channel.members
        if hears and names & self.subscriptions:
            self.courier.send(envelope(event, channel.id if channel else None))
