"""The causes Despool can name, and how their words are fitted to one finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.knowledge.retry import Retry
from bot.model import Advice, Certainty, Finding, Kind
from bot.rules import DISK_FULL

# What stands where a finding does not know the value: in a sentence, and in a `command`, where
# angle brackets show that it is no name but stands for one.
FALLBACKS: Mapping[str, tuple[str, str]] = {
    "server": ("the distribution server", "<server>"),
    "share": ("the package share", "<share>"),
    "package": ("the package", "<package>"),
    "file": ("the file in question", "<file>"),
    "name": ("the file", "<file>"),
    "folder": ("the package folder", r"\\<server>\<share>\<package>"),
}
PLACEHOLDER = re.compile(r"\{(\w+)\}")

# A value from a log enters a command only when neither a shell nor the program can read it as
# anything but a name, such as a variable or an option: people copy commands, and whoever writes a
# log chooses its file names.
_PLAIN = re.compile(r"(?!-|.* -|.*\$[\w({])[\w .$\\:#@~+,()\-]+")


def is_full_too(finding: Finding) -> bool:
    """Tell whether a copy failed for want of space, whatever else failed."""
    return any(failure.win32_error in DISK_FULL for failure in finding.failed)


# When a step is given, where that is not always.
CONDITIONS: Mapping[str, Callable[[Finding], bool]] = {"disk-full": is_full_too}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a cause; the text of `advice` holds placeholders."""

    advice: Advice
    stage: str
    lead: str  # the word that says what kind of step it is, such as Look or Ask
    when: str | None = None  # a name of CONDITIONS; a step without one is always given

    def applies(self, finding: Finding) -> bool:
        """Tell whether the step is given for this finding."""
        return self.when is None or CONDITIONS[self.when](finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is said about the findings of one rule."""

    rule: str
    kind: Kind
    title: str
    summary: str
    article: str | None
    sources: tuple[str, ...]
    steps: tuple[Step, ...]
    retries: bool = False  # the despooler of SMS 1.x goes on trying by its own clock

    @property
    def advice(self) -> tuple[Advice, ...]:
        """Return the steps as they are given when every condition holds."""
        return tuple(step.advice for step in self.steps)


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
        given = (step.advice for step in self.steps(finding) if step.applies(finding))
        return tuple(replace(advice, text=_fill(advice.text, values)) for advice in given)

    def steps(self, finding: Finding) -> tuple[Step, ...]:
        """Return every step of the finding's cause; none for a rule that has no cause."""
        cause = self.causes.get(finding.rule)
        return cause.steps if cause else ()

    def error(self, code: int) -> str:
        """Return a Win32 error code with its meaning in words, where the meaning is known."""
        words = self.win32.get(code)
        return f"Win32 error {code} ({words})" if words else f"Win32 error {code}"

    def short_error(self, code: int) -> str:
        """Return the meaning of a Win32 error code in a few words; empty where it is not known."""
        return self.win32.get(code, "").partition(":")[0]

    def reason(self, finding: Finding) -> str:
        """Return why the finding is as sure as it says, in a sentence without its full stop."""
        words = self.certainty[finding.kind][finding.certainty]
        missing = _missing(finding)
        return f"{words} (not known: {', '.join(missing)})" if missing else words

    def _values(self, finding: Finding) -> dict[str, str]:
        path = path_of(finding)
        values = {
            "server": finding.server,
            "share": finding.share,
            "package": finding.package,
            "file": path,
            "name": path.rpartition("\\")[2] if path else None,
            "folder": _folder(finding, path),
        }
        return {name: value for name, value in values.items() if value}


def path_of(finding: Finding) -> str | None:
    """Return the path that the verdict is about: of a full disk, what found no room on it."""
    failed = [failure for failure in finding.failed if failure.path]
    others = [failure.path for failure in failed]
    if finding.kind == "disk-space":
        full = [failure.path for failure in failed if failure.win32_error in DISK_FULL]
        return next(iter([*full, *finding.files, *others]), None)
    return next(iter([*finding.files, *others]), None)


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
    missing = [name for name, value in known.items() if value is None]
    if not missing and finding.rule == "unread-109-with-lock":
        return ["the figures of the event"]
    # each is known, but only from the event or only from the log
    return missing or ["whether event and log agree in server and time"]


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
