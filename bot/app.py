"""The one composition root: settings in, a running bot out, and everything stopped in order."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

import handlers
from bot import admission, journal, metrics, slack
from bot.agency import Agency, founded
from bot.agents.connected import ConnectedAgents
from bot.agents.gateway import routes
from bot.asides import Asides
from bot.connection import Connection
from bot.control import Answer, Control
from bot.delivery import Delivery
from bot.doctor import examine
from bot.doctor.lately import Lately
from bot.errors import DespoolError
from bot.feedback import Feedback
from bot.files import Files
from bot.incidents.opening import DRAIN, Store, opened
from bot.knowledge import Knowledge
from bot.knowledge import load as load_knowledge
from bot.people import People
from bot.services import Services
from bot.settings import Settings
from bot.stopping import stop_on_signal
from bot.uploads import Uploads
from bot.web import serving
from handlers.intake import Keep

log = logging.getLogger(__name__)

# Bolt takes these from the environment by itself, and worker processes need none of them
BOLT_READS = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_VERIFICATION_TOKEN",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """A bot put together, not yet running."""

    app: AsyncApp
    connection: Connection
    services: Services
    agency: Agency


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A bot that listens, for those who started it."""

    bot: Bot
    host: str
    port: int
    connecting: asyncio.Task[None]  # done once Slack is reached; fails on a wrong token


def build(settings: Settings, client: AsyncWebClient, session: ClientSession, store: Store) -> Bot:
    """Put the bot together: every part is made here and handed to those who need it."""
    connection = Connection(settings, client)
    knowledge = load_knowledge()
    agency = founded(store, knowledge, settings.public_url, settings.data_dir / "audit.jsonl")
    services = _services(settings, connection, client, session, store, agency.agents, knowledge)
    secret = settings.slack_signing_secret
    app = AsyncApp(
        logger=logging.getLogger("slack_bolt"),
        # without a token: `authorize` gives it
        client=AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[]),
        signing_secret=secret.get_secret_value() if secret else "",
        authorize=partial(_authorize, connection),
        before_authorize=Keep(services),
    )
    handlers.register(app, services)
    return Bot(app=app, connection=connection, services=services, agency=agency)


def _services(
    settings: Settings,
    connection: Connection,
    client: AsyncWebClient,
    session: ClientSession,
    store: Store,
    agents: ConnectedAgents,
    knowledge: Knowledge,
) -> Services:
    examined = partial(
        examine,
        settings,
        client=client,
        agents=agents,
        hearing=connection.hearing,
        work=store.health.look,
    )
    return Services(
        identity=connection.identity,
        known=lambda: connection.known,
        jobs=store.jobs,
        threads=store.threads,
        incidents=store.incidents,
        drafts=store.drafts,
        clicks=store.clicks,
        delivery=Delivery(client, store.ledger),
        asides=Asides(client, session),
        uploads=Uploads(client, session),
        files=Files(
            client,
            session,
            token=connection.token,
            api_url=settings.slack_api_url,
            folder=settings.data_dir / "files",
        ),
        agents=agents,
        people=People(client, allowed=settings.allowed_users, admins=settings.admins),
        alert_channel=settings.alert_channel,
        feedback=Feedback(settings.data_dir / "feedback"),
        knowledge=knowledge,
        examine=Lately(examined),
        trouble=connection.missing,
        refused=connection.refused,
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Run the bot as long as the context lasts; leaving it drains the work."""
    async with slack.session() as session, _opened(settings) as store:
        client = slack.connect(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
        )
        bot = build(settings, client, session, store)
        control = Control.at(settings.data_dir)
        door = routes(bot.agency.gateway)
        scrape = partial(_scrape, store, bot.services)
        async with serving(settings, bot.connection, bot.app, scrape, door) as place:
            log.info("Listening", extra={"host": place[0], "port": place[1]})
            connecting = asyncio.create_task(_connect(bot))
            try:
                async with bot.agency.open(), control.serving(_answers(bot, store)):
                    yield Running(bot=bot, host=place[0], port=place[1], connecting=connecting)
            finally:
                connecting.cancel()
                with suppress(asyncio.CancelledError, DespoolError):
                    await connecting
                await bot.connection.close()
                await store.jobs.drain(DRAIN)
                await bot.services.files.close()


def _opened(settings: Settings) -> AbstractAsyncContextManager[Store]:
    return opened(
        settings.database_url.get_secret_value(),
        window=settings.incident_window,
        keep=settings.retention,
    )


async def _work(store: Store, _: Mapping[str, Any]) -> dict[str, Any]:
    return (await store.health.look()).as_json()


def _answers(bot: Bot, store: Store) -> dict[str, Answer]:
    """Return what the running bot answers to commands on its host."""
    return {"work": partial(_work, store), **admission.answers(bot.agency.agents.admission)}


async def _scrape(store: Store, services: Services) -> bytes:
    await store.health.look()
    metrics.AGENTS.set(len(services.agents.statuses()))
    return metrics.exposition()


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set; raise where Slack refuses a token."""
    async with running(settings) as live:
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({live.connecting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if live.connecting.done():
                await live.connecting  # raises where a token is wrong
            await stopped
        finally:
            stopped.cancel()


def run(settings: Settings) -> int:
    """Run `despool run` and return its exit status: 0 after a signal, 2 on a wrong setting."""
    journal.configure(settings.log_level, settings.log_format)
    for name in BOLT_READS:
        os.environ.pop(name, None)
    try:
        asyncio.run(_until_signal(settings))
    except DespoolError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


async def _until_signal(settings: Settings) -> None:
    await serve(settings, stop_on_signal())


async def _connect(bot: Bot) -> None:
    await bot.connection.authenticate()
    await bot.services.jobs.start(
        {kind: partial(work, services=bot.services) for kind, work in handlers.WORK.items()},
        partial(handlers.errors.on_job_error, services=bot.services),
    )
    await bot.connection.listen(bot.app)


async def _authorize(connection: Connection, **_: Any) -> AuthorizeResult:
    # Bolt's own way asks Slack, and loses the event where Slack is in trouble
    identity = connection.known
    return AuthorizeResult(
        enterprise_id=None,
        team_id=identity.team_id if identity else None,
        bot_id=identity.bot_id if identity else None,
        bot_user_id=identity.user_id if identity else None,
        bot_token=connection.token,
    )
