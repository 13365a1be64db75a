"""Events printed by PowerShell's `Get-EventLog`, as a list or as a table with cut columns."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, Labels, made
from bot.reading.page import Page

NAME = "get_eventlog"
HINTS: tuple[str, ...] = ("entrytype", "instanceid")
_LIST = Labels(
    format=NAME,
    fields={
        "index": r"Index\s*:",
        "type": r"EntryType\s*:",
        "instance": r"InstanceId\s*:",
        "id": r"EventID\s*:",
        "message": r"Message\s*:",
        "category": r"Category\s*:",
        "number": r"CategoryNumber\s*:",
        "strings": r"ReplacementStrings\s*:",
        "source": r"Source\s*:",
        "date": r"TimeGenerated\s*:",
        "written": r"TimeWritten\s*:",
        "computer": r"MachineName\s*:",
        "user": r"UserName\s*:",
        "other": r"(?:Data|Site|Container)\s*:",
    },
    opening=(),
    required=("source", "type"),
    own_line=True,
)
# Index, time without a year, type, source, instance id; a narrow console cuts any with "...".
_ROW = re.compile(
    r"^[ \t]*\d{1,10}[ \t]+[A-Z][a-z]{2} \d\d \d\d:\d\d[ \t]+"
    r"(?:Error|Warning|Information|Err\.*)[ \t]+"
    r"(?P<source>\S{1,64})[ \t]+(?P<id>\d{1,10})\b[^\n]{0,400}",
    re.MULTILINE,
)


def containers(page: Page) -> Iterator[Container]:
    """Yield the events of lists, then the rows of tables; a row's time has no year."""
    for found in _LIST.containers(page):
        yield found if found.event_id is not None else _by_instance(page, found)
    for row in _ROW.finditer(page.text):
        yield made(NAME, row.start(), row.end(), row.groupdict())


def _by_instance(page: Page, found: Container) -> Container:
    instance = re.search(r"InstanceId\s*:\s*(\d{1,10})", page.text[found.start : found.end])
    values = {"id": instance[1] if instance else "", "source": found.source or ""}
    again = made(NAME, found.start, found.end, values)
    return Container(
        format=NAME,
        start=found.start,
        end=found.end,
        event_id=again.event_id,
        source=found.source,
        computer=found.computer,
        at=found.at,
        strings=found.strings,
    )
