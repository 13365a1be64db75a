"""A bot that really runs, connected to a stand-in workspace."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.app import Running, running
from bot.samples import ALERT
from bot.samples import LOG as SEED_LOG
from bot.settings import Settings
from bot.workspace import Workspace

EVENT = ALERT
LOG = SEED_LOG.replace("$$>", "$$<")
PASTE = f"{EVENT}\n{LOG}"


_SCRATCH = tempfile.TemporaryDirectory(prefix="despool-tests-")


def scratch() -> str:
    """Return a new folder for one bot's data, which goes when the tests end."""
    return tempfile.mkdtemp(dir=_SCRATCH.name)


def socket_settings(ws: Workspace, **changes: Any) -> Settings:
    """Return the settings of a bot in Socket Mode."""
    values = {
        "slack_bot_token": ws.bot_token,
        "slack_app_token": ws.app_token,
        "slack_api_url": ws.api_url,
        "data_dir": scratch(),
        "port": 0,
    }
    return Settings.model_validate(values | changes)


def http_settings(ws: Workspace, **changes: Any) -> Settings:
    """Return the settings of a bot that gets events over HTTP."""
    secret = {"slack_app_token": None, "slack_signing_secret": ws.signing_secret}
    return socket_settings(ws, **(secret | changes))


@asynccontextmanager
async def hearing(ws: Workspace, *, http: bool = False) -> AsyncIterator[Running]:
    """Run a bot that hears what is said in the workspace."""
    settings = (http_settings if http else socket_settings)(ws)
    async with running(settings) as live:
        await live.connecting
        if http:
            ws.events_url = f"http://{live.host}:{live.port}/slack/events"
        yield live


async def quiet(ws: Workspace, live: Running) -> None:
    """Wait until every event was taken and all its work is done."""
    await ws.settled()
    await live.bot.services.jobs.idle()
    await ws.settled()  # the reply is an event as well
