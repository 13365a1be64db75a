"""The second layout of SMS 1.x events (Q184169): `Component = … Note: <sentence>`."""

from bot.reading.containers import Labels

NAME = "sms_note"
HINTS: tuple[str, ...] = ("note:",)
containers = Labels(
    format=NAME,
    fields={
        "component": r"Component\s*=",
        "operation": r"Operation\s*=",
        "object": r"Object\s*=",
        "package": r"Object\s+name\s*=",
        "code": r"Error\s+Code\s*=",
        "computer": r"MachineName\s*=",
        "note": r"Note\s*:",
    },
    opening=("component",),
    required=("component", "note"),
).containers
