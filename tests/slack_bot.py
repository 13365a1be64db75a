"""A bot that really runs, connected to a stand-in workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.app import Running, running
from bot.settings import Settings
from bot.workspace import Workspace

EVENT = (
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE1\\SMS_PKGE\\DOG0005D. Disk space available on that server is megabytes, "
    "space required is megabytes."
)
LOG = (
    "~Copying E:\\_S M0000.TMP\\filename.EXE to E:\\SMS_PKGE\\DOG0005D\\filename.EXE, Failed, "
    "Win32 Error = 32  $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>"
)
PASTE = f"{EVENT}\n{LOG}"


def socket_settings(ws: Workspace, **changes: Any) -> Settings:
    """Return the settings of a bot in Socket Mode."""
    values = {
        "slack_bot_token": ws.bot_token,
        "slack_app_token": ws.app_token,
        "slack_api_url": ws.api_url,
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
    settings = http_settings(ws) if http else socket_settings(ws)
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
