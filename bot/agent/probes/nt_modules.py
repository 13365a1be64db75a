"""Look through every program and library that runs: a scan of handles does not see those."""

from __future__ import annotations

from bot.agent.probes.port import Availability, Target
from bot.agent.probes.scanning import available, scan
from bot.wire import ProbeReport


class NtModules:
    """The image of each process and the modules it has loaded."""

    name = "nt_modules"

    def available(self) -> Availability:
        """Tell whether there is a Windows to scan."""
        return available()

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the processes that run the file or have it loaded."""
        return await scan(self.name, "images", target.path, deadline)
