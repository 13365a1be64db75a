"""The yardstick of bench_slack: a Bolt app that does nothing beyond what Bolt's guide shows.

It verifies, acknowledges, and answers a log with one message; its surroundings are set by
bench_slack in the same environment variables that Despool reads.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

PATH = "/slack/events"


def build(session: aiohttp.ClientSession) -> AsyncApp:
    """Return the app with its one listener."""
    client = AsyncWebClient(
        token=os.environ["SLACK_BOT_TOKEN"],
        base_url=os.environ["DESPOOL_SLACK_API_URL"],
        session=session,
    )
    app = AsyncApp(client=client, signing_secret=os.environ.get("SLACK_SIGNING_SECRET"))

    @app.event("message")
    async def on_message(event: dict[str, Any], client: AsyncWebClient) -> None:
        if "sufficient disk space" in event.get("text", ""):
            await client.chat_postMessage(
                channel=event["channel"], thread_ts=event["ts"], text="Not disk space: a lock."
            )

    return app


async def main() -> None:
    """Run until the process is ended."""
    async with aiohttp.ClientSession() as session:
        app = build(session)
        if app_token := os.environ.get("SLACK_APP_TOKEN"):
            handler = AsyncSocketModeHandler(app, app_token)
            handler.client.proxy = None
            await handler.connect_async()  # type: ignore[no-untyped-call]
        else:
            runner = web.AppRunner(app.server(path=PATH).web_app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
