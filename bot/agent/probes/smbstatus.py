"""The remote users who have the file open through the Samba server of this machine."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from typing import Any

from bot.agent import programs, samba
from bot.agent.opens import holders
from bot.agent.probes.port import Availability, Target
from bot.wire import Holder, ProbeReport

Json = dict[str, Any]

_TOO_OLD = "this Samba cannot tell its open files as JSON: 4.17 and later can"
_CONTAINED = "smbd runs in a container, and its sessions cannot be read from here"
_SHARE = 0.5  # of the time: what comes after has to look too


class SmbStatus:
    """Asks `smbstatus --json`; joins opens with sessions by the smbd process that serves both."""

    name = "smbstatus"

    def __init__(self, program: str | None = None) -> None:
        self._program = program

    def available(self) -> Availability:
        """Tell whether there is a program to ask, and the right to."""
        if self._program is None and programs.find("smbstatus") is None:
            reason = "smbstatus is not installed: the package samba-common-bin or samba has it"
            return Availability(ok=False, reason=reason)
        if os.geteuid():
            return Availability(ok=False, reason="only root may ask Samba for its sessions")
        return Availability(ok=True)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Return the remote users of each server on this machine who have the file open."""
        started = time.monotonic()
        end = started + deadline * _SHARE
        found: list[Holder] = []
        blind: list[str] = []
        for server in samba.servers():
            try:
                told = await self._ask(server, end - time.monotonic())
            except programs.ProgramFailed as problem:
                blind += [str(problem)] if server.is_there() else []
            else:
                found += holders(told, target, datetime.now(UTC))
        return ProbeReport(
            name=self.name,
            holders=tuple(found),
            blind=tuple(blind),
            ms=round((time.monotonic() - started) * 1000, 2),
        )

    async def _ask(self, server: samba.Server, deadline: float) -> Json:
        if server.is_contained:
            raise programs.ProgramFailed(_CONTAINED)
        program = self._program or programs.find("smbstatus") or "smbstatus"
        text = await programs.output([program, "--json", *server.options()], deadline)
        try:
            told: Json = json.loads(text)
        except ValueError:
            raise programs.ProgramFailed(_TOO_OLD) from None
        return told
