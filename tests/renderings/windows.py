"""Event 109 as Windows and its own tools print it."""

from __future__ import annotations

import textwrap
from xml.sax.saxutils import escape

from .container import Container, Frame, date_of, held, time_of
from .incident import Incident
from .messages import (
    CUTS,
    NOTED,
    ORPHANS,
    PREAMBLE,
    SENTENCE,
    SQUEEZED,
    sentence,
)


def viewer_nt(incident: Incident, message: str) -> str:
    """The clipboard of the Event Viewer up to Windows 2003."""
    return (
        "Event Type:\tError\r\nEvent Source:\tSMS\r\nEvent Category:\tNone\r\nEvent ID:\t109\r\n"
        f"Date:\t\t{date_of(incident)}\r\nTime:\t\t{time_of(incident)}\r\nUser:\t\tN/A\r\n"
        f"Computer:\t{incident.server}\r\nDescription:\r\n{message} \r\n\r\n"
        "Data:\r\n0000: 0d 00 00 00 20 00 00 00   .... ...\r\n"
        "0008: 32 00 31 30 39 00 00 00   2.109...\r\n"
    )


def viewer_2008(incident: Incident, message: str) -> str:
    """The clipboard of the Event Viewer since Windows 2008, without its XML."""
    return (
        "Log Name:      Application\r\nSource:        SMS\r\n"
        f"Date:          {date_of(incident)} {time_of(incident)}\r\nEvent ID:      109\r\n"
        "Task Category: None\r\nLevel:         Error\r\nKeywords:      Classic\r\n"
        f"User:          N/A\r\nComputer:      {incident.server}\r\nDescription:\r\n{message}\r\n"
    )


def one_line(incident: Incident, message: str) -> str:
    """The same after a forum or a chat has eaten its line breaks."""
    return " ".join(viewer_2008(incident, message).split())


def with_xml(incident: Incident, message: str) -> str:
    """The clipboard since Windows 2008 with the XML it adds below."""
    return f"{viewer_2008(incident, message)}Event Xml:\r\n{xml_bare(incident, message)}"


def xml_bare(incident: Incident, message: str, rendering: str = "") -> str:
    """The event as XML, with insertion strings only."""
    del message
    have, need = incident.figures
    return (
        '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">\r\n  <System>\r\n'
        '    <Provider Name="SMS" />\r\n    <EventID Qualifiers="49152">109</EventID>\r\n'
        "    <Level>2</Level>\r\n    <Task>0</Task>\r\n"
        "    <Keywords>0x80000000000000</Keywords>\r\n"
        f'    <TimeCreated SystemTime="{incident.seen:%Y-%m-%dT%H:%M:%S}.000000000Z" />\r\n'
        "    <EventRecordID>3232</EventRecordID>\r\n    <Channel>Application</Channel>\r\n"
        f"    <Computer>{incident.server}</Computer>\r\n    <Security />\r\n  </System>\r\n"
        f"  <EventData>\r\n    <Data>{incident.unc}</Data>\r\n    <Data>{have}</Data>\r\n"
        f"    <Data>{need}</Data>\r\n  </EventData>\r\n{rendering}</Event>\r\n"
    )


def xml_rendered(incident: Incident, message: str) -> str:
    """The event as XML with the message the collector formatted."""
    rendering = (
        '  <RenderingInfo Culture="en-US">\r\n'
        f"    <Message>{escape(message)}</Message>\r\n    <Level>Error</Level>\r\n"
        "    <Keywords><Keyword>Classic</Keyword></Keywords>\r\n  </RenderingInfo>\r\n"
    )
    return xml_bare(incident, message, rendering)


def xml_one_line(incident: Incident, message: str) -> str:
    """The collector's XML on one line with single quotes, as wevtutil prints it."""
    lines = xml_rendered(incident, message).replace('"', "'").splitlines()
    return "".join(line.strip() for line in lines)


def wevtutil(colon: str, stamp: str) -> Frame:
    """`wevtutil qe /f:text` of one Windows version."""

    def frame(incident: Incident, message: str) -> str:
        return (
            f"Event[0]{colon}\r\n  Log Name: Application\r\n  Source: SMS\r\n"
            f"  Date: {incident.seen:%Y-%m-%dT%H:%M:%S}{stamp}\r\n  Event ID: 109\r\n"
            "  Task: N/A\r\n  Level: Error\r\n  Opcode: Info\r\n  Keyword: Classic\r\n"
            f"  User: N/A\r\n  User Name: N/A\r\n  Computer: {incident.server}\r\n"
            f"  Description: \r\n{message}\r\n\r\n"
        )

    return frame


