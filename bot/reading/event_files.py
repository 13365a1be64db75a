"""Events 109 of SMS in .evt and .evtx files."""

from __future__ import annotations

from bot.model import EVIDENCE_TEXT_LIMIT, EventRecord, Quote, Stamp
from bot.reading.containers import SPACE_EVENT, Container
from bot.reading.decode import EventFile
from bot.reading.evt import EventFields, read_evt
from bot.reading.paths import package_id
from bot.reading.space_sentence import CUT, PLACEHOLDER, Target, bare_target, sentences
from bot.reading.unmangle import read_page


def event_file_records(file: EventFile) -> tuple[list[EventRecord], int]:
    """Return the events 109 of SMS in a file, and how many events it holds."""
    if file.format == "evtx":
        from bot.reading.evtx import read_evtx  # the extension module costs every start otherwise

        fields = read_evtx(file.data)
    else:
        fields = read_evt(file.data)
    records: list[EventRecord] = []
    count = 0
    for event in fields:
        count += 1
        if event.event_id & 0xFFFF == SPACE_EVENT and _is_of_sms(event):
            records.append(_record(file.name, event))
    return records, count


def _is_of_sms(event: EventFields) -> bool:
    container = Container(format="", start=0, end=0, event_id=SPACE_EVENT, source=event.source)
    return container.is_space_event()


def _record(name: str, event: EventFields) -> EventRecord:
    said = event.message or "\n".join(event.strings)
    sentence = next(sentences(read_page(name, 1, said)), None)
    target = sentence.target if sentence else bare_target("\n".join(event.strings))
    unread = PLACEHOLDER if target != Target() else CUT
    head = f"{event.source} {event.event_id & 0xFFFF} {event.computer or ''}".rstrip()
    text = event.message or "; ".join(event.strings)
    return EventRecord(
        quote=Quote(source=name, line=event.record, text=f"{head}: {text}"[:EVIDENCE_TEXT_LIMIT]),
        order=event.record,
        figures=sentence.figures if sentence else unread,
        at=(Stamp(value=event.at),) if event.at else (),
        component=event.source if event.source.upper().startswith("SMS_") else None,
        computer=event.computer,
        server=target.server,
        share=target.share,
        package=target.package or _package(event),
    )


def _package(event: EventFields) -> str | None:
    return next((found for text in event.strings if (found := package_id(text))), None)
