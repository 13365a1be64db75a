"""A finding in plain words: its headline, how sure it is, why, and what it is about."""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable, Iterable

from bot.knowledge import Knowledge, is_full_too, path_of
from bot.model import Finding, Kind
from handlers.slack_text import middle

CERTAINTY = {"proved": "Proved", "likely": "Likely", "unknown": "Not sure"}
SEEN = 80  # characters that a phone shows of a message
NAME = 24  # what a file name gets at least of them


def headline(
    finding: Finding,
    knowledge: Knowledge,
    *,
    resolved: bool = False,
    room: int = SEEN,
    among: Iterable[Finding] = (),
) -> str:
    """Return the verdict with its file, both within the first `room` characters.

    Where one of the findings it stands `among` would read the same, its server is named as well.
    """
    before, after = _HEADLINES[finding.kind](finding, knowledge)
    if resolved:
        before = f"Resolved. {before}"
    elif finding.resolved:
        before = f"Healed since. {before}"
    if _reads_alike(finding, among) and _on_server(finding) not in after:
        after = f"{_on_server(finding)}{after}"
    left = room - len(before)
    return f"{before}{_subject(finding, max(left - len(after), min(left, NAME)))}{after}"


def leading_headline(
    findings: tuple[Finding, ...], knowledge: Knowledge, *, resolved: bool = False
) -> str:
    """Return the headline of a whole report: of its first finding, and how many are like it."""
    leading, *others = findings
    same = {
        other.package
        for other in others
        if (other.kind, other.resolved) == (leading.kind, leading.resolved) and other.package
    } - {leading.package}
    more = f"; {_counted(len(same), 'other package')} too" if same and leading.package else ""
    title = headline(leading, knowledge, resolved=resolved, room=SEEN - len(more), among=others)
    return f"{title}{more}"


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
    if finding.kind == "false-disk-space" and is_full_too(finding):
        return (
            "The log reports two faults for the same package: a file that somebody has open and "
            "a disk without room. Either stops the package, so look at both, at the space first."
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
    return "If it comes back" if resolved or finding.resolved else "What to do, in this order"


def article_url(article: str | None) -> str | None:
    """Return where the public archive keeps an article of the Knowledge Base."""
    if article is None or not re.fullmatch(r"Q\d{4,6}", article):
        return None
    return f"https://jeffpar.github.io/kbarchive/kb/{int(article[1:]) // 1000:03d}/{article}/"


def error_of(finding: Finding) -> int | None:
    """Return the error code that the verdict rests on."""
    if finding.win32_error is None and finding.failed:
        return finding.failed[0].win32_error
    return finding.win32_error


def megabytes(value: float | None) -> str:
    """Return an amount of disk space for a reader."""
    return "unknown" if value is None else f"{value:,.10g} MB"


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name if count == 1 else f'{name}s'}"


def _reads_alike(finding: Finding, among: Iterable[Finding]) -> bool:
    """Tell whether another finding has the same verdict about a file of the same name."""
    if finding.server is None:
        return False
    name = _name(finding)
    return any(
        other.server != finding.server
        and (other.kind, other.certainty) == (finding.kind, finding.certainty)
        and _name(other) == name
        for other in among
    )


def _name(finding: Finding) -> str:
    path = path_of(finding)
    return (_shown_name(path) if path else finding.package or "").casefold()


def _shown_name(path: str) -> str:
    """Return the last part of a path; a folder's says little without the one above it."""
    *above_it, name = ("", *re.split(r"[\\/]+", path.rstrip("\\/")))
    name, above = ntpath.basename(name), above_it[-1]
    return f"{above}\\{name}" if name and above and "." not in name else name or path


def _subject(finding: Finding, room: int) -> str:
    path = path_of(finding)
    count = len(finding.files) if finding.kind != "disk-space" else 1
    others = f" and {count - 1:,} more" if count > 1 else ""
    if path is not None:
        return middle(_shown_name(path), max(room - len(others), NAME // 2)) + others
    if finding.package:
        return f"package {middle(finding.package, max(room - len('package '), NAME // 2))}"
    by_event = finding.kind == "event-only" or finding.rule == "109-with-figures"
    return "an unnamed package" if by_event else "an unnamed file"


def _were(finding: Finding) -> str:
    return "were" if len(finding.files) > 1 else "was"


def _on_server(finding: Finding) -> str:
    return f" on {finding.server}" if finding.server else ""


def _false_disk_space(finding: Finding, _: Knowledge) -> tuple[str, str]:
    if is_full_too(finding):
        return "A lock and a full disk: ", f" {_were(finding)} locked"
    lead = {"proved": "Not disk space", "likely": "Likely not disk space"}
    words = lead.get(finding.certainty, "Perhaps not disk space")
    return f"{words}: ", f" {_were(finding)} locked"


def _disk_space(finding: Finding, _: Knowledge) -> tuple[str, str]:
    lead = {"proved": "Disk space really is short", "likely": "Disk space is likely short"}
    if finding.resolved:
        lead = {"proved": "Disk space really was short", "likely": "Disk space was likely short"}
    words = lead.get(finding.certainty, "Disk space may be short")
    if finding.contradiction:
        words = "Disk space in doubt"
    named = {"free": finding.available_mb, "needed": finding.required_mb}
    figures = [f"{megabytes(value)} {name}" for name, value in named.items() if value is not None]
    return f"{words}: ", f", {', '.join(figures)}" if figures else _on_server(finding)


def _lock_only(finding: Finding, _: Knowledge) -> tuple[str, str]:
    lead = {"proved": "Locked", "likely": "Likely locked"}
    return f"{lead.get(finding.certainty, 'Perhaps locked')}: ", f" {_were(finding)} in use"


def _other_error(finding: Finding, knowledge: Knowledge) -> tuple[str, str]:
    code = error_of(finding)
    words = knowledge.short_error(code) if code is not None else ""
    error = "another error" if code is None else f"error {code}{f' ({words})' if words else ''}"
    lead = {"proved": "Not a lock", "likely": "Likely not a lock"}
    return f"{lead.get(finding.certainty, 'Perhaps not a lock')}: ", f", {error}"


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
