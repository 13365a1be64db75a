"""The nouns that all of Despool shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["false-disk-space", "disk-space", "lock-only", "other-error", "event-only"]
Certainty = Literal["proved", "likely", "unknown"]

EVIDENCE_TEXT_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Original lines of an input, as decoded."""

    source: str  # the input's name as given
    line: int  # 1-based, where the entry begins; the record number in event files
    text: str  # at most EVIDENCE_TEXT_LIMIT characters

    def as_json(self) -> dict[str, Any]:
        """Return the `evidence` element of the JSON contract."""
        return {"source": self.source, "line": self.line, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time as a log wrote it: wall clock, with an offset only where the log gave one."""

    value: datetime
    milliseconds: bool = False  # whether the log wrote a fraction

    def __str__(self) -> str:
        return self.value.isoformat(timespec="milliseconds" if self.milliseconds else "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One entry of a component log that reports a file operation, whatever it was pasted from."""

    quote: Quote
    order: int  # position in the whole body of evidence, for entries without a time
    path: str | None  # the destination; for an open, the path that could not be opened
    source_path: str | None = None
    operation: str  # "copy", "open", "decompress", …
    win32_error: int | None = None  # never the same field as an event id: both have a 32
    succeeded: bool = False  # "…, OK"
    at: Stamp | None = None
    thread: str | None = None  # as written: hexadecimal in SMS 1.x, decimal later
    component: str | None = None
    clue: str | None = None  # a knowledge rule this wording belongs to, where the wording tells
    package: str | None = None  # upper case
    server: str | None = None
    share: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What event 109 says about space, in megabytes."""

    state: Literal["blank", "given", "unknown"]  # unknown: cut, or bare insertion strings
    available_mb: float | int | None = None
    required_mb: float | int | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One event 109 of SMS, whatever container it came in."""

    quote: Quote
    order: int
    figures: Figures
    at: tuple[Stamp, ...] = ()  # more than one where day and month could be either way round
    component: str | None = None
    computer: str | None = None
    server: str | None = None
    share: str | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One step for the reader, in the safe order."""

    id: str
    text: str
    warning: bool = False  # the step can do harm; its text says which

    def as_json(self) -> dict[str, Any]:
        """Return the `advice` element of the JSON contract."""
        return {"id": self.id, "text": self.text, "warning": self.warning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A file operation that failed for another reason than a lock."""

    path: str | None
    win32_error: int

    def as_json(self) -> dict[str, Any]:
        """Return the `failed` element of the JSON contract."""
        return {"path": self.path, "win32_error": self.win32_error}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One verdict about one package (or one file where no package is known)."""

    kind: Kind
    certainty: Certainty
    rule: str
    server: str | None = None
    share: str | None = None
    package: str | None = None
    files: tuple[str, ...] = ()  # destinations of locked files, each once
    failed: tuple[Failure, ...] = ()
    win32_error: int | None = None
    thread: str | None = None
    at: Stamp | None = None
    resolved: bool = False
    component: str | None = None
    article: str | None = None
    evidence: tuple[Quote, ...] = ()
    advice: tuple[Advice, ...] = ()
    available_mb: float | int | None = None
    required_mb: float | int | None = None
    contradiction: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the `findings` element of the JSON contract."""
        row: dict[str, Any] = {
            "kind": self.kind,
            "certainty": self.certainty,
            "server": self.server,
            "share": self.share,
            "package": self.package,
            "files": list(self.files),
            "failed": [failure.as_json() for failure in self.failed],
            "win32_error": self.win32_error,
            "thread": self.thread,
            "at": str(self.at) if self.at else None,
            "resolved": self.resolved,
            "component": self.component,
            "rule": self.rule,
            "article": self.article,
            "evidence": [quote.as_json() for quote in self.evidence],
            "advice": [step.as_json() for step in self.advice],
        }
        if self.kind == "disk-space":
            row["available_mb"] = self.available_mb
            row["required_mb"] = self.required_mb
            row["contradiction"] = self.contradiction
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What became of one input."""

    name: str
    bytes: int = 0
    lines: int = 0
    encoding: str | None = None  # Python's codec name; None for event files
    error: str | None = None  # one sentence for the reader, when it could not be read

    def as_json(self) -> dict[str, Any]:
        """Return the `inputs` element of the JSON contract."""
        row: dict[str, Any] = {
            "name": self.name,
            "bytes": self.bytes,
            "lines": self.lines,
            "encoding": self.encoding,
        }
        if self.error is not None:
            row["error"] = self.error
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer to one body of evidence."""

    inputs: tuple[Input, ...] = field(default=())
    findings: tuple[Finding, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the object of `despool explain --json`."""
        return {
            "version": 1,
            "inputs": [item.as_json() for item in self.inputs],
            "findings": [finding.as_json() for finding in self.findings],
        }
