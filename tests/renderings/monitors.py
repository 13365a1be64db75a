"""Event 109 as monitoring, log shippers and exporters hand it on."""

from __future__ import annotations

import csv
import io
import json

from .container import Container, clock_12, date_of, held, time_of
from .incident import Incident
from .messages import CUTS, MIDDLE_CUT, NOTED, ORPHANS, PREAMBLE, SENTENCE


def beat(incident: Incident, message: str) -> dict[str, object]:
    """One document of winlogbeat."""
    have, need = incident.figures
    moment = f"{incident.seen:%Y-%m-%dT%H:%M:%S}.000Z"
    return {
        "@timestamp": moment,
        "agent": {"type": "winlogbeat", "version": "8.11.1"},
        "event": {"code": "109", "kind": "event", "provider": "SMS", "created": moment},
        "host": {"name": incident.server},
        "log": {"level": "error"},
        "message": message,
        "winlog": {
            "api": "wineventlog",
            "channel": "Application",
            "computer_name": incident.server,
            "event_data": {"param1": incident.unc, "param2": have, "param3": need},
            "event_id": "109",
            "keywords": ["Classic"],
            "provider_name": "SMS",
            "record_id": "3232",
        },
    }


def beat_line(incident: Incident, message: str) -> str:
    """The document as one line."""
    return json.dumps(beat(incident, message), ensure_ascii=False)


def beat_pretty(incident: Incident, message: str) -> str:
    """The document as a search page shows it, in its envelope."""
    envelope = {"_index": "winlogbeat", "_id": "aZ32", "_source": beat(incident, message)}
    return json.dumps(envelope, indent=2)


def beat_stream(incident: Incident, message: str) -> str:
    """The document among others, one a line."""
    noise = {
        "@timestamp": f"{incident.seen:%Y-%m-%dT%H:%M:%S}.000Z",
        "event": {"code": "7036", "provider": "Service Control Manager"},
        "message": "The Print Spooler service entered the running state.",
        "winlog": {"event_id": "7036", "provider_name": "Service Control Manager"},
    }
    return f"{json.dumps(noise)}\n{beat_line(incident, message)}\n{json.dumps(noise)}\n"


def splunk(incident: Incident, message: str) -> str:
    """A raw event of Splunk's Windows input."""
    return (
        f"{incident.seen:%m/%d/%Y} {clock_12(incident.seen)}\nLogName=Application\nSourceName=SMS\n"
        f"EventCode=109\nEventType=2\nType=Error\nComputerName={incident.server}\n"
        f"TaskCategory=None\nOpCode=None\nRecordNumber=3232\nKeywords=Classic\nMessage={message}\n"
    )


def _strings(incident: Incident, separator: str) -> str:
    return separator.join((incident.unc, *incident.figures))


def dumpel(separator: str) -> Container:
    """The resource kit's export: no sentence, strings at the end of the line."""

    def render(incident: Incident) -> str:
        day = incident.seen
        columns = (
            f"{day.month}/{day.day}/{day:%y}",
            clock_12(day),
            "1",
            "0",
            "109",
            "SMS",
            "N/A",
            incident.server,
            _strings(incident, " "),
        )
        return separator.join(columns) + "\r\n"

    name = "tabs" if separator == "\t" else "blanks"
    return Container(name=f"dumpel with {name}", render=render, figures_told=False)


def dumpel_user_first(incident: Incident) -> str:
    """The order of columns Q129266 shows: user, source, computer."""
    day = incident.seen
    return (
        f"{day.month}/{day.day}/{day:%y}  {clock_12(day)}  1  0  109  N/A  SMS  "
        f"{incident.server}  {_strings(incident, ' ')}\r\n"
    )


_COLUMNS = [
    "EventLog",
    "RecordNumber",
    "TimeGenerated",
    "TimeWritten",
    "EventID",
    "EventType",
    "EventTypeName",
    "EventCategory",
    "EventCategoryName",
    "SourceName",
    "Strings",
    "ComputerName",
    "SID",
    "Message",
    "Data",
]


def _row(incident: Incident, message: str) -> list[str]:
    moment = f"{incident.seen:%Y-%m-%d %H:%M:%S}"
    return [
        "Application",
        "3232",
        moment,
        moment,
        "109",
        "1",
        "Error event",
        "0",
        "None",
        "SMS",
        _strings(incident, "|"),
        incident.server,
        "",
        " ".join(message.split("\r\n")),
        "",
    ]


def log_parser_csv(incident: Incident, message: str) -> str:
    """`LogParser -o:CSV`."""
    out = io.StringIO()
    csv.writer(out).writerows([_COLUMNS, _row(incident, message)])
    return out.getvalue()


