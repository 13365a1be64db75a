"""The probes in the order in which they look, and when each is worth its time."""

from bot.agent.probes.kernel import Kernel
from bot.agent.probes.lease import Lease
from bot.agent.probes.port import Step
from bot.agent.probes.proc import Proc
from bot.agent.probes.smbstatus import SmbStatus
from bot.agent.probes.when import always, is_undecided, is_undecided_and_served


def steps(smbstatus: str | None = None) -> tuple[Step, ...]:
    """Return all steps of a look; those of other systems are passed over.

    `smbstatus` is where that program is, if not where programs are.
    """
    return (
        Step(probe=Lease(), on="linux", when=always, decides=False),
        Step(probe=SmbStatus(smbstatus), on="linux", when=is_undecided_and_served),
        Step(probe=Kernel(), on="linux", when=is_undecided, decides=False),
        Step(probe=Proc(), on="linux", when=is_undecided),
    )


PROBES = steps()