def _listed(pairs: dict[str, str], width: int) -> str:
    name = max(map(len, pairs))
    indent = " " * (name + 3)
    lines = [
        textwrap.fill(
            " ".join(value.split()),
            width,
            initial_indent=f"{key:<{name}} : ",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if value
        else f"{key:<{name}} : "
        for key, value in pairs.items()
    ]
    return "\n".join(lines).replace("\n", "\r\n") + "\r\n"


def get_winevent(width: int) -> Frame:
    """`Get-WinEvent | Format-List` in a console of that width."""

    def frame(incident: Incident, message: str) -> str:
        pairs = {
            "TimeCreated": f"{date_of(incident)} {time_of(incident)}",
            "ProviderName": "SMS",
            "Id": "109",
            "Message": message,
        }
        return _listed(pairs, width)

    return frame


def get_eventlog_list(incident: Incident, message: str) -> str:
    """`Get-EventLog | Format-List *`."""
    have, need = incident.figures
    pairs = {
        "EventID": "109",
        "MachineName": incident.server,
        "Data": "{}",
        "Index": "3232",
        "Category": "(0)",
        "CategoryNumber": "0",
        "EntryType": "Error",
        "Message": message,
        "Source": "SMS",
        "ReplacementStrings": f"{{{incident.unc}, {have}, {need}}}",
        "InstanceId": "3221225581",
        "TimeGenerated": f"{date_of(incident)} {time_of(incident)}",
        "TimeWritten": f"{date_of(incident)} {time_of(incident)}",
        "UserName": "",
    }
    return _listed(pairs, 110)


def get_eventlog_table(incident: Incident, message: str) -> str:
    """`Get-EventLog` as it prints by default: the message is cut at the console's edge."""
    row = f"    3232 {incident.seen:%b %d %H:%M}  Error       SMS                           109 "
    head = "   Index Time          EntryType   Source                 InstanceID Message"
    rule = "   ----- ----          ---------   ------                 ---------- -------"
    return f"{head}\r\n{rule}\r\n{row}{message[:41]}...\r\n"


def _table() -> Container:
    return Container(
        name="Get-EventLog table",
        render=lambda incident: get_eventlog_table(incident, sentence(incident)),
        unc=False,
        place=False,
        figures_told=False,
        cut=True,
        clock="partial",
    )


def _plain(incident: Incident, message: str) -> str:
    del incident
    return message


def _article(incident: Incident, message: str) -> str:
    del incident
    return f"Event 109\n{message}"


BARE_XML = Container(
    name="XML without a message",
    render=lambda incident: xml_bare(incident, ""),
    figures_told=False,
    fragile=True,
)
WINDOWS: tuple[Container, ...] = (
    held("nothing around", _plain, SENTENCE, clock="none"),
    held("article", _article, SQUEEZED, clock="none"),
    held("alone", _plain, PREAMBLE, clock="none"),
    held("alone", _plain, NOTED, clock="none"),
    held("Event Viewer NT", viewer_nt, SENTENCE),
    held("Event Viewer NT", viewer_nt, PREAMBLE),
    held("Event Viewer NT", viewer_nt, NOTED),
    held("Event Viewer NT", viewer_nt, ORPHANS[0]),
    held("Event Viewer NT", viewer_nt, ORPHANS[1]),
    held("Event Viewer 2008", viewer_2008, SENTENCE),
    held("Event Viewer 2008", viewer_2008, PREAMBLE),
    held("Event Viewer 2008", viewer_2008, ORPHANS[2]),
    held("Event Viewer 2008 on one line", one_line, SENTENCE),
    held("Event Viewer 2008 on one line", one_line, ORPHANS[2]),
    held("Event Viewer 2008 with XML", with_xml, SENTENCE),
    held("wevtutil, old", wevtutil(":", ".000"), SENTENCE),
    held("wevtutil, new", wevtutil("", ".0000000Z"), SENTENCE),
    held("wevtutil, new", wevtutil("", ".0000000Z"), ORPHANS[2]),
    held("Get-WinEvent 80", get_winevent(80), SENTENCE),
    held("Get-WinEvent 120", get_winevent(120), ORPHANS[2]),
    held("Get-EventLog list", get_eventlog_list, SENTENCE),
    _table(),
    held("XML", xml_rendered, SENTENCE, fragile=True),
    held("XML on one line", xml_one_line, SENTENCE, fragile=True),
    BARE_XML,
    *(held("Event Viewer NT", viewer_nt, cut) for cut in CUTS),
)
