"""Logs of SMS 2.0 and 2003: milliseconds, a named zone or none, `<thread=DEC (0xHEX)>`."""

from bot.reading.moments import log_moment
from bot.reading.page import Page
from bot.reading.stamps import Frame, stamp_after

NAME = "sms2"


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the stamp behind a statement; a zone that is only named gives no offset."""
    stamp = stamp_after(page, end)
    at = log_moment(stamp.time) if stamp else None
    if stamp is None or at is None or not (at.milliseconds or stamp.has_hexadecimal):
        return None
    return Frame(end=stamp.end, at=at, component=stamp.component, thread=stamp.thread)
