"""Work that must not be lost, and what it is about."""

from bot.incidents.jobs import Job, Jobs, JobsStopped, MemoryJobs

__all__ = ["Job", "Jobs", "JobsStopped", "MemoryJobs"]
