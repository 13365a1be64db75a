"""Lines of a log that lost their stamp, or never had one: the wording alone tells."""

from bot.reading.page import Page
from bot.reading.stamps import Frame

NAME = "unstamped"


def frame(page: Page, start: int, end: int) -> Frame | None:
    """Accept any statement, with nothing known about it."""
    return Frame(end=end)
