"""Events printed by `wevtutil qe … /f:text`."""

from bot.reading.containers import Labels

NAME = "wevtutil"
HINTS: tuple[str, ...] = ("event[",)
containers = Labels(
    format=NAME,
    fields={
        "event": r"Event\s?\[\d+\]:?",
        "log": r"Log\s+Name\s*:",
        "source": r"Source\s*:",
        "date": r"Date\s*:",
        "id": r"Event\s+ID\s*:",
        "task": r"Task\s*:",
        "level": r"Level\s*:",
        "opcode": r"Opcode\s*:",
        "keyword": r"Keyword\s*:",
        "user": r"User\s*:",
        "username": r"User\s+Name\s*:",
        "computer": r"Computer\s*:",
        "description": r"Description\s*:",
    },
    opening=("event",),
    required=("event", "id"),
).containers
