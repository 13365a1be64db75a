"""The sentence of event 109: whom it names, and whether its figures are given, blank or cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.model import Figures
from bot.reading.page import Page
from bot.reading.paths import named, package_id, place

_PLACE = r"(?:on(?:the)?packageserver|available(?:onthatserver)?|onthatserver)"
_NOT_ENOUGH = r"thereis(?:n.?t|not)sufficientdiskspace"
_SENTENCE = re.compile(
    rf"failedtoinstallpackage\.(?:{_NOT_ENOUGH}{_PLACE}?|th(?=e|\b|\W))|{_NOT_ENOUGH}{_PLACE}"
)
_AVAILABLE = re.compile(r"diskspaceavailableonthatserveris", re.IGNORECASE)
_FIGURES = re.compile(
    r"(?P<available>.{0,24}?)megabytes[,;.]?spacerequiredis(?P<required>.{0,24}?)megabytes",
    re.IGNORECASE,
)
_REACH = 600  # squeezed characters from the beginning of the sentence to its figures
_NAME = r"(?:<(?!/|Data\b)[^<>\n]{1,64}>|[^\s\\/,;\"'|<>]+)"
_UNC = re.compile(rf"(?:\\{{1,2}}|//){_NAME}(?:[\\/]+{_NAME})*")
_CUT_NAME = 60  # characters of a cut name that are looked at
_GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+")
_BREAKS = re.compile(r"(?<!\s)[ \t]*\n\s*")

BLANK = Figures(state="blank")
PLACEHOLDER = Figures(state="unknown")
CUT = Figures(state="unknown", cut=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The server, share and package that event 109 names; None where it names none."""

    server: str | None = None
    share: str | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """The sentence as found; offsets are of the page's text."""

    start: int
    end: int
    target: Target
    figures: Figures


def sentences(page: Page) -> Iterator[Sentence]:
    """Yield each sentence of event 109 in a page, also where it was cut."""
    squeezed = page.squeezed
    for match in _SENTENCE.finditer(squeezed.folded):
        begin = match.end()
        following = _SENTENCE.search(squeezed.folded, begin, begin + _REACH)
        ceiling = min(begin + _REACH, following.start() if following else len(squeezed.text))
        available = _AVAILABLE.search(squeezed.text, begin, ceiling)
        text_begin = squeezed.end_origin(begin)
        if available is None:
            end, target, figures = _cut(page, text_begin)
        else:
            name = page.text[text_begin : squeezed.origin(available.start())]
            target = _target(_BREAKS.sub("", name), whole=True)
            end, figures = _figures(page, available.end())
        yield Sentence(
            start=squeezed.origin(match.start()), end=end, target=target, figures=figures
        )


def bare_target(text: str) -> Target:
    """Find a UNC name by its shape among insertion strings whose order is unknown."""
    found = [_target(match[0], whole=True) for match in _UNC.finditer(text)]
    return next((target for target in found if target.package), found[0] if found else Target())


def _figures(page: Page, begin: int) -> tuple[int, Figures]:
    match = _FIGURES.match(page.squeezed.text, begin, begin + _REACH)
    if match is None:
        return page.squeezed.end_origin(begin), CUT
    end = page.squeezed.end_origin(match.end())
    written = (match["available"], match["required"])
    if written == ("", ""):
        return end, BLANK
    available, required = (_megabytes(text) for text in written)
    if available is None or required is None:
        return end, PLACEHOLDER
    return end, Figures(state="given", available_mb=available, required_mb=required)


def _megabytes(written: str) -> int | float | None:
    """Read a figure whose thousands a comma, a point, an apostrophe or a blank may divide."""
    if _GROUPED.fullmatch(written):
        return int(re.sub(r"\D", "", written))
    written = written.replace(",", ".")
    if not re.fullmatch(r"\d{1,15}(?:\.\d{1,6})?", written):
        return None
    return float(written) if "." in written else int(written)


def _cut(page: Page, begin: int) -> tuple[int, Target, Figures]:
    """Read what is left of a name when the sentence ends before its figures."""
    rest = page.text[begin : begin + _CUT_NAME * 4]
    match = re.match(r"\s*" + _UNC.pattern, rest)
    if match is None:
        return begin, Target(), CUT
    return begin + match.end(), _target(match[0].strip(), whole=False), CUT


def _target(name: str, *, whole: bool) -> Target:
    """Read `\\\\server\\share\\package`; of a cut name only the parts that are surely complete."""
    name = name.strip().strip("\"'`*").replace("/", "\\").strip()
    name = name.rstrip(" .…,:;")
    if not name.startswith("\\"):
        plain = named(name) if whole else None
        return Target(
            server=plain if plain and re.fullmatch(r"[\w-]{2,63}(\.[\w-]+)*", plain) else None
        )
    name = "\\\\" + re.sub(r"\\+", r"\\", name).lstrip("\\")
    if not whole:
        last = name.rpartition("\\")[2]
        if not package_id(last):
            name = name[: len(name) - len(last)]
    found = place(name)
    return Target(
        server=found.server if name.count("\\") > 2 or whole else None,
        share=found.share,
        package=found.package,
    )
