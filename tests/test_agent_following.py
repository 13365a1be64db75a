"""Following a log: whatever its writers do with the file, each entry is reported once."""

import codecs
import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.entries import Entries
from bot.agent.following import Follower, mark_of, put_aside
from bot.agent.lines import whole_lines
from bot.agent.opening import open_log
from tests.agents import agent, bot_side, connected, copied, enrolled, lock, until


class Log:
    """A log that is followed step by step, without waiting."""

    def __init__(self, path):
        self.path = path
        self.follower = Follower(path, open_log, None)
        self.entries = Entries(path.name)
        self.encoding = "ascii"

    def append(self, text):
        with self.path.open("ab") as file:
            file.write(text if isinstance(text, bytes) else text.encode(self.encoding))

    def again(self):
        """Go on as an agent does that was started anew."""
        self.follower = Follower(self.path, open_log, mark_of(self.follower.mark.as_text()))
        self.entries = Entries(self.path.name)

    def new(self):
        """Return what the log has got, as pairs of line and file name."""
        found = []
        for piece in self.follower.read():
            if piece.line == 1:
                self.entries.restart()
            lines = whole_lines(piece)
            found += self.entries.read(lines) if lines.text else []
            if not piece.closed:
                self.follower.mark = self.follower.after(lines.data, lines.count)
        return [(entry.line, entry.path.rsplit("\\", 1)[1]) for entry in found]


@pytest.fixture
def log(tmp_path):
    (tmp_path / "Despool.log").write_bytes(b"")
    return Log(tmp_path / "Despool.log")


def lines(*names, end="\r\n"):
    return "".join(lock(name, second) + end for second, name in enumerate(names, 10))


def test_what_is_there_at_the_start_is_not_new(tmp_path):
    path = tmp_path / "Despool.log"
    path.write_text(lines("old.cab"))
    log = Log(path)
    assert log.new() == []
    log.append(lines("new.cab"))
    assert log.new() == [(2, "new.cab")]
    assert log.new() == []


def test_a_log_that_is_made_later_is_new_from_its_first_line(tmp_path):
    log = Log(tmp_path / "Despool.log")
    assert log.new() == []
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]


def test_a_line_counts_when_it_is_whole(log):
    text = lines("a.cab", "b.cab")
    half = text.index("Win32 Error") + len("Win32 Error = 3")
    log.append(text[:half])
    assert log.new() == []
    log.append(text[half : half + 1])
    assert log.new() == []
    log.append(text[half + 1 :])
    assert log.new() == [(1, "a.cab"), (2, "b.cab")]


def test_a_last_line_without_its_end_counts_when_its_stamp_is_there(log):
    log.append(lock("a.cab"))
    assert log.new() == [(1, "a.cab")]
    log.append("\r\n" + lock("b.cab"))
    assert log.new() == [(2, "b.cab")]
    log.append("\r\n")
    assert log.new() == []


def test_what_was_written_before_the_log_was_put_aside_is_read_there(log):
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]
    log.append(lines("b.cab") + lock("c.cab"))
    log.path.replace(put_aside(log.path))
    assert log.new() == []  # there is no log now
    log.append(lines("d.cab"))
    assert log.new() == [(2, "b.cab"), (3, "c.cab"), (1, "d.cab")]
    assert log.path.with_name("Despool.lo_").exists()
    log.append(lines("e.cab"))
    assert log.new() == [(2, "e.cab")]


def test_a_log_that_is_copied_aside_and_cut_off_loses_nothing(log):
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]
    log.append(lines("b.cab"))
    put_aside(log.path).write_bytes(log.path.read_bytes())
    os.truncate(log.path, 0)
    log.append(lines("c.cab"))
    assert log.new() == [(2, "b.cab"), (1, "c.cab")]


def test_a_log_that_is_put_aside_twice_goes_on_with_the_newest(log):
    for name in ("a.cab", "b.cab", "c.cab"):
        log.append(lines(name))
        log.path.replace(put_aside(log.path))
    log.append(lines("d.cab"))
    assert log.new()[-1] == (1, "d.cab")


@pytest.mark.parametrize("size", [0, 1, 60])
def test_a_log_that_is_cut_off_is_read_from_its_start(log, size):
    log.append(lines("a.cab", "b.cab"))
    assert len(log.new()) == 2
    os.truncate(log.path, size)
    assert log.new() == []
    log.append("\r\n" + lines("c.cab"))
    assert [name for _, name in log.new()] == ["c.cab"]


def test_a_log_that_is_written_anew_in_its_place_is_read_from_its_start(log):
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]
    with log.path.open("r+b") as file:  # the same file, longer, and other text
        file.write(lines("x.cab", "y.cab", "z.cab").encode())
    assert log.new() == [(1, "x.cab"), (2, "y.cab"), (3, "z.cab")]


def test_a_log_of_the_same_length_that_says_something_else_is_read_again(log):
    log.append(lines("a.cab"))
    log.new()
    log.path.write_text(lines("b.cab", end="\r\n"), newline="")
    os.utime(log.path, ns=(1, 1))
    assert log.new() == [(1, "b.cab")]


def test_after_a_pause_it_goes_on_where_it_was(log):
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]
    log.append(lines("b.cab"))
    log.path.replace(put_aside(log.path))
    log.append(lines("c.cab"))
    log.again()
    assert log.new() == [(2, "b.cab"), (1, "c.cab")]
    log.again()
    assert log.new() == []


