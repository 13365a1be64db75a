"""The probes in the order in which they look, and when each is worth its time."""

from bot.agent.probes.kernel import Kernel
from bot.agent.probes.lease import Lease
from bot.agent.probes.netfile import NetFile
from bot.agent.probes.nt_handles import NtHandles
from bot.agent.probes.nt_modules import NtModules
from bot.agent.probes.nt_pids import NtPids
from bot.agent.probes.port import Step
from bot.agent.probes.proc import Proc
from bot.agent.probes.restart_manager import RestartManager
from bot.agent.probes.smb_wmi import SmbWmi
from bot.agent.probes.smbstatus import SmbStatus
from bot.agent.probes.when import (
    always,
    are_names_wanted,
    is_nobody_named,
    is_undecided,
    is_undecided_and_served,
    may_be_remote,
    may_be_remote_still,
)


def steps(smbstatus: str | None = None) -> tuple[Step, ...]:
    """Return all steps of a look; those of other systems are passed over.

    `smbstatus` is where that program is, if not where programs are.
    """
    return (
        Step(probe=Lease(), on="linux", when=always, decides=False),
        Step(probe=SmbStatus(smbstatus), on="linux", when=is_undecided_and_served),
        Step(probe=Kernel(), on="linux", when=is_undecided, decides=False),
        Step(probe=Proc(), on="linux", when=is_undecided),
        Step(probe=NtPids(), on="win32", when=always, covered_by=(NtHandles.name, NtModules.name)),
        Step(probe=RestartManager(), on="win32", when=are_names_wanted, decides=False),
        Step(probe=SmbWmi(), on="win32", when=may_be_remote, covered_by=(NetFile.name,)),
        Step(probe=NetFile(), on="win32", when=may_be_remote_still, covered_by=(SmbWmi.name,)),
        # no scan sees the kernel's handles, or into a protected process: the file itself does
        Step(probe=NtHandles(), on="win32", when=is_nobody_named, covered_by=(NtPids.name,)),
        Step(probe=NtModules(), on="win32", when=is_nobody_named, covered_by=(NtPids.name,)),
    )


PROBES = steps()
