"""Logs of SMS 1.x: `text $$<COMPONENT><Ddd Mon DD HH:MM:SS YYYY~><thread=HEX>`."""

from bot.reading.moments import log_moment
from bot.reading.page import Page
from bot.reading.stamps import Frame, stamp_after

NAME = "sms1"


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the stamp behind a statement; seconds only, the thread in bare hexadecimal."""
    stamp = stamp_after(page, end)
    if stamp is None or stamp.has_hexadecimal:
        return None
    at = log_moment(stamp.time)
    if (at is not None and at.milliseconds) or (stamp.time and at is None):
        return None
    return Frame(end=stamp.end, at=at, component=stamp.component, thread=stamp.thread)
