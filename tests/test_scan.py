"""Large texts are searched, and only the neighbourhoods of hits are handed on."""

from __future__ import annotations

import io
import itertools
import random
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pytest

from bot.reading.decode import Text, unpack
from bot.reading.scan import Passage, Scan
from bot.reading.search import Find, hyperscan_finder, re_finder
from bot.reading.sources import MIB, BytesSource, FileSource, Limits
from bot.reading.words import Core

MARKS = [r"Win32\s*Error", r"sufficient\s+disk", "sharing violation"]
NOISE = "~Waiting for ready instruction files $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~>"
HIT = "~Copying E:\\a to E:\\b, Failed, WIN32 Error = 32"
AROUND = 40

finders = pytest.mark.parametrize("make", [hyperscan_finder, re_finder])


def scan_of(data: bytes, find: Find | None = None) -> Scan:
    (text,) = unpack(BytesSource(name="x.log", data=data), Limits())
    assert isinstance(text, Text)
    return Scan(text, MARKS, find=find)


def log(count: int, hits: Sequence[int], end: str = "\r\n") -> tuple[list[str], bytes]:
    """Return numbered lines, of which those at `hits` hold a mark, and their bytes."""
    wanted = set(hits)
    lines = [f"{n} {HIT if n in wanted else NOISE}" for n in range(1, count + 1)]
    return lines, "".join(line + end for line in lines).encode()


def lines_of(passage: Passage) -> list[str]:
    return passage.text.removesuffix("\n").split("\n")


def spans(scan: Scan) -> list[tuple[int, int]]:
    """Return first and last line of each passage."""
    return [(p.first_line, p.first_line + len(lines_of(p)) - 1) for p in scan]


def test_a_small_text_is_one_passage_with_everything() -> None:
    lines, data = log(100, [])
    scan = scan_of(data)
    (passage,) = scan
    assert (passage.first_line, lines_of(passage), scan.lines) == (1, lines, 100)


@finders
def test_a_large_text_without_a_hit_gives_nothing_but_its_lines(make: type[Find]) -> None:
    _, data = log(30_000, [])
    scan = scan_of(data, make(MARKS))
    assert (list(scan), scan.lines) == ([], 30_000)


@finders
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_passages_are_whole_numbered_lines_around_the_hits(
    make: type[Find], end: str, codec: str
) -> None:
    hits = [1, 5_000, 5_050, 12_000, 12_082, 20_000, 29_999]
    lines, data = log(30_000, hits, end)
    scan = scan_of(data.decode().encode(codec), make(MARKS))
    passages = list(scan)
    for passage in passages:
        found = lines_of(passage)
        assert found == lines[passage.first_line - 1 :][: len(found)]
    assert [(p.first_line, p.first_line + len(lines_of(p)) - 1) for p in passages] == [
        (1, 1 + AROUND),
        (5_000 - AROUND, 5_050 + AROUND),
        (12_000 - AROUND, 12_000 + AROUND),
        (12_082 - AROUND, 12_082 + AROUND),
        (20_000 - AROUND, 20_000 + AROUND),
        (29_999 - AROUND, 30_000),
    ]
    assert scan.lines == 30_000


def test_both_finders_give_the_same_passages() -> None:
    dice = random.Random(7)  # noqa: S311
    hits = sorted(dice.sample(range(1, 60_000), 300))
    for codec in ("utf-8", "cp1252", "utf-16-le"):
        data = log(60_000, hits)[1].decode().encode(codec)
        fast, plain = (list(scan_of(data, make(MARKS))) for make in (hyperscan_finder, re_finder))
        assert fast == plain
        assert len(fast) > 100


@finders
@pytest.mark.parametrize("shift", range(-30, 31, 6))
def test_a_hit_across_the_border_of_two_blocks_is_found(make: type[Find], shift: int) -> None:
    filler = (NOISE + "\n").encode() * 40_000
    cut = MIB + shift
    data = filler[:cut] + b"\n" + HIT.encode() + b"\n" + filler
    (passage,) = scan_of(data, make(MARKS))
    assert HIT in lines_of(passage)


@finders
def test_a_mark_may_reach_over_a_line_end(make: type[Find]) -> None:
    _, noise = log(9_000, [])
    (passage,) = scan_of(noise + b"isn't sufficient\r\ndisk space\r\n" + noise, make(MARKS))
    assert "isn't sufficient\ndisk space\n" in passage.text


