"""An alert or event of System Center Operations Manager."""

from bot.reading.containers import Labels

NAME = "scom"
HINTS: tuple[str, ...] = ("eventdisplaynumber", "eventnumber")
containers = Labels(
    format=NAME,
    fields={
        "id": r"(?:EventDisplayNumber|EventNumber)\s*[:=]?",
        "source": r"(?:PublisherName|EventSourceName)\s*[:=]?",
        "computer": r"LoggingComputer\s*[:=]?",
        "date": r"(?:TimeGenerated|Date\s+and\s+Time)\s*[:=]?",
        "message": r"EventDescription\s*[:=]?",
        "other": r"(?:EventLevel|Channel|EventCategory|EventData|Params?|User|TimeAdded)\s*[:=]",
    },
    opening=(),
    required=("id", "source"),
).containers
