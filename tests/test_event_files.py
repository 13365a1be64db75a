"""Events are read out of .evt and .evtx files, whole and damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from event_files import Written, evt_file, evt_record, evt_wrapped, evtx_file
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.decode import EventFile, unpack
from bot.reading.evt import EventFields, read_evt
from bot.reading.evtx import read_evtx
from bot.reading.sources import BytesSource, Limits

AT = datetime(1998, 9, 10, 14, 55, 37, tzinfo=UTC)
STRINGS = (r"\\DPSRV\SMS_PKGE\DOG0005D", "", "")
EVENTS = [Written(number=number, at=AT, strings=STRINGS) for number in range(1, 8)]
EXPECTED = [
    EventFields(
        record=number, at=AT, source="SMS", event_id=109, computer="NTSITE1", strings=STRINGS
    )
    for number in range(1, 8)
]
Reader = Callable[[bytes], Iterator[EventFields]]


def numbers(events: Iterator[EventFields]) -> list[int]:
    return [event.record for event in events]


@pytest.mark.parametrize(
    ("kind", "data", "read"),
    [
        ("evt", evt_file(EVENTS), read_evt),
        ("evtx", evtx_file(EVENTS), read_evtx),
        ("evtx", evtx_file(EVENTS, per_chunk=3), read_evtx),
    ],
)
def test_an_event_file_is_known_by_its_bytes_and_read(kind: str, data: bytes, read: Reader) -> None:
    (file,) = unpack(BytesSource(name="paste.txt", data=data), Limits())
    assert isinstance(file, EventFile)
    assert (file.format, file.size) == (kind, len(data))
    assert list(read(file.data)) == EXPECTED


@pytest.mark.parametrize("name", ["größe", "配布"])
def test_names_and_strings_are_unicode(name: str) -> None:
    events = [Written(source=name, computer=name, strings=[name])]
    for found in (*read_evt(evt_file(events)), *read_evtx(evtx_file(events))):
        assert (found.source, found.computer, found.strings) == (name, name, (name,))


def test_a_forwarded_event_brings_its_message() -> None:
    (event,) = read_evtx(evtx_file([Written(message="There isn't sufficient disk space")]))
    assert event.message == "There isn't sufficient disk space"
    assert event.strings == ()


# --------------------------------------------------------------------------- .evt


@pytest.mark.parametrize("split", [8, 40, 56, 90])
def test_a_full_log_that_goes_on_behind_its_header_is_read_oldest_first(split: int) -> None:
    assert numbers(read_evt(evt_wrapped(EVENTS, split=split))) == [1, 2, 3, 4, 5, 6, 7]


def test_records_are_found_without_a_header() -> None:
    data = evt_file(EVENTS)
    assert numbers(read_evt(data[48:])) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(read_evt(data[60:])) == [2, 3, 4, 5, 6, 7]
    assert numbers(read_evt(b"some junk" + data)) == [1, 2, 3, 4, 5, 6, 7]


def test_a_sid_and_data_do_not_disturb_the_strings() -> None:
    record = evt_record(EVENTS[0], sid=bytes(range(28)), data=b"LfLe and more")
    assert list(read_evt(record)) == EXPECTED[:1]


@pytest.mark.parametrize("length", [0, 57, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wrong_length_costs_no_other_record(length: int) -> None:
    data = bytearray(evt_file(EVENTS))
    at = 48 + len(evt_record(EVENTS[0]))
    data[at : at + 4] = length.to_bytes(4, "little")
    found = numbers(read_evt(bytes(data)))
    assert set(found) >= {1, 3, 4, 5, 6, 7}
    assert found == sorted(set(found))


def test_a_cut_record_still_tells_what_is_left_of_it() -> None:
    record = evt_record(EVENTS[0])
    (event,) = read_evt(record[: record.index("DOG".encode("utf-16-le"))])
    assert event.event_id == 109
    assert event.strings == ("\\\\DPSRV\\SMS_PKGE\\",)


def test_a_record_without_a_time_has_none() -> None:
    record = bytearray(evt_record(EVENTS[0]))
    record[12:16] = bytes(4)
    (event,) = read_evt(bytes(record))
    assert event.at is None


# -------------------------------------------------------------------------- .evtx


def test_a_damaged_chunk_costs_no_other() -> None:
    data = bytearray(evtx_file(EVENTS, per_chunk=3))
    data[4096 + 512 : 4096 + 65536] = bytes([0xAA]) * (65536 - 512)
    assert numbers(read_evtx(bytes(data))) == [4, 5, 6, 7]


def test_lost_bytes_before_a_chunk_do_no_harm() -> None:
    data = evtx_file(EVENTS, per_chunk=3)
    assert numbers(read_evtx(data[:100] + data[4000:])) == [1, 2, 3, 4, 5, 6, 7]


def test_a_cut_file_gives_the_records_before_the_cut() -> None:
    data = evtx_file(EVENTS, per_chunk=3)
    assert numbers(read_evtx(data[: 4096 + 65536 + 700])) == [1, 2, 3]


def test_names_that_point_at_each_other_end() -> None:
    data = bytearray(evtx_file(EVENTS))
    name = int.from_bytes(data[4096 + 128 : 4096 + 384].lstrip(b"\x00")[:2], "little")
    data[4096 + name : 4096 + name + 4] = name.to_bytes(4, "little")
    assert numbers(read_evtx(bytes(data))) == [1, 2, 3, 4, 5, 6, 7]


# --------------------------------------------------------------------------- fuzz

SEEDS = [evt_file(EVENTS), evt_wrapped(EVENTS, split=40), evtx_file(EVENTS)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    used = len(bytes(data).rstrip(b"\x00")) - 1
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, used) | st.integers(min(4096, used), min(6500, used)))
        data[at] = draw(st.sampled_from([0, 1, 0xFF]) | st.integers(0, 255))
    return bytes(data[: draw(st.integers(8, len(data)))])


@settings(deadline=None, max_examples=150)
@given(data=damaged() | st.binary().map(b"\x30\0\0\0LfLe".__add__))
def test_no_bytes_stop_a_reader(data: bytes) -> None:
    for read in (read_evt, read_evtx):
        for event in read(data):
            assert isinstance(event.record, int)
            assert 0 <= event.event_id <= 0xFFFF
            assert all(isinstance(string, str) for string in event.strings)