@pytest.mark.parametrize(
    ("codec", "word"), [("cp1252", "Größe"), ("cp850", "Größe"), ("cp932", "配布ファイル")]
)
def test_old_encodings_are_searched_as_they_are(codec: str, word: str) -> None:
    lines, data = log(20_000, [10_000])
    data = data.decode().replace("10000 ", f"{word} 10000 ").encode(codec)
    scan = scan_of(data)
    (passage,) = scan
    assert f"{word} {lines[9_999]}" in lines_of(passage)
    assert scan.encoding == codec


@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_letters_late_in_a_large_text_still_tell_its_encoding(codec: str) -> None:
    _, data = log(40_000, [39_000])
    scan = scan_of(data.decode().replace("39000 ", "Größe ").encode(codec))
    (passage,) = scan
    assert f"Größe {HIT}" in lines_of(passage)
    assert scan.encoding == codec


def test_nuls_inside_a_mark_do_not_hide_it() -> None:
    _, data = log(20_000, [10_000])
    scan = scan_of(data.replace(b"Error", b"Er\0ror"))
    assert spans(scan) == [(9_960, 10_040)]


def test_a_ctrl_z_at_the_end_is_no_line() -> None:
    _, data = log(20_000, [])
    scan = scan_of(data + b"\x1a")
    assert list(scan) == []
    assert scan.lines == 20_000


def test_progress_adds_up_to_the_size() -> None:
    for codec in ("utf-8", "utf-16-le"):
        data = log(40_000, [7])[1].decode().encode(codec)
        (text,) = unpack(BytesSource(name="x", data=data), Limits())
        assert isinstance(text, Text)
        steps: list[int] = []
        list(Scan(text, MARKS, steps.append))
        assert sum(steps) == len(data)
        assert len(steps) > 2


# ------------------------------------------------------------------- long and dense


@finders
def test_a_line_without_end_is_cut_to_windows_around_its_hits(make: type[Find]) -> None:
    data = b"x" * (3 * MIB) + HIT.encode() + b"y" * (3 * MIB) + HIT.encode() + b"z" * MIB
    scan = scan_of(b"first\n" + data, make(MARKS))
    passages = list(scan)
    assert [passage.text.count(HIT) for passage in passages] == [1, 1]
    assert all(passage.first_line == 2 for passage in passages)
    assert all(len(passage.text) < 32 * 1024 for passage in passages)
    assert scan.lines == 2


@finders
def test_when_every_line_is_a_hit_each_is_owned_by_exactly_one_piece(make: type[Find]) -> None:
    count = 60_000
    lines, data = log(count, range(1, count + 1))
    owned: list[str] = []
    passages = list(scan_of(data, make(MARKS)))
    for passage in passages:
        assert len(passage.text) < 1.2 * MIB
        for number, line in enumerate(lines_of(passage), passage.first_line):
            if passage.owns(number):
                owned.append(line)
    assert owned == lines
    assert len(passages) > 2


@finders
def test_a_piece_shows_what_comes_before_and_after_its_own_lines(make: type[Find]) -> None:
    count = 60_000
    _, data = log(count, range(1, count + 1))
    passages = list(scan_of(data, make(MARKS)))
    for earlier, later in itertools.pairwise(passages):
        assert earlier.fresh_until == later.fresh_from
        last = earlier.first_line + len(lines_of(earlier)) - 1
        assert last - later.fresh_from >= AROUND - 1
        assert later.fresh_from - later.first_line >= AROUND


