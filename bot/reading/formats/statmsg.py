"""Status messages in a log: `STATMSG: ID=… COMP="…" … TID=… GMTDATE=… ISTR0="…"`, in GMT."""

import re
from datetime import UTC

from bot.model import Stamp
from bot.reading.moments import log_moment
from bot.reading.page import Page
from bot.reading.stamps import Frame

NAME = "statmsg"
_OPENING = "STATMSG:"
_COMPONENT = re.compile(r'COMP="([^"]{1,64})"')
_THREAD = re.compile(r"\bTID=(\d{1,10})")
_TIME = re.compile(r"GMTDATE=([^\"=]{10,60}?)\s+(?:ISTR0|NUMATTRS)=")
_OPEN_STRING = re.compile(r'ISTR\d="[^"]*$')
_REACH = 2000


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the fields of the status message that a statement is an insertion string of."""
    opening = page.text.rfind(_OPENING, max(0, start - _REACH), start)
    head = page.text[opening:start] if opening >= 0 else ""
    if not _OPEN_STRING.search(head):
        return None
    component, thread, time = _COMPONENT.search(head), _THREAD.search(head), _TIME.search(head)
    if component is None or time is None:
        return None
    at = log_moment(time[1])
    if at is not None:
        at = Stamp(value=at.value.replace(tzinfo=UTC), milliseconds=at.milliseconds)
    return Frame(
        start=opening,
        end=end,
        at=at,
        component=component[1],
        thread=thread[1] if thread else None,
    )
