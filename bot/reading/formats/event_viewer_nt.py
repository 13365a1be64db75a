"""An event copied from the Event Viewer of Windows NT, 2000 or 2003."""

from bot.reading.containers import Labels

NAME = "event_viewer_nt"
HINTS: tuple[str, ...] = ("eventsource:",)
containers = Labels(
    format=NAME,
    fields={
        "type": r"Event\s+Type\s*:",
        "source": r"Event\s+Source\s*:",
        "category": r"Event\s+Category\s*:",
        "id": r"Event\s+ID\s*:",
        "date": r"Date\s*:",
        "time": r"Time\s*:",
        "user": r"User\s*:",
        "computer": r"Computer\s*:",
        "description": r"Description\s*:",
    },
    opening=("type", "source"),
    required=("source", "id"),
).containers
