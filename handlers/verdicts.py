"""A finding in plain words: its headline, how sure it is, and its facts."""

from __future__ import annotations

import ntpath
from collections.abc import Callable, Iterator

from bot.knowledge import Knowledge
from bot.model import Finding, Kind

CERTAINTY = {"proved": "Proved", "likely": "Likely", "unknown": "Not sure"}


def headline(finding: Finding, knowledge: Knowledge) -> str:
    """Return the verdict with the file it is about; a phone shows its first 80 characters."""
    verdict = _HEADLINES[finding.kind](finding, knowledge)
    return f"{verdict} (since then copied)" if finding.resolved else verdict


def certainty(finding: Finding, knowledge: Knowledge) -> str:
    """Return how sure the finding is, and why."""
    return f"{CERTAINTY[finding.certainty]}: {knowledge.reason(finding)}."


def facts(finding: Finding, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Give the name and value of each thing that is known."""
    if finding.package:
        yield "Package", finding.package
    if finding.server or finding.share:
        yield "Server and share", place(finding)
    if finding.at:
        yield "When", str(finding.at).replace("T", " ")
    if finding.win32_error is not None:
        yield "Error", knowledge.error(finding.win32_error)
    if finding.kind == "disk-space":
        yield "Disk space", figures(finding)
    if finding.component:
        thread = f", thread {finding.thread}" if finding.thread else ""
        yield "Component", f"{finding.component}{thread}"


def place(finding: Finding) -> str:
    """Return the server and share as a UNC path, as far as they are known."""
    if finding.server is None:
        return str(finding.share)
    return f"\\\\{finding.server}" + (f"\\{finding.share}" if finding.share else "")


def figures(finding: Finding) -> str:
    """Return the figures of event 109; absent ones are named as such."""
    available = _megabytes(finding.available_mb)
    required = _megabytes(finding.required_mb)
    verdict = f"{available} available, {required} required"
    if finding.contradiction:
        return f"{verdict}: by these figures there was enough, so they contradict the event"
    return verdict


def _megabytes(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g} MB"


def _subject(finding: Finding) -> str:
    paths = [*finding.files, *(item.path for item in finding.failed if item.path)]
    if not paths:
        return f"package {finding.package}" if finding.package else "a file"
    name = ntpath.basename(paths[0]) or paths[0]
    others = len(finding.files) - 1
    return name if others < 1 else f"{name} and {others:,} more"


def _were(finding: Finding) -> str:
    return "were" if len(finding.files) > 1 else "was"


def _false_disk_space(finding: Finding, _: Knowledge) -> str:
    lead = {"proved": "Not disk space", "likely": "Likely not disk space"}
    words = lead.get(finding.certainty, "Perhaps not disk space")
    return f"{words}: {_subject(finding)} {_were(finding)} locked"


def _disk_space(finding: Finding, _: Knowledge) -> str:
    where = f" on {finding.server}" if finding.server else ""
    if finding.contradiction:
        return f"Disk space reported short{where}, but the figures say enough: {_subject(finding)}"
    return f"Disk space really is short{where}: {_subject(finding)}"


def _lock_only(finding: Finding, _: Knowledge) -> str:
    return f"Locked: {_subject(finding)} {_were(finding)} in use"


def _other_error(finding: Finding, knowledge: Knowledge) -> str:
    code = finding.win32_error
    if code is None and finding.failed:
        code = finding.failed[0].win32_error
    error = "another error" if code is None else knowledge.error(code)
    return f"Not a lock: {_subject(finding)} failed with {error}"


def _event_only(finding: Finding, _: Knowledge) -> str:
    if finding.certainty == "unknown":
        return f"Event 109 is cut, so disk space is unproved: {_subject(finding)}"
    return f"Probably not disk space: event 109 has no figures for {_subject(finding)}"


_HEADLINES: dict[Kind, Callable[[Finding, Knowledge], str]] = {
    "false-disk-space": _false_disk_space,
    "disk-space": _disk_space,
    "lock-only": _lock_only,
    "other-error": _other_error,
    "event-only": _event_only,
}
