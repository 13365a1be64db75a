"""Work that must not be lost, and what it is about."""

from bot.incidents.jobs import Job, Jobs, JobsStopped, MemoryJobs
from bot.incidents.threads import Evidence, Incident, Thread, Threads, seconds

__all__ = [
    "Evidence",
    "Incident",
    "Job",
    "Jobs",
    "JobsStopped",
    "MemoryJobs",
    "Thread",
    "Threads",
    "seconds",
]
