"""Which failures a cause is recognised by: the rules, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.model import LogRecord

LOCKED = 32
DISK_FULL = frozenset({39, 112})
DENIED, NO_PATH, BAD_DATA, BAD_NAME, BAD_STREAM = 5, 3, 13, 123, 998


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which failures a cause is recognised by; the first rule that applies names it."""

    id: str
    applies: Callable[[LogRecord], bool]


def _component(record: LogRecord, *words: str) -> bool:
    return any(word in (record.component or "").upper() for word in words)


def _in_path(record: LogRecord, *words: str) -> bool:
    """Tell whether a path that is no package's holds one of the words."""
    path = (record.path or "").casefold()
    return record.package is None and any(word in path for word in words)


def _is_sender(record: LogRecord) -> bool:
    return _component(record, "SENDER") or record.clue == "remote"


def _is_of_sms_1(record: LogRecord) -> bool:
    return record.at is not None and not record.at.milliseconds


# Locks that are no package file's, though some of their lines look like one (DOMAIN: the articles
# of the Sender, Inbox Manager, Distribution Manager, Status Manager and the inventory processor).
LOOK_ALIKES = (
    Rule(id="sender-retry-lock", applies=lambda r: _is_sender(r) and _is_of_sms_1(r)),
    Rule(id="sender-file-lock", applies=_is_sender),
    Rule(
        id="instruction-file-lock",
        applies=lambda r: (
            r.package is None
            and (r.clue == "instruction" or (r.path or "").casefold().endswith(".ins"))
        ),
    ),
    Rule(
        id="inventory-inbox-lock",
        applies=lambda r: _component(r, "SOFTWARE_INVENTORY") or _in_path(r, "\\sinv.box\\"),
    ),
    Rule(
        id="status-inbox-lock",
        applies=lambda r: _component(r, "STATUS_MANAGER") or _in_path(r, "\\statmgr.box\\"),
    ),
    Rule(id="client-lookup-lock", applies=lambda r: _in_path(r, "\\client.lkp")),
    Rule(
        id="cap-file-lock",
        applies=lambda r: (
            _component(r, "INBOX_MANAGER")
            or _in_path(r, "\\cap_")
            or (r.clue == "sharing" and r.package is None)
        ),
    ),
    Rule(
        id="package-source-lock",
        applies=lambda r: (
            r.package is None
            and (_component(r, "DISTRIBUTION_MANAGER") or (r.clue == "words" and r.path is None))
        ),
    ),
)
LOCKS = (
    *LOOK_ALIKES,
    Rule(id="package-lock", applies=lambda r: r.package is not None),
    Rule(id="file-lock", applies=lambda r: True),
)
SHORTAGES = (
    Rule(
        id="cap-disk-full",
        applies=lambda r: _in_path(r, ".ofr", "\\cap_", "\\clicfg.src\\"),
    ),
    Rule(id="copy-disk-full", applies=lambda r: True),
)
OTHERS = (
    Rule(
        id="source-access-denied",
        applies=lambda r: r.win32_error == DENIED and r.operation == "access",
    ),
    Rule(
        id="temp-drive-missing",
        applies=lambda r: r.win32_error == NO_PATH and (r.path or "").startswith("$:"),
    ),
    Rule(
        id="decompress-bad-data",
        applies=lambda r: r.win32_error == BAD_DATA and r.operation in ("write", "decompress"),
    ),
    Rule(id="decompress-streams", applies=lambda r: r.win32_error == BAD_STREAM),
    Rule(id="long-file-name", applies=lambda r: r.win32_error == BAD_NAME),
    Rule(id="other-win32-error", applies=lambda r: True),
)
# Rules that events alone, or events with a lock, are recognised by.
EVENT_RULES = (
    "blank-109-with-lock",
    "unread-109-with-lock",
    "109-with-figures",
    "109-without-log",
    "cut-109-without-log",
)
RULES = (*EVENT_RULES, *(rule.id for rule in (*LOCKS, *SHORTAGES, *OTHERS)))


def package_of(record: LogRecord) -> str | None:
    """Return the package that a failure belongs to; a look-alike's path names none."""
    return None if any(rule.applies(record) for rule in LOOK_ALIKES) else record.package