def log_parser_tsv(incident: Incident, message: str) -> str:
    """`LogParser -o:TSV`, also what its data grid puts on the clipboard."""
    rows = (_COLUMNS, _row(incident, message))
    return "".join("\t".join(row) + "\r\n" for row in rows)


def log_parser_few(incident: Incident, message: str) -> str:
    """`SELECT TimeGenerated, EventID, SourceName, Message` on the screen: columns of blanks."""
    cells = (f"{incident.seen:%Y-%m-%d %H:%M:%S}", "109", "SMS", message)
    heads = ("TimeGenerated", "EventID", "SourceName", "Message")
    widths = [max(map(len, pair)) for pair in zip(heads, cells, strict=True)]
    lines = (heads, ["-" * width for width in widths], cells)
    return "".join(
        " ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        + "\r\n"
        for line in lines
    )


def nsclient(incident: Incident, message: str) -> str:
    """NSClient++ as it reports a match."""
    del incident
    return f"CRITICAL: 1 message(s) Application SMS ({message})"


def zabbix(incident: Incident, message: str) -> str:
    """Zabbix's default problem message."""
    return (
        f"Problem started at {incident.seen:%H:%M:%S} on {incident.seen:%Y.%m.%d}\n"
        f"Problem name: SMS event 109 on {incident.server}\nHost: {incident.server}\n"
        f"Severity: High\nOperational data: {message}\nOriginal problem ID: 109032\n"
    )


def prtg(incident: Incident, message: str) -> str:
    """PRTG's Slack notification."""
    return (
        "*Head Office*\n<https://prtg.example.com/sensor.htm?id=2032&tabid=1|"
        f"{incident.server} Event Log>\nStatus Down on {date_of(incident)} {time_of(incident)}\n"
        f"```{message}```\n"
    )


def scom(incident: Incident, message: str) -> str:
    """The context of an Operations Manager alert."""
    return (
        f"Date and Time: {date_of(incident)} {time_of(incident)}\nLog Name: Application\n"
        f"PublisherName: SMS\nEventDisplayNumber: 109\nLevel: 1\n"
        f"LoggingComputer: {incident.server}\nUser: N/A\nEventDescription: {message}\n"
    )


def alertmanager(incident: Incident, message: str) -> str:
    """Alertmanager's title and the description its owner put below."""
    return (
        f"[FIRING:1] SmsEvent109 ({incident.server} 109 SMS critical)\n"
        f"*Alert:* Package not installed\n*Description:* {message}\n*Details:*\n"
        f"  • *alertname:* `SmsEvent109`\n  • *event_id:* `109`\n  • *source:* `SMS`\n"
    )


MONITORS: tuple[Container, ...] = (
    held("winlogbeat line", beat_line, SENTENCE, fragile=True),
    held("winlogbeat pretty", beat_pretty, SENTENCE, fragile=True),
    held("winlogbeat stream", beat_stream, PREAMBLE, fragile=True),
    held("winlogbeat pretty", beat_pretty, ORPHANS[2], fragile=True),
    held("Splunk", splunk, SENTENCE),
    held("Splunk", splunk, PREAMBLE),
    held("Splunk", splunk, ORPHANS[2]),
    dumpel("\t"),
    dumpel("  "),
    Container(name="dumpel, user first", render=dumpel_user_first, figures_told=False),
    held("Log Parser CSV", log_parser_csv, SENTENCE, fragile=True),
    held("Log Parser CSV", log_parser_csv, PREAMBLE, fragile=True),
    held("Log Parser TSV", log_parser_tsv, SENTENCE, fragile=True),
    held("Log Parser on screen", log_parser_few, SENTENCE, fragile=True),
    held("NSClient++", nsclient, SENTENCE, clock="none"),
    held("NSClient++", nsclient, CUTS[0], clock="none"),
    held("NSClient++", nsclient, CUTS[1], clock="none"),
    held("NSClient++", nsclient, CUTS[4], clock="none"),
    held("NSClient++", nsclient, MIDDLE_CUT, clock="none"),
    held("Zabbix", zabbix, SENTENCE),
    held("Zabbix", zabbix, CUTS[3]),
    held("PRTG", prtg, SENTENCE),
    held("PRTG", prtg, NOTED),
    held("SCOM", scom, SENTENCE),
    held("SCOM", scom, PREAMBLE),
    held("Alertmanager", alertmanager, SENTENCE, clock="none"),
    held("Alertmanager", alertmanager, CUTS[5], clock="none"),
)
