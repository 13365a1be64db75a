"""Times as logs and alerts write them; an unknown order of day and month stays unknown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from bot.model import Stamp

# English as SMS writes it, and the abbreviations other languages of Windows use.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv ene gen",
            "feb fév fevr févr",
            "mar mär mrz mars",
            "apr avr abr",
            "may mai mag maj",
            "jun juin giu",
            "jul juil lug",
            "aug aoû août ago",
            "sep sept set",
            "oct okt ott",
            "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = (
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d))?(?:[.,](?P<f>\d{1,9}))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:]))?"
_LOG = re.compile(
    r"(?P<name>[^\W\d_]{3,5})\.?\s*(?P<d>\d{1,2})\s+" + _CLOCK + r"\s+(?P<y>\d{4})", re.IGNORECASE
)
# The same with its blanks lost: the day has two digits when the hour would be none otherwise.
_LOG_SQUEEZED = re.compile(
    r"[^\W\d_]{2,4}?(?P<name>[^\W\d_]{3})(?P<d>\d{1,2})"
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?:\.(?P<f>\d{3}))?(?P<half>)(?P<y>\d{4})"
)
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})[-./](?P<a>\d{1,2})[-./](?P<b>\d{1,2})(?:[T\s,]+(?:at\s+)?"
    + _CLOCK
    + _ZONE
    + ")?"
)
_NAMED = re.compile(
    r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?[-.\s]+(?P<name>[^\W\d_]{3,9})|(?P<name2>[^\W\d_]{3,9})\.?\s+(?P<d2>\d{1,2}))"
    r"[-,.\s]+(?P<y>\d{4}|\d\d)(?!\d)(?:[,\s]+(?:at\s+)?" + _CLOCK + _ZONE + ")?"
)
_NUMBERS = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<sep>[-./])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|\d\d)(?!\d)"
    r"(?:[,\s]+(?:at\s+)?" + _CLOCK + _ZONE + ")?"
)
_CLOCK_ALONE = re.compile(_CLOCK)
_CENTURY_TURNS = 70  # two-digit years: 70-99 are of the 1900s
_MONTH_COUNT = 12


def log_moment(text: str) -> Stamp | None:
    """Read `Thu Sep 10 09:55:37 1998` or `Fri Oct 15 17:09:46.677 1999 Pacific Daylight Time`.

    The text may hold a line break anywhere; a zone that is only named gives no offset.
    """
    for candidate in (" ".join(text.split()), re.sub(r"\s*\n\s*", "", text)):
        if match := _LOG.search(candidate):
            return _stamp(match, _MONTHS.get(match["name"].casefold()), match["d"])
    if match := _LOG_SQUEEZED.match("".join(text.split())):
        return _stamp(match, _MONTHS.get(match["name"].casefold()), match["d"])
    return None


def biased_moment(date: str, time: str, bias: str | None) -> Stamp | None:
    """Read ConfigMgr's `MM-DD-YYYY` and `HH:MM:SS.mmm`; the bias is Windows': -60 is UTC+1."""
    day = re.fullmatch(r"(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4})", "".join(date.split()))
    clock = _CLOCK_ALONE.fullmatch("".join(time.split()))
    if not (day and clock):
        return None
    stamp = _combined(int(day["y"]), int(day["a"]), int(day["b"]), clock)
    if stamp is None or not bias:
        return stamp
    zone = timezone(timedelta(minutes=-int(bias)))
    return Stamp(value=stamp.value.replace(tzinfo=zone), milliseconds=stamp.milliseconds)


def moments(text: str, clock: str | None = None) -> tuple[Stamp, ...]:
    """Read a date and its time (or that in `clock`); two answers where the order is unknown."""
    text = " ".join(text.split())
    beside = _CLOCK_ALONE.search(clock) if clock else None
    if match := _YEAR_FIRST.search(text):
        days = [(int(match["a"]), int(match["b"]))]
    elif match := _NAMED.search(text):
        name = (match["name"] or match["name2"]).casefold()
        month = _MONTHS.get(name) or _MONTHS.get(name[:3]) or 0
        days = [(month, int(match["d"] or match["d2"]))]
    elif match := _NUMBERS.search(text):
        days = _orders(int(match["a"]), int(match["b"]), match["sep"])
    else:
        return ()
    timed = match if match["h"] else beside or _CLOCK_ALONE.search(text[: match.start()])
    if timed is None:
        return ()
    year = _full_year(match["y"])
    found = [_combined(year, month, day, timed) for month, day in days]
    return tuple(dict.fromkeys(stamp for stamp in found if stamp))


def _orders(first: int, second: int, separator: str) -> list[tuple[int, int]]:
    """Return the (month, day) pairs that two numbers can mean: dots are always day first."""
    if separator == "." or first > _MONTH_COUNT:
        return [(second, first)]
    if second > _MONTH_COUNT or first == second:
        return [(first, second)]
    return [(first, second), (second, first)]


def _full_year(written: str) -> int:
    year = int(written)
    if len(written) > 2:
        return year
    return year + (1900 if year >= _CENTURY_TURNS else 2000)


def _stamp(match: re.Match[str], month: int | None, day: str) -> Stamp | None:
    return _combined(int(match["y"]), month or 0, int(day), match)


def _combined(year: int, month: int, day: int, clock: re.Match[str]) -> Stamp | None:
    hour = int(clock["h"])
    if half := clock["half"]:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    fraction = clock["f"]
    try:
        value = datetime(
            year,
            month,
            day,
            hour,
            int(clock["m"]),
            int(clock["s"] or 0),
            int(fraction[:6].ljust(6, "0")) if fraction else 0,
            tzinfo=_zone(clock),
        )
    except ValueError:
        return None
    return Stamp(value=value, milliseconds=bool(fraction))


def _zone(clock: re.Match[str]) -> timezone | None:
    written = clock.groupdict().get("zone")
    if not written:
        return None
    if written[0] not in "+-":
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))