class _Endless(io.RawIOBase):
    """A file of a given size that repeats one block and is stored nowhere."""

    def __init__(self, block: bytes, size: int) -> None:
        self._block, self._size, self._at = block, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        start = self._at % len(self._block)
        piece = self._block[start : start + min(len(view), self._size - self._at)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(NOISE + "\n", id="no hit"),
        pytest.param(HIT + "\n", id="every line a hit"),
        pytest.param(HIT, id="one line that is all hits"),
        pytest.param("\r", id="nothing but CR"),
    ],
)
def test_memory_does_not_grow_with_the_text(line: str) -> None:
    block = (line * (MIB // len(line))).encode()
    peaks = []
    for size in (4 * MIB, 8 * MIB):

        def opened(size: int = size) -> BinaryIO:
            return io.BufferedReader(_Endless(block, size))  # type: ignore[return-value]

        text = Text(name="x", size=size, encoding="utf-8", open=opened)
        tracemalloc.start()
        for passage in Scan(text, MARKS):
            assert passage.text
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + MIB
    assert peaks[1] < 40 * MIB


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    _, data = log(20_000, [10_000])
    path = tmp_path / "Despool.log"
    path.write_bytes(data)
    (text,) = unpack(FileSource(name="Despool.log", path=path), Limits())
    assert isinstance(text, Text)
    scan = Scan(text, MARKS)
    assert spans(scan) == [(9_960, 10_040)]
    assert spans(scan) == [(9_960, 10_040)]


def neighbourhoods(hits: Sequence[int], count: int) -> Iterator[tuple[int, int]]:
    """Return the spans that the definition asks for, by the simplest means."""
    wanted = {n for hit in hits for n in range(hit - AROUND, hit + AROUND + 1) if 1 <= n <= count}
    start = None
    for n in range(1, count + 2):
        if n in wanted and start is None:
            start = n
        elif n not in wanted and start is not None:
            yield start, n - 1
            start = None


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("seed", range(3))
def test_random_hits_give_the_spans_of_the_definition(seed: int, codec: str) -> None:
    dice = random.Random(seed)  # noqa: S311
    hits = sorted(dice.sample(range(1, 40_000), 150))
    lines, data = log(40_000, hits)
    passages = list(scan_of(data.decode().encode(codec)))
    for passage in passages:
        assert lines_of(passage)[0] == lines[passage.first_line - 1]
    found = [(p.first_line, p.first_line + len(lines_of(p)) - 1) for p in passages]
    assert found == list(neighbourhoods(hits, 40_000))


def test_an_entry_by_itself_brings_only_the_lines_beside_it() -> None:
    _, data = log(20_000, [5_000, 5_002, 9_000, 15_000, 15_020])
    for number in (5_000, 5_002, 15_020):
        data = data.replace(f"\n{number} {HIT}".encode(), f"\n{number} {HIT} <thread=1D0>".encode())
    (text,) = unpack(BytesSource(name="x", data=data), Limits())
    assert isinstance(text, Text)
    assert spans(Scan(text, MARKS, alone=r"<thread=")) == [
        (4_999, 5_003),
        (8_960, 9_040),
        (14_960, 15_040),
    ]


@pytest.mark.parametrize(
    ("mark", "word"),
    [
        ("win32", "win32"),
        (r"Error \d{1,5}:", "error "),
        (r"space\s{1,8}on\s{1,8}the", "space"),
        (r"event_?id\W{0,4}109\W", "event"),
        (r"events?\W109", "event"),
        (r"colou{1,2}r", "colou"),
        (r"[^0-9a-z]109[\s,]{1,8}sms", "109"),
        (r"E:\\SMS\ PKGE\\a\.exe\s{0,4},", "e:\\sms pkge\\a.exe"),
        (r"(one|two)more", "more"),
        (r"((one)|two(three)?) more", " more"),
        (r"one|another", None),
        (r"\d\d\d", None),
        ("配布ファイル", None),
    ],
)
def test_the_words_of_a_pattern_is_in_all_its_matches(mark: str, word: str | None) -> None:
    assert Core.of(mark).words == ((word,) if word else ())


def test_a_choice_of_words_is_looked_for_by_all_of_them() -> None:
    assert Core.of(r"[^0-9](3221225581|2147483757)[^0-9]").words == ("3221225581", "2147483757")
    assert Core.of(r"(one|two)?\d").words == ()


@finders
@pytest.mark.parametrize(
    "mark",
    [
        r"locked\s{1,4}by",
        "LOCKED",
        r"(busy|locked) by",
        r"busy|locked",
        r"lock.d by",
        r"größ.r ist locked",
        r"[^a-z]locked\W",
    ],
)
def test_a_pattern_is_found_with_and_without_its_word(make: type[Find], mark: str) -> None:
    text = "nothing\n" * 900 + "größer ist Locked by somebody\n" + "unlockedly\n" * 5
    for codec in ("utf-8", "cp1252"):
        data = text.encode(codec)
        ends = {match.end() for match in re.finditer(mark, text, re.IGNORECASE)}
        shift = len(data) - len(text)
        assert set(make([mark])(data)) == {end + shift for end in ends}
