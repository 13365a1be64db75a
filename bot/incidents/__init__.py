"""Work that must not be lost, what it is about, and what stands in Slack because of it."""

from bot.incidents.aside import Aside, Failed
from bot.incidents.asked import Clicks, Draft, Drafts
from bot.incidents.database import Database, StoreUnavailable
from bot.incidents.executors import Executors
from bot.incidents.jobs import Job, Jobs, JobsStopped
from bot.incidents.ledger import Entry, Ledger, Standing
from bot.incidents.register import PUBLIC, Register
from bot.incidents.store import Threads
from bot.incidents.subjects import Home, Subject, subject_of
from bot.incidents.threads import (
    Evidence,
    Incident,
    Link,
    Overtaken,
    State,
    Thread,
    files_of,
    seconds,
)

__all__ = [
    "PUBLIC",
    "Aside",
    "Clicks",
    "Database",
    "Draft",
    "Drafts",
    "Entry",
    "Evidence",
    "Executors",
    "Failed",
    "Home",
    "Incident",
    "Job",
    "Jobs",
    "JobsStopped",
    "Ledger",
    "Link",
    "Overtaken",
    "Register",
    "Standing",
    "State",
    "StoreUnavailable",
    "Subject",
    "Thread",
    "Threads",
    "files_of",
    "seconds",
    "subject_of",
]
