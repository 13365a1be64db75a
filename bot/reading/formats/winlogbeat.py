"""Events shipped as JSON by winlogbeat and its kin: one object a line, printed wide, or cut."""

from bot.reading.containers import Labels


def _key(names: str) -> str:
    return rf"\"(?:[\w@]+\.)*(?:{names})\"\s*:"


NAME = "winlogbeat"
HINTS: tuple[str, ...] = ('event_id"', 'eventid"')
containers = Labels(
    format=NAME,
    fields={
        "date": _key("@timestamp"),
        "id": _key("event_id|EventID"),
        "code": _key("code"),
        "source": _key("provider_name|SourceName|source_name"),
        "provider": _key("provider"),
        "computer": _key("computer_name|Hostname"),
        "strings": _key("event_data"),
        "message": _key("message"),
        "other": _key(
            "original|action|kind|created|outcome|log|level|channel|record_id|task|keywords|opcode"
            "|host|agent|ecs|tags|version|type|name|api|provider_guid"
        ),
    },
    opening=(),
    required=("id", "source"),
).containers
