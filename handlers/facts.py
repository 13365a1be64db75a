"""What is known about a finding beside its verdict: labelled facts, and lists of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.knowledge import Knowledge
from bot.model import Failure, Finding, Stamp
from handlers.verdicts import error_of, megabytes

OURS = frozenset({"When", "Win32 error", "Disk space"})  # no word in these is a log's
PATH_UNKNOWN = "(path unknown)"
GROUPS = 3  # of more errors than that, each stands with its paths


def facts(finding: Finding, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Give the label and value of each thing that is known and said nowhere else."""
    if finding.package:
        yield "Package", finding.package
    if finding.server or finding.share:
        yield "Share", _share(finding)
    if finding.at:
        yield "When", str(finding.at).replace("T", " ")
    # a copy that failed for another reason stands below its error
    if finding.win32_error is not None and (finding.files or not _is_listed(finding)):
        yield "Win32 error", error(finding.win32_error, knowledge)
    if finding.available_mb is not None or finding.required_mb is not None:
        yield "Disk space", _figures(finding)
    if finding.component:
        thread = f", thread {finding.thread}" if finding.thread else ""
        yield "Written by", f"{finding.component}{thread}"


def marked_up(label: str, value: str, clip: Callable[[str], str]) -> str:
    """Return a fact in Slack's markup; what a log wrote is code, so that its signs stay.

    `clip` escapes a value and makes it short enough.
    """
    if label in OURS:
        return f"*{label}:* {clip(value)}"
    return f"*{label}:* `{clip(value.replace('`', '[U+0060]'))}`"


def error(code: int, knowledge: Knowledge) -> str:
    """Return a Win32 error with its meaning in a few words."""
    words = knowledge.short_error(code)
    return f"{code}, {words}" if words else str(code)


def moment(at: Stamp | None) -> str:
    """Return a time for a list of findings, to the second; empty where it is not known."""
    return at.value.isoformat(" ", timespec="seconds") if at else ""


def files_title(finding: Finding) -> str:
    """Return the line above the locked files."""
    return "Locked file" if len(finding.files) == 1 else "Locked files"


def failed(finding: Finding, knowledge: Knowledge) -> Iterator[tuple[str, list[str]]]:
    """Give the copies that failed for another reason than a lock: a title, and its paths.

    Each error has its title; what the headline says of it is not said again.
    """
    if not _is_listed(finding):
        return
    title = "Also failed" if finding.files else "Failed"
    by_code: dict[int, list[str]] = {}
    for failure in finding.failed:
        by_code.setdefault(failure.win32_error, []).append(failure.path or PATH_UNKNOWN)
    said = error_of(finding) if finding.kind == "other-error" else None
    if len(by_code) > GROUPS:
        yield title, [_one_failure(failure, knowledge) for failure in finding.failed]
        return
    for code in sorted(by_code, key=lambda code: code != finding.win32_error):
        words = str(code) if code == said else error(code, knowledge)
        yield f"{title} with Win32 error {words}", by_code[code]


def _is_listed(finding: Finding) -> bool:
    """Tell whether the failures say more than the error that the verdict rests on."""
    return any(one.path or one.win32_error != finding.win32_error for one in finding.failed)


def _one_failure(failure: Failure, knowledge: Knowledge) -> str:
    words = error(failure.win32_error, knowledge)
    return f"{failure.path or PATH_UNKNOWN}: Win32 error {words}"


def _share(finding: Finding) -> str:
    """Return the server and share as a UNC path, as far as they are known."""
    if finding.server is None:
        return f"{finding.share} (server unknown)"
    return f"\\\\{finding.server}" + (f"\\{finding.share}" if finding.share else "")


def _figures(finding: Finding) -> str:
    """Return the figures of event 109; absent ones are named as such."""
    available, required = megabytes(finding.available_mb), megabytes(finding.required_mb)
    words = f"{available} available, {required} required"
    return f"{words}, which contradicts the event" if finding.contradiction else words
