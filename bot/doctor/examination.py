"""All checks, in the order in which their rows are shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from bot import slack
from bot.agents import Agents
from bot.doctor import here, kept, reach, reporting, told
from bot.doctor.case import Case, introduce
from bot.doctor.row import Row, untried
from bot.errors import SettingsError
from bot.hearing import Hearing
from bot.incidents.health import State
from bot.settings import Settings

TIMEOUT = 10.0  # seconds that one step over the network may take

Check = Callable[[Case], Awaitable[Row | None]]  # None: nothing to check in this mode

CHECKS: tuple[Check, ...] = (
    here.settings,
    told.token,
    told.scopes,
    told.app_token,
    told.channels,
    reach.socket,
    reach.request_url,
    told.files,
    told.clock,
    kept.database,
    kept.work,
    reporting.agents,
    here.versions,
)


async def examine(
    settings: Settings,
    *,
    client: AsyncWebClient | None = None,
    agents: Agents | None = None,
    hearing: Callable[[], Hearing] | None = None,
    work: Callable[[], Awaitable[State]] | None = None,
    now: Callable[[], float] = time.time,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - of each step, not of the whole
) -> list[Row]:
    """Make every check, all at once, and return their rows in order.

    The running bot gives its own `client`, which must have a session, its `agents`, and the
    `hearing` of its connection; without that the bot is asked at its port.
    """
    async with _connected(settings, client) as connected, asyncio.TaskGroup() as group:
        assert connected.session is not None  # noqa: S101 - `slack.connect` gave it one
        case = Case(
            settings=settings,
            client=connected,
            session=connected.session,
            agents=agents,
            hearing=hearing,
            work=work,
            introduction=group.create_task(introduce(connected, timeout)),
            now=now,
            timeout=timeout,
        )
        checks = [group.create_task(_made(check, case)) for check in CHECKS]
    rows = [check.result() for check in checks]
    return [_presentable(row, settings) for row in rows if row is not None]


def without_settings(error: SettingsError) -> list[Row]:
    """Return the rows of what can be checked where the settings cannot be used."""
    database = untried("database", "the settings cannot be used.")
    agents = untried("agents", "the settings cannot be used.")
    return [here.wrong_settings(error), database, agents, here.versions_of(here.installed())]


async def _made(check: Check, case: Case) -> Row | None:
    return await check(case)


@asynccontextmanager
async def _connected(
    settings: Settings, client: AsyncWebClient | None
) -> AsyncIterator[AsyncWebClient]:
    if client is not None:
        yield client
        return
    async with slack.session() as session:
        token = settings.slack_bot_token.get_secret_value()
        yield slack.connect(token=token, base_url=settings.slack_api_url, session=session)


def _presentable(row: Row, settings: Settings) -> Row:
    """Take out what must not be shown, whatever server it came back from."""
    return replace(
        row, detail=_plain(row.detail, settings), fix=row.fix and _plain(row.fix, settings)
    )


def _plain(text: str, settings: Settings) -> str:
    held = (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret)
    for secret in held:
        if secret is not None:
            text = text.replace(secret.get_secret_value(), "[secret]")
    return "".join(char if char.isprintable() else " " for char in text)
