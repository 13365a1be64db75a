"""A finding in plain words: its headline, how sure it is, why, and its facts."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterator

from bot.knowledge import Knowledge
from bot.model import Finding, Kind
from handlers.slack_text import middle

CERTAINTY = {"proved": "Proved", "likely": "Likely", "unknown": "Not sure"}
SEEN = 80  # characters that a phone shows of a message
NAME = 24  # what a file name gets at least of them


def headline(
    finding: Finding, knowledge: Knowledge, *, resolved: bool = False, room: int = SEEN
) -> str:
    """Return the verdict with its file, both within the first `room` characters."""
    before, after = _HEADLINES[finding.kind](finding, knowledge)
    if resolved:
        before = f"Resolved: {before}"
    elif finding.resolved:
        before = f"Healed since. {before}"
    left = room - len(before)
    return f"{before}{_subject(finding, max(left - len(after), min(left, NAME)))}{after}"


def certainty(finding: Finding, knowledge: Knowledge) -> str:
    """Return how sure the finding is, and why."""
    return f"{CERTAINTY[finding.certainty]}: {knowledge.reason(finding)}."


def summary(finding: Finding, knowledge: Knowledge) -> str:
    """Return what happened, for somebody who has never met this failure."""
    if finding.contradiction:
        return (
            "Event 109 complains of too little space, but by its own figures there is enough. "
            "Trust neither: look at the disk, and at what Despool.log says about this package."
        )
    if finding.kind == "false-disk-space" and finding.certainty == "unknown":
        return (
            "Event 109 blames the disk but gives no figures, and the log reports both a locked "
            "file and a full disk for the same package: look at both."
        )
    cause = knowledge.causes.get(finding.rule)
    return cause.summary if cause else ""


def healed(finding: Finding) -> str:
    """Return what a later success in the log means, or nothing where there was none."""
    if not finding.resolved:
        return ""
    return "A later line reports success for the same file: nothing has to be done now."


def steps_title(finding: Finding, *, resolved: bool = False) -> str:
    """Return the line above the steps."""
    if resolved or finding.resolved:
        return "If it comes back, in this order"
    return "What to do, in this order"


def files_title(finding: Finding) -> str:
    """Return the line above the locked files."""
    return "Locked file" if len(finding.files) == 1 else "Locked files"


def failed_title(finding: Finding) -> str:
    """Return the line above the copies that did not fail because of a lock."""
    return "Failed for another reason" if finding.files else "Failed"


def failures(finding: Finding, knowledge: Knowledge) -> list[str]:
    """Return each copy that failed for another reason than a lock, with its error in words."""
    return [
        f"{failure.path or '(path unknown)'}: {knowledge.error(failure.win32_error)}"
        for failure in finding.failed
    ]


def facts(finding: Finding, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Give the name and value of each thing that is known and said nowhere else."""
    if finding.package:
        yield "Package", finding.package
    if finding.server or finding.share:
        yield "Server and share", place(finding)
    if finding.at:
        yield "When", str(finding.at).replace("T", " ")
    # a copy that failed for another reason stands with its error beside it
    if finding.win32_error is not None and (finding.files or not finding.failed):
        yield "Error", knowledge.error(finding.win32_error)
    if finding.available_mb is not None or finding.required_mb is not None:
        yield "Disk space", figures(finding)
    if finding.component:
        thread = f", thread {finding.thread}" if finding.thread else ""
        yield "Written by", f"{finding.component}{thread}"


def place(finding: Finding) -> str:
    """Return the server and share as a UNC path, as far as they are known."""
    if finding.server is None:
        return f"share {finding.share}, server unknown"
    return f"\\\\{finding.server}" + (f"\\{finding.share}" if finding.share else "")


def figures(finding: Finding) -> str:
    """Return the figures of event 109; absent ones are named as such."""
    available = _megabytes(finding.available_mb)
    required = _megabytes(finding.required_mb)
    verdict = f"{available} available, {required} required"
    return f"{verdict}, which contradicts the event" if finding.contradiction else verdict


def article_url(article: str | None) -> str | None:
    """Return where the public archive keeps an article of the Knowledge Base."""
    if article is None or not re.fullmatch(r"Q\d{4,6}", article):
        return None
    return f"https://jeffpar.github.io/kbarchive/kb/{int(article[1:]) // 1000:03d}/{article}/"


def path_of(finding: Finding) -> str | None:
    """Return the path that the verdict is about."""
    paths = [*finding.files[:1], *(item.path for item in finding.failed if item.path)]
    return paths[0] if paths else None


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.10g} MB"


def _subject(finding: Finding, room: int) -> str:
    path = path_of(finding)
    others = f" and {len(finding.files) - 1:,} more" if len(finding.files) > 1 else ""
    if path is not None:
        return middle(ntpath.basename(path) or path, max(room - len(others), NAME // 2)) + others
    if finding.package:
        return f"package {middle(finding.package, max(room - len('package '), NAME // 2))}"
    by_event = finding.kind == "event-only" or finding.rule == "109-with-figures"
    return "an unnamed package" if by_event else "an unnamed file"


def _were(finding: Finding) -> str:
    return "were" if len(finding.files) > 1 else "was"


def _on_server(finding: Finding) -> str:
    return f" on {finding.server}" if finding.server else ""


def _false_disk_space(finding: Finding, _: Knowledge) -> tuple[str, str]:
    lead = {"proved": "Not disk space", "likely": "Likely not disk space"}
    words = lead.get(finding.certainty, "Perhaps not disk space")
    return f"{words}: ", f" {_were(finding)} locked"


def _disk_space(finding: Finding, _: Knowledge) -> tuple[str, str]:
    if finding.contradiction:
        return "Disk space in doubt: the figures are enough for ", _on_server(finding)
    lead = {"proved": "Disk space really is short", "likely": "Disk space is likely short"}
    return f"{lead.get(finding.certainty, 'Disk space may be short')}: ", _on_server(finding)


def _lock_only(finding: Finding, _: Knowledge) -> tuple[str, str]:
    lead = {"proved": "Locked", "likely": "Likely locked"}
    return f"{lead.get(finding.certainty, 'Perhaps locked')}: ", f" {_were(finding)} in use"


def _other_error(finding: Finding, knowledge: Knowledge) -> tuple[str, str]:
    code = finding.win32_error
    if code is None and finding.failed:
        code = finding.failed[0].win32_error
    error = "another error" if code is None else knowledge.error(code)
    lead = {"proved": "Not a lock", "likely": "Likely not a lock"}
    return f"{lead.get(finding.certainty, 'Perhaps not a lock')}: ", f" failed with {error}"


def _event_only(finding: Finding, _: Knowledge) -> tuple[str, str]:
    if finding.certainty == "unknown":
        return "Nothing proved: ", ", event 109 is cut before its figures"
    return "Likely not disk space: ", ", event 109 gives no figures"


_HEADLINES: dict[Kind, Callable[[Finding, Knowledge], tuple[str, str]]] = {
    "false-disk-space": _false_disk_space,
    "disk-space": _disk_space,
    "lock-only": _lock_only,
    "other-error": _other_error,
    "event-only": _event_only,
}
