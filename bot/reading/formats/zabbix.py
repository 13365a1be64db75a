"""A problem that Zabbix posts: when, on which host, the event as operational data."""

from bot.reading.containers import Labels

NAME = "zabbix"
HINTS: tuple[str, ...] = ("problemname:",)
containers = Labels(
    format=NAME,
    fields={
        "date": r"Problem\s+started\s+at(?=\s+\d)",
        "resolved": r"Problem\s+has\s+been\s+resolved\s+at",
        "name": r"Problem\s+name\s*:",
        "computer": r"Host\s*:",
        "severity": r"Severity\s*:",
        "message": r"Operational\s+data\s*:",
        "problem": r"Original\s+problem\s+ID\s*:",
    },
    opening=("date",),
    required=("name",),
).containers
