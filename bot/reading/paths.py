"""Paths inside damaged text, and what a path says: server, share and package ID."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

# A drive letter ("$" where SMS forgot to put one, Q191307) or a UNC name.
PATH_START = r"(?:(?<![A-Za-z0-9])[A-Za-z$]\n?:\n?[\\/]|\\\n?\\(?=\n?[^\\\s]))"
_BREAK = re.compile(r"(?<!\s)[ \t]*\n\s*|(?<=^)\s*\n\s*")
_EDGE_BEFORE = " \t\n'\"`*~([{"
_EDGE_AFTER = " \t\n'\"`*~,.;:"
_CLOSING = {")": "(", "]": "[", "}": "{"}
_MAX_BREAKS = 5  # more breaks inside one path are joined by the first guess
_PACKAGE = re.compile(r"(?:W_)?([A-Z0-9]{3}[0-9A-F]{5})", re.IGNORECASE)
_ROOT = re.compile(r"\\(?:SMS_PKG|SMSPKG)[A-Z]?\$?(?:\\|$)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<[^<>]*>")
_DOUBLED_DRIVE = re.compile(r"[A-Za-z$]:\\\\")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a path points: its server and share when it is a UNC name, and its package."""

    server: str | None = None
    share: str | None = None
    package: str | None = None


def place(path: str) -> Place:
    """Read server, share and package ID from a path; placeholders and bad shapes are None."""
    parts = [part.strip() for part in re.split(r"[\\/]+", path)]
    if re.match(r"\\{1,2}[^\\]", path):
        server, share, inner = parts[1], parts[2] if len(parts) > 2 else "", parts[3:]
    else:
        server, share, inner = "", "", parts[1:]
    found = next((package for part in inner if (package := package_id(part))), None)
    return Place(server=named(server), share=named(share), package=found)


def named(text: str) -> str | None:
    """Return the text unless it is empty or only stands for a name, as in `<Server>`."""
    text = text.strip(" .\t\n")
    return None if not text or "<" in text or ">" in text else text


def package_id(part: str) -> str | None:
    """Return the package ID that a whole path part is, in upper case, or None.

    Eight characters: the three of the site and five hexadecimal digits, one of them a figure.
    """
    match = _PACKAGE.fullmatch(part.strip())
    if match is None or not any(letter.isdigit() for letter in match[1][3:]):
        return None
    return match[1].upper()


def readings(text: str, *, hard: bool) -> Iterator[str]:
    """Yield what a path broken over lines may have been, the likeliest first.

    A break stands for a blank where mail wrapped, for nothing where a terminal did (`hard`),
    where a backslash is next to it, and where mail marked it.
    """
    if "\n" not in text:
        yield tidy(text)
        return
    pieces = _BREAK.split(text)
    breaks = _BREAK.findall(text)
    choices: list[tuple[str, ...]] = []
    for index, gap in enumerate(breaks):
        beside = pieces[index][-1:] in ("\\", ":") or pieces[index + 1][:1] in ("\\", ":")
        if gap[0] in " \t":
            choices.append((" ", ""))
        elif beside or hard:
            choices.append(("", " "))
        else:
            choices.append((" ", ""))
    if len(choices) > _MAX_BREAKS:
        choices = [options[:1] for options in choices]
    found = [
        tidy("".join(itertools.chain.from_iterable(zip(pieces, (*glue, ""), strict=True))))
        for glue in itertools.product(*choices)
    ]
    # A break inside a package ID or a package root is no blank: only whole they have their shape.
    yield from sorted(found, key=_strangeness)


def _strangeness(path: str) -> tuple[bool, bool]:
    return place(path).package is None, _ROOT.search(path) is None


def tidy(text: str) -> str:
    """Trim what clings to a path from outside, and halve backslashes that JSON doubled."""
    path = text.lstrip(_EDGE_BEFORE).rstrip(_EDGE_AFTER)
    while path and path.count(path[-1]) > path.count(_CLOSING.get(path[-1], path[-1])):
        path = path[:-1].rstrip(_EDGE_AFTER)
    if _PLACEHOLDER.fullmatch(path):
        return ""
    runs = re.findall(r"\\+", path)
    while runs and _doubled(path, runs):
        path = re.sub(r"\\\\", r"\\", path)
        runs = re.findall(r"\\+", path)
    return path


def _doubled(path: str, runs: list[str]) -> bool:
    if any(len(run) % 2 for run in runs):
        return False
    return bool(_DOUBLED_DRIVE.match(path)) or len(runs[0]) >= 4


def tail(path: str) -> str:
    """Return the last part of a path, for comparing without case."""
    return re.split(r"[\\/]", path)[-1].casefold()
