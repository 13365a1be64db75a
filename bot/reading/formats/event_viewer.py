"""An event copied from the Event Viewer of Windows 2008 or later, also when it became one line."""

from bot.reading.containers import Labels

NAME = "event_viewer"
HINTS: tuple[str, ...] = ("eventid:",)
containers = Labels(
    format=NAME,
    fields={
        "log": r"Log\s+Name\s*:",
        "source": r"(?<!Event )Source\s*:",
        "date": r"(?:Date|Logged)\s*:",
        "id": r"Event\s+ID\s*:",
        "category": r"Task\s+Category\s*:",
        "level": r"Level\s*:",
        "keywords": r"Keywords\s*:",
        "user": r"User\s*:",
        "computer": r"Computer\s*:",
        "time": r"Time\s*:",
        "description": r"Description\s*:",
    },
    opening=("log",),
    required=("source", "id"),
).containers
