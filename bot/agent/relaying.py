"""Looking at servers that can have no agent, such as Windows NT 4, over SMB from this one."""

from __future__ import annotations

import time
from dataclasses import replace

from bot.agent.config import AgentConfig
from bot.agent.policy import Elsewhere
from bot.agent.probes.relay import Relay
from bot.agent.probes.srvsvc import SrvSvc
from bot.wire import ProbeReport, WhoHolds

FAR = "processes of that server itself: over the network only its remote users are seen"


class Relays:
    """The servers that this agent may ask, by name in small letters."""

    def __init__(self, config: AgentConfig) -> None:
        """Take what the configuration allows; nothing is connected before the first look."""
        self._probes = {
            name.casefold(): SrvSvc(
                Relay(
                    host=relay.address or name,
                    account=relay.account,
                    port=relay.port,
                    smb1=relay.smb1,
                )
            )
            for name, relay in config.relays.items()
        }

    async def look(self, there: Elsewhere, deadline: float) -> WhoHolds:
        """Tell which remote users have a file of another server open.

        Where there is none, somebody on the server itself may still hold it.
        """
        started = time.monotonic()
        probe = self._probes[there.server]
        available = probe.available()
        report = ProbeReport(name=probe.name, error=available.reason)
        if available.ok:
            report = await probe.run(there.target, deadline)
        return WhoHolds(
            host=there.server,
            path=there.path,
            resolved=there.path,
            state="held" if report.holders else "unknown",
            holders=report.holders,
            probes=(replace(report, blind=(*report.blind, FAR)),),
            complete=False,
            sampled_ms=(time.monotonic() - started) * 1000,
        )

    def close(self) -> None:
        """Hang up everywhere."""
        for probe in self._probes.values():
            probe.close()
