"""The formats Despool reads, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from bot.reading.containers import Container
from bot.reading.formats import (
    alertmanager,
    bare_sentence,
    cmtrace,
    configmgr,
    dumpel,
    event_viewer,
    event_viewer_nt,
    event_xml,
    get_eventlog,
    get_winevent,
    log_parser,
    missing_dll,
    nsclient,
    prtg,
    scom,
    sms1,
    sms2,
    sms_note,
    sms_preamble,
    splunk,
    statmsg,
    unstamped,
    viewer,
    wevtutil,
    winlogbeat,
    zabbix,
)
from bot.reading.page import Page
from bot.reading.stamps import Frame


class LogFormat(Protocol):
    """A module that reads what surrounds a statement in one kind of log."""

    NAME: str

    def frame(self, page: Page, start: int, end: int) -> Frame | None:
        """Return the frame of the statement from `start` to `end`, or None in other formats."""
        ...


class EventFormat(Protocol):
    """A module that finds events in one kind of container."""

    NAME: str
    HINTS: tuple[str, ...]  # one of these, without blanks and in small letters, is in any such text

    def containers(self, page: Page) -> Iterator[Container]:
        """Yield the containers of a page."""
        ...


LOG_FORMATS: tuple[LogFormat, ...] = (cmtrace, configmgr, sms2, sms1, statmsg, viewer, unstamped)
EVENT_FORMATS: tuple[EventFormat, ...] = (
    event_xml,
    winlogbeat,
    wevtutil,
    event_viewer_nt,
    event_viewer,
    get_winevent,
    get_eventlog,
    splunk,
    scom,
    log_parser,
    dumpel,
    nsclient,
    zabbix,
    prtg,
    alertmanager,
    missing_dll,
    sms_note,
    sms_preamble,
    bare_sentence,
)
FORMATS = (*LOG_FORMATS, *EVENT_FORMATS)

# What makes a line worth a close look; a longer text is read only around these.
MARKS = (
    r"win32",
    r"error \d{1,5}:",
    r"sharing\s{1,8}violation",
    r"0x8007[0-9a-f]{4}",
    r"space\s{1,8}on\s{1,8}the\s{1,8}disk",
    r"being\s{1,8}used\s{1,8}by",
    r"sufficient\s{1,8}disk",
    r"disk\s{1,8}space\s{1,8}available\s{1,8}on",
    r"space\s{1,8}required\s{1,8}is",
    r"event\s{0,2}(id|code|number|displaynumber)\W{0,12}109\W",
    r"event_?id\W[^\n<>]{0,40}[:>]\W{0,4}109\W",
    r"\"code\"\W{1,8}109\W",
    r"[^0-9.:/a-z_-]109[\s,;|\"]{1,8}[^\n]{0,60}sms",
    r"[^0-9](3221225581|2147483757|1073741933)[^0-9]",
)
# A line that holds its own stamp is an entry by itself, and needs few lines around it.
WHOLE_ENTRY = r"\$\$<[^<>\n]{1,64}><[^<>\n]{10,90}><thread=|\]LOG\]!>"
