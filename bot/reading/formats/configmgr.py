"""Server logs of ConfigMgr 2007 and later: `<MM-DD-YYYY HH:MM:SS.mmm±BIAS><thread=DEC (0xHEX)>`."""

import re

from bot.reading.moments import biased_moment
from bot.reading.page import Page
from bot.reading.stamps import Frame, stamp_after

NAME = "configmgr"
_TIME = re.compile(
    r"(?P<date>\d{1,2}-\d{1,2}-\d{4})(?P<time>\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?P<bias>[+-]\d{1,4})?"
)


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Read the stamp behind a statement; the bias is Windows': minutes to add for UTC."""
    stamp = stamp_after(page, end)
    time = _TIME.fullmatch("".join(stamp.time.split())) if stamp else None
    if stamp is None or time is None:
        return None
    at = biased_moment(time["date"], time["time"], time["bias"])
    return Frame(end=stamp.end, at=at, component=stamp.component, thread=stamp.thread)
