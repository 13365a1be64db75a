"""Telling on disk how the agent is, for `despool agent status`."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime

from bot.agent.client import Standing
from bot.agent.config import AgentConfig
from bot.agent.outbox import Outbox
from bot.agent.state import Status, write_status

TELLING = 10.0  # seconds between two statuses where nothing changes


class Telling:
    """Writes the status, at every change of the connection and from time to time."""

    def __init__(self, config: AgentConfig, standing: Standing, outbox: Outbox) -> None:
        self._config, self._standing, self._outbox = config, standing, outbox
        self._started = self._since = _now()
        self._connected: bool | None = None

    async def run(self) -> None:
        """Write the status from time to time, until cancelled."""
        while True:
            await asyncio.sleep(TELLING)
            self.now()

    def now(self) -> None:
        """Write the status; a full disk stops no agent."""
        if self._standing.connected != self._connected:
            self._connected, self._since = self._standing.connected, _now()
        status = Status(
            name=self._config.name,
            bot=self._config.bot,
            pid=os.getpid(),
            started=self._started,
            connected=self._standing.connected,
            since=self._since,
            trouble=self._standing.trouble,
            waiting=self._outbox.waiting,
            lost=self._outbox.lost,
            logs=tuple(str(path) for path in self._config.logs),
        )
        with suppress(OSError):
            write_status(self._config.state, status)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
