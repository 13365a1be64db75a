"""Bytes become text, event files, or one sentence that says what to do."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import Input
from bot.reading.decode import EventFile, Text, unpack
from bot.reading.scan import Scan
from bot.reading.sources import MIB, BytesSource, FileSource, Limits

STAMP = "  $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>"
PLAIN = [f"~Copying E:\\_S M0000.TMP\\a{n}.EXE to E:\\SMS_PKGE\\DOG0005D{STAMP}" for n in range(3)]
GERMAN = [line.replace("a1", "Größenänderung für Müller") for line in PLAIN]
FRENCH = [line.replace("a1", "Schéma détaillé") for line in PLAIN]
JAPANESE = [line.replace("a1", "配布ファイル") for line in PLAIN]
BOXES = [*PLAIN, "═══════════ Übersicht ═══════════"]


def given_bytes(data: bytes, **limits: int) -> list[Text | EventFile | Input]:
    return list(unpack(BytesSource(name="x.log", data=data), Limits(**limits)))


def lines_of(text: Text | EventFile | Input) -> list[str]:
    assert isinstance(text, Text)
    (passage,) = Scan(text, [])
    return passage.text.removesuffix("\n").split("\n")


def crlf(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"


def only(items: list[Text | EventFile | Input]) -> Text | EventFile | Input:
    (item,) = items
    return item


@pytest.mark.parametrize(
    ("lines", "codec", "reported"),
    [
        (PLAIN, "ascii", "utf-8"),
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "cp850", "cp850"),
        (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "cp850", "cp850"),
        (BOXES, "cp850", "cp850"),
        (["“smart” – it’s 5 €"], "cp1252", "cp1252"),
        (JAPANESE, "utf-8", "utf-8"),
        (JAPANESE, "cp932", "cp932"),
        (JAPANESE, "utf-16-le", "utf-16-le"),
        (JAPANESE, "utf-16-be", "utf-16-be"),
        (["ﾌｧｲﾙ ｺﾋﾟｰ ｼｯﾊﾟｲ"], "cp932", "cp932"),
        (GERMAN, "utf-32-le", "utf-8"),
    ],
)
def test_an_encoding_is_told_and_undone(lines: list[str], codec: str, reported: str) -> None:
    data = crlf(lines).encode(codec)
    if codec.startswith("utf-32"):
        data = "\ufeff".encode(codec) + data
        reported = codec
    text = only(given_bytes(data))
    assert isinstance(text, Text)
    assert text.encoding == reported
    assert lines_of(text) == lines


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_is_no_part_of_the_text(codec: str) -> None:
    text = only(given_bytes(("\ufeff" + crlf(PLAIN)).encode(codec)))
    assert isinstance(text, Text)
    assert text.encoding == codec
    assert lines_of(text) == PLAIN


WIDE = crlf(PLAIN).encode("utf-16-le")
HEAD = "== saved by some tool =="


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(WIDE[:-1], PLAIN, id="cut in the last character"),
        pytest.param(WIDE[1:], [PLAIN[0][1:], *PLAIN[1:]], id="cut in the first character"),
        pytest.param(
            f"{HEAD}\r\n".encode() + WIDE, [HEAD, *PLAIN], id="with a line of bytes on top"
        ),
        pytest.param(
            f"{HEAD}+\r\n".encode() + WIDE, [f"{HEAD}+", *PLAIN], id="with an odd line on top"
        ),
        pytest.param(
            f"{HEAD}\r\n".encode() + b"\xff\xfe" + WIDE,
            [HEAD, *PLAIN],
            id="with a line of bytes and a mark",
        ),
        pytest.param(
            WIDE + f"{HEAD}\r\n".encode(), [*PLAIN, HEAD], id="with a line of bytes below"
        ),
        pytest.param(WIDE + b"\xff\xfe" + WIDE, PLAIN * 2, id="with a mark in the middle"),
    ],
)
def test_damaged_utf_16_is_set_right(data: bytes, lines: list[str]) -> None:
    assert lines_of(only(given_bytes(data))) == lines


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_stray_byte_in_utf_16_costs_no_more_than_its_line(codec: str) -> None:
    data = crlf(PLAIN).encode(codec)
    middle = len(data) // 2 // 2 * 2
    found = lines_of(only(given_bytes(data[:middle] + b"\xe9" + data[middle:])))
    assert [found[0], found[2]] == [PLAIN[0], PLAIN[2]]
    assert STAMP.strip() in found[1]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(crlf(PLAIN).replace("Copying", "Co\0pying").encode(), id="NULs inside words"),
        pytest.param(crlf(PLAIN).encode() + bytes(4096), id="NULs behind the end"),
        pytest.param(crlf(PLAIN).encode() + b"\x1a", id="^Z at the end"),
        pytest.param(crlf(PLAIN).encode() + b"\x1a" * 300, id="^Z to the end of the block"),
        pytest.param(crlf(PLAIN).replace("to E", "\x1ato E").encode(), id="^Z in the middle"),
        pytest.param("\r\r\n".join([*PLAIN, ""]).encode(), id="CR CR LF"),
        pytest.param("\r".join([*PLAIN, ""]).encode(), id="CR alone"),
        pytest.param("\n".join(PLAIN).encode(), id="no last line end"),
    ],
)
def test_stray_control_characters_change_no_line(data: bytes) -> None:
    text = only(given_bytes(data))
    assert isinstance(text, Text)
    scan = Scan(text, [])
    (passage,) = scan
    assert passage.text.removesuffix("\n").split("\n") == PLAIN
    assert scan.lines == len(PLAIN)


def test_a_wrong_byte_in_utf_8_stays_in_its_line() -> None:
    text = only(given_bytes(crlf(GERMAN * 5).encode() + "für\r\n".encode("cp1252")))
    assert isinstance(text, Text)
    assert text.encoding == "utf-8"
    assert lines_of(text) == [*GERMAN * 5, "für"]


def test_blanks_are_a_text() -> None:
    assert isinstance(only(given_bytes(b" \r\n \r\n")), Text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (bytes(100), "no text"),
        (b"\xff\xfe", "no text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "picture"),
        (b"%PDF-1.4\n%\xe2\xe3\n", "PDF"),
        (b"MZ\x90\x00\x03" + bytes(90), "program"),
        (b"SQLite format 3\x00" + bytes(90), "database"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "pack it as .zip"),
        (bytes(range(256)) * 20, "not text"),
    ],
)
def test_what_is_no_text_gets_a_sentence_that_says_what_to_do(data: bytes, words: str) -> None:
    item = only(given_bytes(data))
    assert isinstance(item, Input)
    assert item.error is not None
    assert words in item.error
    assert item.error.count(". ") == 0


def test_random_bytes_are_no_text() -> None:
    assert isinstance(only(given_bytes(zlib.compress(os.urandom(9000)))), Input)


def test_too_large_an_input_names_limit_and_option() -> None:
    item = only(given_bytes(b"x" * 2001, plain=2000))
    assert isinstance(item, Input)
    assert item.bytes == 2001
    assert "2,000 bytes" in str(item.error)
    assert "--max-size" in str(item.error)


def test_a_file_that_cannot_be_opened_is_an_input_with_an_error(tmp_path: Path) -> None:
    missing = FileSource(name="gone.log", path=tmp_path / "gone.log")
    folder = FileSource(name="folder", path=tmp_path)
    for source in (missing, folder):
        item = only(list(unpack(source, Limits())))
        assert isinstance(item, Input)
        assert item.error


# ------------------------------------------------------------------------- archives


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


DATA = crlf(PLAIN).encode()


def summary(items: list[Text | EventFile | Input]) -> dict[str, str]:
    """Return what became of each input: its lines, or its error."""
    return {
        item.name: str(item.error) if isinstance(item, Input) else str(lines_of(item) == PLAIN)
        for item in items
    }


def test_a_gz_keeps_its_name_whatever_it_is_called() -> None:
    halves = gzip.compress(DATA[:70]) + gzip.compress(DATA[70:])
    assert summary(given_bytes(halves)) == {"x.log": "True"}


@pytest.mark.parametrize("lost", [8, 40])
def test_a_cut_gz_gives_its_readable_part_and_an_error(lost: int) -> None:
    data = b"".join(f"{n} {PLAIN[0]}\n".encode() for n in range(500))
    text = only(given_bytes(gzip.compress(data)[:-lost]))
    assert isinstance(text, Text)
    assert "cut or damaged" in str(text.error)
    assert lines_of(text)[0] == f"0 {PLAIN[0]}"


def test_zip_members_are_named_after_zip_and_member() -> None:
    members = {"logs/": b"", "logs/a.log": DATA, "../b.log": DATA, "c.gz": gzip.compress(DATA)}
    assert summary(given_bytes(zipped(members))) == {
        "x.log/logs/a.log": "True",
        "x.log/../b.log": "True",
        "x.log/c.gz": "True",
    }


def test_a_bad_member_does_not_hide_the_others() -> None:
    members = {"x.png": b"\x89PNG\r\n", "empty.log": b"", "a.log": DATA}
    found = summary(given_bytes(zipped(members)))
    assert found["x.log/a.log"] == "True"
    assert "picture" in found["x.log/x.png"]
    assert "empty" in found["x.log/empty.log"]


def test_a_member_with_a_wrong_checksum_is_an_error() -> None:
    data = bytearray(zipped({"a.log": DATA, "b.log": DATA}))
    at = data.index(zlib.crc32(DATA).to_bytes(4, "little"), data.index(b"PK\x01\x02"))
    data[at] ^= 1
    found = summary(given_bytes(bytes(data)))
    assert "damaged" in found["x.log/a.log"]
    assert found["x.log/b.log"] == "True"


def test_an_encrypted_member_says_so() -> None:
    data = bytearray(zipped({"a.log": DATA, "b.log": DATA}))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    found = summary(given_bytes(bytes(data)))
    assert "encrypted" in found["x.log/a.log"]
    assert found["x.log/b.log"] == "True"


def test_archives_are_opened_three_deep_and_no_deeper() -> None:
    three = zipped({"b.zip": zipped({"c.zip": zipped({"a.log": DATA})})})
    assert summary(given_bytes(three)) == {"x.log/b.zip/c.zip/a.log": "True"}
    four = zipped({"out.zip": three})
    (problem,) = summary(given_bytes(four)).values()
    assert "deep" in problem


def test_a_bomb_is_stopped_at_the_limit_and_what_came_before_is_kept() -> None:
    members = {"a.log": DATA, "bomb": bytes(40 * MIB), "b.log": DATA}
    found = summary(given_bytes(zipped(members), unpacked=20 * MIB))
    assert found["x.log/a.log"] == "True"
    assert "20 MiB" in found["x.log"]


def test_the_limit_counts_all_members_of_nested_archives() -> None:
    inner = zipped({str(n): b" " * MIB for n in range(6)})
    items = given_bytes(zipped({"a.zip": inner, "b.zip": inner}), unpacked=10 * MIB)
    *texts, problem = items
    assert isinstance(problem, Input)
    assert "10 MiB" in str(problem.error)
    assert [text.name for text in texts[:2]] == ["x.log/a.zip/0", "x.log/a.zip/1"]


def test_a_large_member_can_be_opened_as_often_as_needed() -> None:
    data = DATA * (9 * MIB // len(DATA))
    text = only(given_bytes(gzip.compress(data, 1)))
    assert isinstance(text, Text)
    with text.open() as one, text.open() as other:
        assert one.read(100) == other.read(100) == data[:100]
        assert one.read() == data[100:]
        assert other.seek(-10, 2) == len(data) - 10
        assert other.read() == data[-10:]


@pytest.mark.parametrize("data", [b"PK\x03\x04 and no more", zipped({"a": DATA})[:-30], zipped({})])
def test_a_broken_or_empty_zip_is_one_error(data: bytes) -> None:
    item = only(given_bytes(data))
    assert isinstance(item, Input)
    assert ".zip" in str(item.error)


def test_a_zip_whose_directory_would_fill_the_memory_is_refused() -> None:
    data = bytearray(zipped({"a": DATA}))
    at = data.index(b"PK\x05\x06")
    data[at + 10 : at + 12] = b"\xff\xff"
    item = only(given_bytes(bytes(data)))
    assert isinstance(item, Input)
    assert "too many files" in str(item.error)


# ---------------------------------------------------------------------------- fuzz

BEGINNINGS = [b"", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0"]
SEEDS = [DATA, WIDE, gzip.compress(DATA), zipped({"a.log": DATA, "b.gz": gzip.compress(DATA)})]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 8))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


@settings(deadline=None, max_examples=150)
@given(
    data=st.one_of(damaged(), st.builds(bytes.__add__, st.sampled_from(BEGINNINGS), st.binary()))
)
def test_every_byte_string_gives_texts_or_errors(data: bytes) -> None:
    items = given_bytes(data)
    assert items
    for item in items:
        if isinstance(item, Text):
            assert isinstance(lines_of(item), list)
        else:
            assert isinstance(item, EventFile) or item.error
