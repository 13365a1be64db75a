"""Turn a page into records: its statements with their frames, its events with their containers."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model import EventRecord, Figures, LogRecord
from bot.reading.containers import Boxes, Container, Spans
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
    boxes = _containers(page)
    events = [_with_sentence(page, sentence, boxes) for sentence in sentences(page)]
    taken = Spans([(start, end) for start, end, _ in events])
    for start, end in boxes.space_events():
        if not taken.touch(start, end):
            record = _without_sentence(page, start, end, boxes.across(start, end))
            events.append((start, end, record))
    for _, _, record in sorted(events, key=lambda event: event[0]):
        yield record


def _containers(page: Page) -> Boxes:
    text = page.squeezed.folded
    hinted = [form for form in EVENT_FORMATS if any(hint in text for hint in form.HINTS)]
    return Boxes([box for form in hinted for box in form.containers(page)])


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
        quote=page.quote(start, max(statement.end, frame.end), (statement.start, statement.end)),
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


def _with_sentence(page: Page, sentence: Sentence, boxes: Boxes) -> tuple[int, int, EventRecord]:
    around = boxes.across(sentence.start, sentence.start + 1)
    nearest = {box.format: box for box in sorted(around, key=lambda box: box.start)}
    around = [box for box in around if nearest[box.format] is box]
    start = min([sentence.start, *(box.start for box in around)])
    record = _record(page, start, sentence.end, (sentence.start, sentence.end), around, sentence)
    end = max([sentence.end, *(box.end for box in around if box.event_id is not None)])
    return start, end, record


def _without_sentence(page: Page, start: int, end: int, boxes: list[Container]) -> EventRecord:
    text = page.text[start:end]
    strings = next((box.strings for box in boxes if box.strings), None)
    target = bare_target(page.unwrapped(start, end) if page.hard_width else strings or text)
    figures = PLACEHOLDER if target != Target() else CUT
    sentence = Sentence(start=start, end=end, target=target, figures=figures)
    shown = start + max(1, len(text[:_SHOWN].rstrip()))
    return _record(page, start, shown, (start, start + 1), boxes, sentence)


def _record(
    page: Page,
    start: int,
    end: int,
    claim: tuple[int, int],
    boxes: list[Container],
    sentence: Sentence,
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
