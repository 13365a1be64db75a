"""What replicas call out to one another over PostgreSQL; whoever misses it looks by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg
import sqlalchemy as sa

from bot.incidents.database import CONNECT

log = logging.getLogger(__name__)

CHANNEL = "despool_agents"
AGAIN = 1.0  # seconds until a lost connection is made anew

# what is called out: the kind, and what it is about
QUESTION, ANSWER, CONNECTED, ROSTER = "question", "answer", "connected", "roster"
MISSED = "missed"  # told to ourselves: something may have been called while nobody listened

Heard = Callable[[str, str], None]


def call_out(connection: sa.Connection, kind: str, about: str = "") -> None:
    """Tell the other replicas once the transaction is committed; on SQLite there are none."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, f"{kind} {about}")))


async def listen(url: sa.URL, heard: Heard) -> None:
    """Hear the other replicas, until cancelled; a connection that is lost is made anew."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                address, autocommit=True, connect_timeout=CONNECT, application_name="despool"
            ) as connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                heard(MISSED, "")
                async for note in connection.notifies():
                    kind, _, about = note.payload.partition(" ")
                    heard(kind, about)
        except psycopg.Error as error:
            log.warning("The other replicas are not heard", extra={"reason": type(error).__name__})
        await asyncio.sleep(AGAIN)