ENCODINGS = {
    "UTF-16 with its mark": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "UTF-16 without": (b"", "utf-16-le"),
    "UTF-16 the other way round": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "UTF-16 the other way round, without": (b"", "utf-16-be"),
    "UTF-8 with its mark": (codecs.BOM_UTF8, "utf-8"),
    "UTF-8": (b"", "utf-8"),
    "the code page of Windows": (b"", "cp1252"),
}


@pytest.mark.parametrize("case", ENCODINGS)
def test_a_log_is_followed_in_its_encoding_byte_by_byte(tmp_path, case):
    mark, encoding = ENCODINGS[case]
    log = Log(tmp_path / "Despool.log")
    text = lines("Größe für Zürich.cab", "b.cab", "Größe.cab")
    found = []
    for byte in mark + text.encode(encoding):
        log.append(bytes([byte]))
        if byte in b"\n\0\r>":
            found += log.new()
    found += log.new()
    assert found == [(1, "Größe für Zürich.cab"), (2, "b.cab"), (3, "Größe.cab")]


def test_a_log_of_two_encodings_is_read_in_both(log):
    log.append(lines("a.cab"))
    assert log.new() == [(1, "a.cab")]
    log.append(lines("b.cab").encode("utf-16-le"))
    assert [name for _, name in log.new()] == ["b.cab"]
    log.append(lines("c.cab"))
    assert [name for _, name in log.new()] == ["c.cab"]


def test_a_success_is_told_of_a_file_that_failed_alone(log):
    log.append(copied("never.cab") + "\n" + lock("a.cab") + "\n")
    assert log.new() == [(2, "a.cab")]
    log.append(copied("a.cab") + "\n" + copied("a.cab") + "\n")
    assert log.new() == [(3, "a.cab")]


@pytest.mark.parametrize("between", [0, 30])
def test_an_entry_over_several_lines_is_one_however_slowly_it_comes(log, between):
    rows = [
        "<![LOG[Failed to add file 'E:\\SMSPKGE$\\CAS0000F\\lang\\fr.mui' to content library.",
        *("more words" for _ in range(between)),
        'Error code: 0X80070020]LOG]!><time="14:24:33.345+420" date="06-26-2015" '
        'component="SmsDPProvider" context="" type="3" thread="1256" file="sspcontent.cpp:88">',
    ]
    found = []
    for row in rows:
        log.append(row + "\r\n")
        found += log.new()
    assert found == [(1, "fr.mui")]


@given(cuts=st.lists(st.integers(0, 900), max_size=8), utf16=st.booleans())
def test_wherever_the_writes_are_cut_each_entry_is_reported_once(tmp_path_factory, cuts, utf16):
    log = Log(tmp_path_factory.mktemp("cuts") / "Despool.log")
    names = ["a.cab", "b.cab", "c.cab"]
    data = lines(*names).encode("utf-16" if utf16 else "ascii")
    found = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        log.append(data[start:end])
        found += log.new()
    assert found == list(enumerate(names, 1))


def test_a_log_is_open_for_the_moment_of_reading_alone(log):
    log.append(lines("a.cab"))
    log.new()
    own = [os.path.realpath(one) for one in Path("/proc/self/fd").iterdir()]
    assert str(log.path.resolve()) not in own


@asynccontextmanager
async def followed(bot, tmp_path):
    config = await enrolled(bot, tmp_path, logs=(tmp_path / "Despool.log",))
    async with agent(config):
        await connected(bot)
        yield config


async def test_a_line_that_is_written_again_with_the_log_is_pushed_once(tmp_path):
    path = tmp_path / "Despool.log"
    path.write_text("")
    async with bot_side() as bot, followed(bot, tmp_path):
        path.write_text(lines("a.cab", end="\n"))
        await until(lambda: len(bot.of_type("record")) == 1)
        path.write_text("~Site code = S1\n" + lines("a.cab", "b.cab", end="\n"))
        await until(lambda: len(bot.of_type("record")) == 2)
        texts = [push.entry.text for push in bot.of_type("record")]
    assert texts == [lock("a.cab", 10), lock("b.cab", 11)]


async def test_a_line_without_a_time_counts_again_unless_the_log_was_written_anew(tmp_path):
    path = tmp_path / "Despool.log"
    path.write_text("")
    bare = lock("a.cab").partition("  $$")[0] + "\n"
    async with bot_side() as bot, followed(bot, tmp_path):
        for count in (1, 2):
            with path.open("a") as file:
                file.write(bare)
            await until(lambda count=count: len(bot.of_type("record")) == count)
        with path.open("r+") as file:
            file.write("~Written anew\n" + bare + lock("b.cab") + "\n")
        await until(lambda: lock("b.cab") in [one.entry.text for one in bot.of_type("record")])
    assert len(bot.of_type("record")) == 3


async def test_what_was_written_while_the_agent_was_down_is_pushed_once(tmp_path):
    path = tmp_path / "Despool.log"
    path.write_text("")
    async with bot_side() as bot:
        async with followed(bot, tmp_path) as config:
            path.write_text(lines("a.cab", end="\n"))
            await until(lambda: len(bot.of_type("record")) == 1)
        with path.open("a") as file:
            file.write(lock("b.cab", 50) + "\n")
        for _ in range(2):
            async with agent(config):
                await until(lambda: len(bot.of_type("record")) == 2)
    assert [push.entry.line for push in bot.of_type("record")] == [1, 2]
