"""The causes Despool can name, and how their words are fitted to one finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.knowledge.retry import Retry
from bot.model import Advice, Certainty, Finding, Kind

# What stands where a finding does not know the value: in a sentence, and in a `command`.
FALLBACKS: Mapping[str, tuple[str, str]] = {
    "server": ("the distribution server", "SERVER"),
    "share": ("the package share", "SHARE"),
    "package": ("the package", "PACKAGE"),
    "file": ("the file in question", "FILE"),
    "name": ("the file", "FILE"),
    "folder": ("the package folder", r"\\SERVER\SHARE\PACKAGE"),
    "error": ("the Windows error in the log", "ERROR"),
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")

# A value from a log enters a command only when neither a shell nor the program can read it as
# anything but a name, such as a variable or an option: people copy commands, and whoever writes a
# log chooses its file names.
_PLAIN = re.compile(r"(?!-|.* -|.*\$[\w({])[\w .$\\:#@~+,()\-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is said about the findings of one rule; the texts of `advice` hold placeholders."""

    rule: str
    kind: Kind
    title: str
    summary: str
    article: str | None
    sources: tuple[str, ...]
    advice: tuple[Advice, ...]
    retries: bool = False  # the despooler of SMS 1.x goes on trying by its own clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything that is known about causes, errors and retries, as checked data."""

    causes: Mapping[str, Cause]  # by rule
    win32: Mapping[int, str]
    certainty: Mapping[Kind, Mapping[Certainty, str]]
    retry: Retry

    def advise(self, finding: Finding) -> tuple[Advice, ...]:
        """Return the steps of the finding's cause with its server, share, package and file in them.

        Values from logs stand in the texts as they are: whoever shows them must escape them.
        """
        values = self._values(finding)
        steps = self.causes[finding.rule].advice
        return tuple(replace(step, text=_fill(step.text, values)) for step in steps)

    def error(self, code: int) -> str:
        """Return a Win32 error code with its meaning in words, where the meaning is known."""
        words = self.win32.get(code)
        return f"Win32 error {code} ({words})" if words else f"Win32 error {code}"

    def reason(self, finding: Finding) -> str:
        """Return why the finding is as sure as it says, in a sentence without its full stop."""
        words = self.certainty[finding.kind][finding.certainty]
        missing = _missing(finding)
        return f"{words} (not known: {', '.join(missing)})" if missing else words

    def _values(self, finding: Finding) -> dict[str, str]:
        path = _path(finding)
        values = {
            "server": finding.server,
            "share": finding.share,
            "package": finding.package,
            "file": path,
            "name": path.rpartition("\\")[2] if path else None,
            "folder": _folder(finding, path),
            "error": self._error_of(finding),
        }
        return {name: value for name, value in values.items() if value}

    def _error_of(self, finding: Finding) -> str | None:
        codes = [finding.win32_error, *(failure.win32_error for failure in finding.failed)]
        return next((self.error(code) for code in codes if code is not None), None)


def _path(finding: Finding) -> str | None:
    if finding.files:
        return finding.files[0]
    return next((failure.path for failure in finding.failed if failure.path), None)


def _folder(finding: Finding, path: str | None) -> str | None:
    """Return where to look: a UNC path if there is one, for a drive is known to one server only."""
    parent = _parent(path, finding.package) if path else None
    if parent and parent.startswith("\\\\"):
        return parent
    if finding.server and finding.share and finding.package:
        return f"\\\\{finding.server}\\{finding.share}\\{finding.package}"
    return parent


def _parent(path: str, package: str | None) -> str | None:
    parts = path.split("\\")[:-1]
    names = [part.casefold() for part in parts]
    if package and package.casefold() in names:
        parts = parts[: names.index(package.casefold()) + 1]
    parent = "\\".join(parts)
    return f"{parent}\\" if parent.endswith(":") else parent or None


def _missing(finding: Finding) -> list[str]:
    if finding.certainty != "likely" or finding.kind == "event-only":
        return []
    known = {"package": finding.package, "server": finding.server, "time": finding.at}
    return [name for name, value in known.items() if value is None]


def _fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a text; every second piece between backticks is a command."""
    pieces = text.split("`")
    return "`".join(
        _fill_piece(piece, values, index % 2 == 1) for index, piece in enumerate(pieces)
    )


def _fill_piece(piece: str, values: Mapping[str, str], command: bool) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = values.get(name)
        if found is None or (command and not _PLAIN.fullmatch(found)):
            return FALLBACKS[name][command]
        return found

    return PLACEHOLDER.sub(value, piece)
