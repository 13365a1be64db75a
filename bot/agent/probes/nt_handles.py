"""Look through every open handle of the machine: finds folders too, and shows each one's access."""

from __future__ import annotations

from bot.agent.probes.port import Availability, Target
from bot.agent.probes.scanning import available, scan
from bot.wire import ProbeReport


class NtHandles:
    """NtQuerySystemInformation and a copy of each handle that may be a file's."""

    name = "nt_handles"

    def available(self) -> Availability:
        """Tell whether there is a Windows to scan."""
        return available()

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the processes with an open handle; a running program has none to its file."""
        return await scan(self.name, "handles", target.path, deadline)
