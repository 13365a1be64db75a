"""How the nouns are written into the database, and what of a paste is kept at all."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.incidents.threads import Evidence, Link, Thread
from bot.model import Finding, Input, Report

log = logging.getLogger(__name__)

LONGEST = 256 * 1024  # characters of one message; Slack's own limit for a text is 40,000
AROUND = 2  # lines that stay with one that was quoted, where a text is too long to keep

REPORT = TypeAdapter(Report)
FINDING = TypeAdapter(Finding)
INPUTS = TypeAdapter(tuple[Input, ...])
LINKS = TypeAdapter(tuple[Link, ...])

# secrets that people paste without noticing; servers and paths are what the verdict is about
_SECRETS = (
    re.compile(r"\bx(?:ox[a-z]|app)-[\w-]{8,}"),
    re.compile(
        r"(?i)(?<![\\\w.])(?:password|passwd|pwd|secret|token|api[_-]?key)\s{0,4}[=:]\s{0,4}\S{1,200}"
    ),
    re.compile(r"(?i)\b(?:bearer|basic)\s{1,4}[\w.~+/=-]{12,500}"),
    re.compile(r"(?i)(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)"),
    re.compile(r"(?i)(?<=/user:)(\S{1,100})\s{1,4}\S{1,100}"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"-----BEGIN [A-Z ]{1,40}PRIVATE KEY-----[^-]{1,20000}"),
)
HIDDEN = "[redacted]"


def storable(text: str) -> str:
    """Return a text without what lets its reader in anywhere, and what no database takes."""
    text = text.replace("\x00", "").encode("utf-8", errors="replace").decode()
    for pattern in _SECRETS:
        text = pattern.sub(HIDDEN, text)
    return text


def kept(text: str, report: Report | None) -> str:
    """Return what of a text is stored: of a very long one the lines that the verdict quotes."""
    if len(text) <= LONGEST:
        return text
    lines = text.splitlines()
    findings = report.findings if report else ()
    wanted = {
        near
        for finding in findings
        for quote in finding.evidence
        for near in range(quote.line - AROUND, quote.line + AROUND + 1)
    }
    chosen = [line for number, line in enumerate(lines, start=1) if number in wanted]
    return ("\n".join(chosen) or text)[:LONGEST]


def write_report(report: Report | None) -> str | None:
    """Return a verdict as JSON."""
    return None if report is None else REPORT.dump_json(report).decode()


def read_report(text: str | None) -> Report | None:
    """Return a verdict; None where there is none, or what is stored cannot be read."""
    try:
        return None if text is None else REPORT.validate_json(text)
    except ValidationError:
        log.error("A stored verdict cannot be read; it is made again from its evidence")
        return None


def write_finding(finding: Finding) -> str:
    """Return a finding as JSON, without the quotes, which stay in their thread."""
    return FINDING.dump_json(replace(finding, evidence=(), advice=())).decode()


def read_finding(text: str) -> Finding | None:
    """Return a finding; None where what is stored cannot be read."""
    try:
        return FINDING.validate_json(text)
    except ValidationError:
        log.error("A stored finding cannot be read")
        return None


def write_state(thread: Thread) -> str:
    """Return as JSON what a thread knows beside evidence and verdict."""
    return json.dumps(
        {
            "links": LINKS.dump_python(thread.links, mode="json"),
            "resolved_by": thread.resolved_by,
            "resolved_at": thread.resolved_at,
            "attached": thread.attached,
            "looked": thread.looked,
            "unread": INPUTS.dump_python(thread.unread, mode="json"),
            "told": sorted(thread.told),
            "barred": thread.barred,
            "recalled": thread.recalled,
            "judged_wrong": thread.judged_wrong,
            "held": thread.held,
        }
    )


def read_state(thread: Thread, text: str) -> None:
    """Give a thread what was stored of it; what cannot be read is as if it never was."""
    try:
        row: dict[str, Any] = json.loads(text)
        thread.links = LINKS.validate_python(row.get("links") or ())
        thread.unread = INPUTS.validate_python(row.get("unread") or ())
        attached = row.get("attached")
        thread.attached = (str(attached[0]), str(attached[1])) if attached else None
    except (ValueError, TypeError, LookupError, AttributeError):
        log.error("What a thread knew cannot be read")
        return
    thread.resolved_by = row.get("resolved_by")
    thread.resolved_at = row.get("resolved_at") or ""
    thread.looked = tuple(row.get("looked") or ())
    thread.told = set(row.get("told") or ())
    thread.barred = row.get("barred")
    thread.recalled = bool(row.get("recalled"))
    thread.judged_wrong = row.get("judged_wrong")
    thread.held = row.get("held")


def read_evidence(row: Any) -> Evidence | None:
    """Return what one message gave; None where what is stored cannot be read."""
    try:
        files = json.loads(row.files)
        found = tuple(file for file in files if isinstance(file, dict))
    except (ValueError, TypeError):
        log.error("The files of a message cannot be read")
        return None
    return Evidence(
        text=row.text, files=found, edited=row.edited, permalink=row.permalink, server=row.server
    )
