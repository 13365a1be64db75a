"""The log of an incident in every grammar SMS and Configuration Manager ever wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, timezone

from .incident import Entry

_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, kw_only=True)
class Log:
    """One grammar of log entries and what of an entry it keeps."""

    name: str
    entry: Callable[[Entry], str]
    precise: bool = True  # writes milliseconds
    west: int | None = None  # the minutes to add for UTC, where the grammar writes them
    clock: bool = True
    clock_readable: bool = True  # False: a form the specification does not promise to date
    thread: Callable[[int], str] | None = str
    component: bool = True

    def moment(self, entry: Entry) -> str:
        """The entry's time as the contract's `at`."""
        at = entry.at if self.precise else entry.at.replace(microsecond=0)
        if self.west is not None:
            at = at.replace(tzinfo=timezone(timedelta(minutes=-self.west)))
        return at.isoformat()


def _weekday(entry: Entry) -> str:
    return f"{_DAYS[entry.at.weekday()]} {_MONTHS[entry.at.month - 1]}"


def _milli(entry: Entry) -> str:
    return f"{entry.at.microsecond // 1000:03}"


def _hex(thread: int) -> str:
    return f"{thread:X}"


def sms_1(start: str, end: str) -> Callable[[Entry], str]:
    """SMS 1.x, with its tildes where a site has them."""

    def entry(entry: Entry) -> str:
        return (
            f"{start}{entry.words}{end}<{entry.component}><{_weekday(entry)} "
            f"{entry.at:%d %H:%M:%S %Y}~><thread={entry.thread:X}>"
        )

    return entry


def sms_2(
    zone: str, *, padded: bool = True, mark: str = "$$<", close: str = "><"
) -> Callable[[Entry], str]:
    """SMS 2.0 and 2003, with one zone name or none."""

    def entry(entry: Entry) -> str:
        at = entry.at
        day = f"{at:%d %H}" if padded else f"{at.day} {at.hour}"
        return (
            f"{entry.words}~  {mark}{entry.component}><{_weekday(entry)} {day}:{at:%M:%S}."
            f"{_milli(entry)} {at.year}{zone}{close}thread={entry.thread} (0x{entry.thread:X})>"
        )

    return entry


def configmgr(bias: str) -> Callable[[Entry], str]:
    """Configuration Manager's server logs with their bias."""

    def entry(entry: Entry) -> str:
        return (
            f"~{entry.words}  $$<{entry.component}><{entry.at:%m-%d-%Y %H:%M:%S}.{_milli(entry)}"
            f"{bias}><thread={entry.thread} (0x{entry.thread:X})>"
        )

    return entry


def cmtrace(bias: str, tail: str = "") -> Callable[[Entry], str]:
    """The format of clients and newer servers."""

    def entry(entry: Entry) -> str:
        return (
            f'<![LOG[{entry.words}{tail}]LOG]!><time="{entry.at:%H:%M:%S}.{_milli(entry)}{bias}" '
            f'date="{entry.at:%m-%d-%Y}" component="{entry.component}" context="" type="3" '
            f'thread="{entry.thread}" file="despool.cpp:1626">'
        )

    return entry


def cmtrace_by_hand(entry: Entry) -> str:
    """The same from a script that pads nothing and knows no bias."""
    return (
        f'<![LOG[{entry.words}]LOG]!><time="{entry.at:%H:%M:%S}.{_milli(entry)}" '
        f'date="{entry.at.month}-{entry.at.day}-{entry.at.year}" component="{entry.component}" '
        f'context="" type="3" thread="{entry.thread}" file="">'
    )


def clipboard(date: str, gap: str) -> Callable[[Entry], str]:
    """The viewer's clipboard: text, component, time, thread."""

    def entry(entry: Entry) -> str:
        return (
            f"{entry.words}{gap}{entry.component}{gap}{entry.at.strftime(date)}{gap}"
            f"{entry.thread} (0x{entry.thread:04X})"
        )

    return entry


def clipboard_first(entry: Entry) -> str:
    """The other clipboard: component and thread before the text, no time."""
    return f"{entry.component} {entry.thread} (0x{entry.thread:x}) {entry.words}"


def unstamped(entry: Entry) -> str:
    """The text alone."""
    return f"~{entry.words}"


def time_below(entry: Entry) -> str:
    """The text with the viewer's time on a line of its own."""
    return f"{entry.words}\n{entry.at.month}/{entry.at:%d/%y} {entry.at:%I:%M:%S %p}"


def status(entry: Entry) -> str:
    """A status message beside the log's entries: it says nothing of the incident."""
    return (
        f'STATMSG: ID=2376 SEV=I LEV=M SOURCE="SMS Server" COMP="{entry.component}" '
        f"SYS=SITE1 SITE=DOG PID=1840 TID={entry.thread} GMTDATE={_weekday(entry)} "
        f"{entry.at:%d %H:%M:%S}.{_milli(entry)} {entry.at.year} "
        'ISTR0="DOG00032" ISTR1="" ISTR2="" NUMATTRS=0'
    )


_PACIFIC = " Pacific Daylight Time"

LOGS: tuple[Log, ...] = (
    Log(name="SMS 1.x", entry=sms_1("~", "  $$"), precise=False, thread=_hex),
    Log(name="SMS 1.x, tilde last", entry=sms_1("", "~   $$"), precise=False, thread=_hex),
    Log(name="SMS 2.0", entry=sms_2(_PACIFIC)),
    Log(name="SMS 2.0, GMT", entry=sms_2(" GMT Daylight Time")),
    Log(name="SMS 2.0, no zone", entry=sms_2("")),
    Log(name="SMS 2.0, dotted zone", entry=sms_2(" W. Europe Standard Time", padded=False)),
    Log(name="SMS 2.0, one dollar", entry=sms_2(_PACIFIC, mark="$<")),
    Log(name="SMS 2.0, doubled bracket", entry=sms_2(_PACIFIC, close=">>")),
    Log(name="ConfigMgr, east", entry=configmgr("-60"), west=-60),
    Log(name="ConfigMgr, west", entry=configmgr("+300"), west=300),
    Log(name="CMTrace", entry=cmtrace("+420"), west=420),
    Log(name="CMTrace, two lines", entry=cmtrace("-120", "\n"), west=-120),
    Log(name="CMTrace by hand", entry=cmtrace_by_hand),
    Log(name="clipboard with tabs", entry=clipboard("%d.%m.%Y %H:%M:%S", "\t"), precise=False),
    Log(name="clipboard with blanks", entry=clipboard("%m/%d/%Y %I:%M:%S %p", " "), precise=False),
    Log(name="clipboard, thread first", entry=clipboard_first, clock=False),
    Log(name="no stamp", entry=unstamped, clock=False, thread=None, component=False),
    Log(
        name="time on its own line",
        entry=time_below,
        precise=False,
        clock_readable=False,
        thread=None,
        component=False,
    ),
)
