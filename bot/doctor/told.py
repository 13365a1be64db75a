"""Checks of what Slack says: the tokens, the scopes, the channels, a file, the time."""

from __future__ import annotations

import asyncio
import tempfile
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bot import manifest
from bot.doctor.case import REINSTALL, UNREACHABLE, Case, trouble
from bot.doctor.row import Row, failed, untried, well
from bot.files import FileElsewhere, FileGone, FileRefused, Files, LoginPage, NotALog, described
from bot.slack import SlackError, SlackLimited

SKEW = 60.0  # seconds; Slack's signatures hold for 300
A_FEW = 20  # of the newest files; the smallest of them is fetched
LARGEST = 16 * 1024 * 1024


async def token(case: Case) -> Row:
    """Check that Slack accepts the bot token."""
    introduction = await case.introduction
    if introduction.error is not None:
        return trouble("token", introduction.error)
    answer = introduction.answer
    return well("token", f"The bot is @{answer.get('user')} of {answer.get('team')}.")


async def scopes(case: Case) -> Row:
    """Check that Slack granted what the manifest asks for."""
    introduction = await case.introduction
    if introduction.error is not None:
        return trouble("scopes", introduction.error)
    if (header := introduction.headers.get("x-oauth-scopes")) is None:
        return untried("scopes", "Slack did not say which scopes the token has.")
    needed = manifest.bot_scopes(manifest.load())
    missing = sorted(needed - {scope.strip() for scope in header.split(",")})
    if missing:
        return failed("scopes", f"Not granted: {', '.join(missing)}.", REINSTALL)
    return well("scopes", f"All {len(needed)} scopes of the manifest are granted.")


async def app_token(case: Case) -> Row | None:
    """Check that Slack would open a socket; there is none over HTTP."""
    secret = case.settings.slack_app_token
    if secret is None:
        return None
    hearing = case.hearing() if case.hearing else None
    if hearing and hearing.is_open and not hearing.is_deaf:
        # Slack allows few of these calls, and the socket needs them when it reconnects
        return well("app-token", "The socket of this bot was opened with it.")
    try:
        await case.ask(case.client.apps_connections_open, app_token=secret.get_secret_value())
    except SlackError as error:
        return trouble("app-token", error, "SLACK_APP_TOKEN")
    return well("app-token", "Slack opens sockets for it.")


async def channels(case: Case) -> Row:
    """Check that somebody invited the bot; the names stay out, for some channels are private."""
    try:
        answer = await case.ask(
            case.client.users_conversations,
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=200,
        )
    except SlackError as error:
        return trouble("channels", error)
    count = len(answer.get("channels") or ())
    if not count:
        return failed(
            "channels",
            "The bot is in no channel, so it hears direct messages only.",
            "In the channel of your alerts: /invite @Despool",
        )
    more = "at least " if (answer.get("response_metadata") or {}).get("next_cursor") else ""
    return well("channels", f"The bot is in {more}{count} channel{'s' * (count != 1)}.")


async def files(case: Case) -> Row:
    """Check that a file which was shared can be fetched, and is no page to sign in."""
    try:
        answer = await case.ask(case.client.files_list, count=A_FEW)
    except SlackError as error:
        return trouble("files", error)
    found = [file for file in answer.get("files") or () if _is_small(file)]
    if not found:
        return untried("files", "no log was shared with the bot as a file yet.")
    return await _fetched(case, min(found, key=_size))


def _is_small(file: dict[str, Any]) -> bool:
    return Files.readable(file) and 0 < _size(file) <= LARGEST


def _size(file: dict[str, Any]) -> int:
    known = described(file)
    return known.size if known else 0


async def _fetched(case: Case, file: dict[str, Any]) -> Row:
    with tempfile.TemporaryDirectory(prefix="despool-") as folder:
        fetching = Files(
            case.client,
            case.session,
            token=case.settings.slack_bot_token.get_secret_value(),
            api_url=case.settings.slack_api_url,
            folder=Path(folder),
            largest=LARGEST,
        )
        try:
            async with asyncio.timeout(case.timeout):
                await fetching.fetch(file)
        except (FileRefused, SlackLimited, TimeoutError) as error:
            return _not_fetched(error)
        finally:
            await fetching.close()
    return well("files", "A file that was shared with the bot can be fetched.")


def _not_fetched(error: FileRefused | SlackLimited | TimeoutError) -> Row:
    """Return what a refusal means; its own sentence names the file, which may be private."""
    if isinstance(error, SlackLimited):
        return trouble("files", error)
    if isinstance(error, FileGone | NotALog):
        return untried("files", "the file is no longer there.")
    if isinstance(error, LoginPage):
        detail = "Instead of a file came a page to sign in, or Slack does not let the app read it."
        return failed("files", detail, REINSTALL)
    if isinstance(error, FileElsewhere):
        detail = "The address of a file leads away from Slack; the token was not sent there."
        return failed("files", detail, "Look at DESPOOL_SLACK_API_URL and at HTTPS_PROXY.")
    return failed("files", f"A file did not arrive ({type(error).__name__}).", UNREACHABLE)


async def clock(case: Case) -> Row:
    """Compare the clock with Slack's: a signature that seems too old is refused."""
    introduction = await case.introduction
    here = case.now()
    try:
        there = parsedate_to_datetime(introduction.headers.get("date", "")).timestamp()
    except ValueError:
        if introduction.error is not None:
            return trouble("clock", introduction.error)
        return untried("clock", "Slack did not say what time it is.")
    skew = abs(here - there)
    detail = f"Slack's clock and this one differ by {skew:.0f} s."
    if skew > SKEW:
        fix = "Let NTP set the clock (timedatectl set-ntp true); Slack allows 300 s at most."
        return failed("clock", detail, fix)
    return well("clock", detail)
