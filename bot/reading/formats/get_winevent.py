"""Events printed by PowerShell's `Get-WinEvent`, as a list or a table."""

import re
from collections.abc import Iterator

from bot.reading.containers import Container, Labels, made
from bot.reading.page import Page

NAME = "get_winevent"
HINTS: tuple[str, ...] = ("providername",)
_LIST = Labels(
    format=NAME,
    fields={
        "date": r"TimeCreated\s*:",
        "source": r"ProviderName\s*:",
        "id": r"Id\s*:",
        "level": r"(?:LevelDisplayName|Level)\s*:",
        "log": r"LogName\s*:",
        "computer": r"MachineName\s*:",
        "message": r"Message\s*:",
        "strings": r"Properties\s*:",
        "other": r"(?:Version|Qualifiers|Task|Opcode|Keywords|RecordId|ProviderId|ProcessId"
        r"|ThreadId|UserId|ActivityId|RelatedActivityId|ContainerLog|MatchedQueryIds|Bookmark"
        r"|OpcodeDisplayName|TaskDisplayName|KeywordsDisplayNames)\s*:",
    },
    opening=(),
    required=("source", "id"),
    own_line=True,
)
_PROVIDER = re.compile(r"^[ \t]*ProviderName:[ \t]*(?P<source>[^\n]{1,128})$", re.MULTILINE)
_ROW = re.compile(
    r"^[ \t]*(?P<date>\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}:\d\d:\d\d(?: ?[AP]M)?)"
    r"[ \t]+(?P<id>\d{1,5})"
    r"[ \t]+(?:Error|Warning|Information|Critical|Verbose)\b[^\n]{0,600}",
    re.MULTILINE,
)


def containers(page: Page) -> Iterator[Container]:
    """Yield the events of lists, then the rows of tables under their provider's heading."""
    yield from _LIST.containers(page)
    providers = list(_PROVIDER.finditer(page.text))
    for row in _ROW.finditer(page.text):
        above = [provider for provider in providers if provider.end() < row.start()]
        if above:
            values = row.groupdict() | {"source": above[-1]["source"]}
            yield made(NAME, row.start(), row.end(), values)
