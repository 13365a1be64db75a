"""The ways to find out who holds a file, one module each behind one small protocol."""

from bot.agent.probes.lease import Lease
from bot.agent.probes.port import Availability, Probe, Step, Target
from bot.agent.probes.proc import Proc
from bot.agent.probes.smbstatus import SmbStatus
from bot.agent.probes.when import always, is_undecided, is_undecided_and_served

__all__ = ["PROBES", "Availability", "Probe", "Step", "Target", "steps"]


def steps(smbstatus: str | None = None) -> tuple[Step, ...]:
    """Return the probes in the order in which they look; those of other systems are passed over.

    `smbstatus` is where that program is, if not where programs are.
    """
    return (
        Step(probe=Lease(), on="linux", when=always, decides=False),
        Step(probe=SmbStatus(smbstatus), on="linux", when=is_undecided_and_served),
        Step(probe=Proc(), on="linux", when=is_undecided),
    )


PROBES = steps()
