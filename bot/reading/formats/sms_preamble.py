"""The lines that SMS 1.x puts around every event's sentence: module, object, machine, site."""

from bot.reading.containers import Labels

NAME = "sms_preamble"
HINTS: tuple[str, ...] = ("errorinmodule:",)
containers = Labels(
    format=NAME,
    fields={
        "component": r"(?:Non-)?fatal\s+Error\s+in\s+module\s*:",
        "operation": r"Operation\s*:",
        "object": r"Object\s*:",
        "package": r"Object\s+name\s*:",
        "code": r"Error\s+code\s*:",
        "computer": r"MachineName\s*=",
        "site": r"SiteCode\s*=",
        "writer": r"Component\s*=",
    },
    opening=("component",),
    required=("component",),
).containers
