"""Turn a page into records: its statements with their frames, its events with their containers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.model import EventRecord, Figures, LogRecord
from bot.reading.containers import Container
from bot.reading.formats import EVENT_FORMATS, LOG_FORMATS
from bot.reading.page import Page
from bot.reading.paths import package_id, place
from bot.reading.space_sentence import CUT, PLACEHOLDER, Sentence, Target, bare_target, sentences
from bot.reading.stamps import Frame
from bot.reading.statements import Statement, statements

_SHOWN = 1200  # characters of an event without its sentence that are quoted at most


def log_records(page: Page) -> Iterator[LogRecord]:
    """Yield what the logs in a page report of file operations."""
    for statement in statements(page):
        name, frame = _framed(page, statement)
        if statement.needs_stamp and name == "unstamped":
            continue
        yield _log_record(page, statement, frame)


def event_records(page: Page) -> Iterator[EventRecord]:
    """Yield the events 109 of SMS in a page, each once however many containers nest."""
    found = list(sentences(page))
    boxes = _containers(page)
    events = [_with_sentence(page, sentence, boxes) for sentence in found]
    taken = [(event[0], event[1]) for event in events]
    for start, end, group in _groups(box for box in boxes if box.is_space_event()):
        if not any(begin < end and start < stop for begin, stop in taken):
            nested = [box for box in boxes if box.start < end and start < box.end]
            events.append((start, end, _without_sentence(page, start, end, group + nested)))
    for _, _, record in sorted(events, key=lambda event: event[0]):
        yield record


def _containers(page: Page) -> list[Container]:
    text = page.squeezed.text.casefold()
    hinted = [form for form in EVENT_FORMATS if any(hint in text for hint in form.HINTS)]
    return [box for form in hinted for box in form.containers(page)]


def _framed(page: Page, statement: Statement) -> tuple[str, Frame]:
    for form in LOG_FORMATS:
        frame = form.frame(page, statement.start, statement.end)
        if frame is not None:
            return form.NAME, frame
    raise AssertionError  # `unstamped` takes any statement


def _log_record(page: Page, statement: Statement, frame: Frame) -> LogRecord:
    where = place(statement.path or "")
    start = statement.start if frame.start is None else frame.start
    return LogRecord(
        quote=page.quote(
            start, max(statement.end, frame.end), (statement.start, statement.end)
        ),
        order=page.first_line + page.row(statement.start),
        path=statement.path,
        source_path=statement.source_path,
        operation=statement.operation,
        win32_error=statement.win32_error,
        succeeded=statement.succeeded,
        at=frame.at,
        thread=frame.thread,
        component=frame.component,
        clue=statement.clue,
        package=where.package,
        server=where.server,
        share=where.share,
    )


def _with_sentence(
    page: Page, sentence: Sentence, boxes: list[Container]
) -> tuple[int, int, EventRecord]:
    around = [box for box in boxes if box.start <= sentence.start < box.end]
    nearest = {box.format: box for box in sorted(around, key=lambda box: box.start)}
    around = [box for box in around if nearest[box.format] is box]
    start = min([sentence.start, *(box.start for box in around)])
    record = _record(page, start, sentence.end, (sentence.start, sentence.end), around, sentence)
    end = max([sentence.end, *(box.end for box in around if box.event_id is not None)])
    return start, end, record


def _groups(boxes: Iterable[Container]) -> Iterator[tuple[int, int, list[Container]]]:
    """Join containers that overlap: one event, shown in several ways at once."""
    group: list[Container] = []
    for box in sorted(boxes, key=lambda box: box.start):
        if group and box.start >= max(other.end for other in group):
            yield group[0].start, max(other.end for other in group), group
            group = []
        group.append(box)
    if group:
        yield group[0].start, max(other.end for other in group), group


def _without_sentence(page: Page, start: int, end: int, boxes: list[Container]) -> EventRecord:
    text = page.text[start:end]
    strings = next((box.strings for box in boxes if box.strings), None)
    target = bare_target(strings or text)
    figures = PLACEHOLDER if target != Target() else CUT
    sentence = Sentence(start=start, end=end, target=target, figures=figures)
    shown = start + max(1, len(text[:_SHOWN].rstrip()))
    return _record(page, start, shown, (start, start + 1), boxes, sentence)


def _record(
    page: Page, start: int, end: int, claim: tuple[int, int], boxes: list[Container], sentence: Sentence
) -> EventRecord:
    def first(field: str) -> str | None:
        return next((value for box in boxes if (value := getattr(box, field))), None)

    source = first("source") or ""
    component = first("component") or (source if source.upper().startswith("SMS_") else None)
    figures: Figures = sentence.figures
    return EventRecord(
        quote=page.quote(start, end, claim),
        order=page.first_line + page.row(start),
        figures=figures,
        at=next((box.at for box in boxes if box.at), ()),
        component=component,
        computer=first("computer"),
        server=sentence.target.server,
        share=sentence.target.share,
        package=sentence.target.package or package_id(first("package") or ""),
    )
