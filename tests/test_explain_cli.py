"""`despool explain` as a person, a pipe and a script meet it: real processes, real files."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from bot import __version__
from bot.cli import size_in_bytes

ROOT = Path(__file__).parent.parent
DESPOOL = [sys.executable, "-m", "bot"]

EVENT = (
    "Event 109\r\nFailed to install package. There isn't sufficient disk space on package server"
    " \\\\NTSITE1\\SMS_PKGE\\DOG0005D. Disk space available on that server is  megabytes,"
    " space required is  megabytes.\r\n"
)
LOCKED = r"E:\SMS_PKGE\DOG0005D\filename.EXE"
LINE = (
    f"~Copying E:\\_S M0000.TMP\\filename.EXE to {LOCKED}, Failed, Win32 Error = 32"
    "  $$<SMS_DESPOOLER><Thu Sep 10 09:55:37 1998~><thread=1D0>\r\n"
)
VERDICT = "Likely not disk space: a file of the package was locked"  # the event has no time
QUIET = "Nothing has happened today.\n"


def despool(
    *words: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*DESPOOL, *words],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        timeout=60,
    )


def explain(
    *words: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    done = despool("explain", *words, stdin=stdin, env=env)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def event(tmp_path: Path) -> str:
    path = tmp_path / "alert.txt"
    path.write_bytes(EVENT.encode())
    return str(path)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "despool.log"
    path.write_bytes(LINE.encode())
    return str(path)


@pytest.fixture
def quiet(tmp_path: Path) -> str:
    path = tmp_path / "quiet.log"
    path.write_text(QUIET)
    return str(path)


def kinds(output: str) -> list[str]:
    return [finding["kind"] for finding in json.loads(output)["findings"]]


def test_several_files_are_one_body_of_evidence(event: str, log: str) -> None:
    status, out, err = explain(event, log)
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == VERDICT
    assert f"File: {LOCKED}" in out
    assert f"{log}:1: ~Copying" in out


def test_a_log_alone_is_a_lock_and_an_event_alone_asks_for_the_log(event: str, log: str) -> None:
    assert kinds(explain("--json", log)[1]) == ["lock-only"]
    assert kinds(explain("--json", event)[1]) == ["event-only"]


@pytest.mark.parametrize("words", [(), ("-",), ("-", "-")])
def test_a_paste_comes_through_the_standard_input(words: Sequence[str]) -> None:
    status, out, err = explain(*words, stdin=(EVENT + LINE).encode())
    assert (status, err) == (0, "")
    assert out.startswith(VERDICT)


def test_standard_input_and_files_go_together(event: str) -> None:
    status, out, _ = explain("--json", event, "-", stdin=LINE.encode())
    assert (status, kinds(out)) == (0, ["false-disk-space"])
    assert [item["name"] for item in json.loads(out)["inputs"]] == [event, "-"]


def test_the_same_file_twice_proves_nothing_more(event: str, log: str) -> None:
    once, twice = (
        json.loads(explain("--json", *words)[1])["findings"]
        for words in ((event, log), (event, log, event, log))
    )
    for finding in (*once, *twice):
        del finding["evidence"]
    assert once == twice


def test_a_long_pipe_is_read_whole(event: str) -> None:
    filler = b"Waiting for instructions  $$<SMS_DESPOOLER><x><thread=1>\r\n" * 40_000
    status, out, err = explain("--json", event, "-", stdin=filler + LINE.encode())
    assert (status, err) == (0, "")
    assert kinds(out) == ["false-disk-space"]
    assert json.loads(out)["inputs"][1]["bytes"] == len(filler) + len(LINE)


def test_the_output_of_a_command_is_read_like_a_file(log: str) -> None:
    """As a shell passes it for `despool explain <(command) despool.log`."""
    read, write = os.pipe()
    os.write(write, EVENT.encode())
    os.close(write)
    done = subprocess.run(
        [*DESPOOL, "explain", "--json", f"/dev/fd/{read}", log],
        capture_output=True,
        cwd=ROOT,
        pass_fds=[read],
        timeout=60,
    )
    os.close(read)
    assert (done.returncode, done.stderr) == (0, b"")
    assert kinds(done.stdout.decode()) == ["false-disk-space"]


def test_nothing_found_is_one_sentence_and_status_one(quiet: str) -> None:
    status, out, err = explain(quiet)
    assert (status, err) == (1, "")
    assert out.count("\n") == 1
    assert quiet in out


def test_json_is_one_object_also_with_no_findings(quiet: str) -> None:
    status, out, err = explain("--json", quiet)
    assert (status, err) == (1, "")
    assert json.loads(out) == {
        "version": 1,
        "inputs": [{"name": quiet, "bytes": len(QUIET), "lines": 1, "encoding": "utf-8"}],
        "findings": [],
    }


def test_json_gives_the_fields_of_the_contract(event: str, log: str) -> None:
    finding: dict[str, Any] = json.loads(explain("--json", event, log)[1])["findings"][0]
    assert finding["rule"] == "blank-109-with-lock"
    assert finding["server"] == "NTSITE1"
    assert finding["package"] == "DOG0005D"
    assert finding["files"] == [LOCKED]
    assert finding["advice"][0]["id"] == "look-at-share-first"
    assert finding["advice"][0]["warning"] is False
    assert {quote["source"] for quote in finding["evidence"]} == {event, log}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_json_is_utf_8_whatever_the_terminal_speaks(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "データ.log"
    path.write_text(LINE.replace("filename", "Übung€データ"), "utf-8")
    status, out, err = explain("--json", str(path), env={"PYTHONIOENCODING": encoding})
    assert (status, err) == (0, "")
    assert json.loads(out)["findings"][0]["files"] == [LOCKED.replace("filename", "Übung€データ")]
    assert json.loads(out)["inputs"][0]["name"] == str(path)


@pytest.mark.parametrize("words", [("--json",), ()])
def test_a_file_name_that_is_no_text_does_not_stop_the_answer(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\xfe.log"
    Path(os.fsdecode(name)).write_text(LINE)
    status, out, err = explain(*words, name)
    assert (status, err) == (0, "")
    if words:
        assert os.fsencode(json.loads(out)["inputs"][0]["name"]) == name


def test_text_that_the_terminal_cannot_say_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(LINE.replace("filename", "データ"), "utf-8")
    status, out, err = explain(str(path), env={"PYTHONIOENCODING": "ascii"})
    assert (status, err) == (0, "")
    assert r"\u30c7\u30fc\u30bf.EXE" in out


@pytest.mark.parametrize(
    ("name", "data"),
    [("empty.log", b""), ("image.bin", bytes(range(256)) * 64), ("broken.zip", b"PK\3\4broken")],
)
def test_what_cannot_be_read_is_named_and_the_others_are_answered(
    tmp_path: Path, event: str, log: str, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    status, out, err = explain(event, str(path), log)
    assert status == 2
    assert out.startswith(VERDICT)
    assert err.startswith(f"despool: {path}: ")
    assert err.count("\n") == 1


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path, event: str, log: str) -> None:
    missing = str(tmp_path / "missing.log")
    status, out, err = explain(missing, event, str(tmp_path), log)
    assert status == 2
    assert out.startswith(VERDICT)
    assert [line.split(": ")[1] for line in err.splitlines()] == [missing, str(tmp_path)]


def test_json_of_a_bad_input_still_holds_only_the_object(tmp_path: Path, log: str) -> None:
    status, out, err = explain("--json", str(tmp_path / "missing"), log)
    assert status == 2
    assert kinds(out) == ["lock-only"]
    assert "error" in json.loads(out)["inputs"][0]
    assert err.startswith("despool: ")


def test_when_nothing_can_be_read_nothing_is_said_to_be_harmless(tmp_path: Path) -> None:
    status, out, _ = explain(str(tmp_path / "missing"))
    assert (status, out) == (2, "")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("100", 100),
        ("0.5kB", 500),
        ("4GiB", 4 << 30),
        ("500MB", 500_000_000),
        ("1 m", 1_000_000),
        ("2KIB", 2048),
        (" 1t ", 10**12),
        ("7b", 7),
    ],
)
def test_a_size_may_be_written_as_people_write_it(text: str, size: int) -> None:
    assert size_in_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "0", "-1", "1e3", "5XB", "1.5.2", "GiB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="500MB"):
        size_in_bytes(text)


def test_a_file_over_the_limit_is_refused_with_the_way_out(log: str) -> None:
    status, out, err = explain("--max-size", "100", log)
    assert (status, out) == (2, "")
    assert "--max-size" in err


def test_a_pipe_over_the_limit_is_refused_and_its_temporary_copy_removed(tmp_path: Path) -> None:
    status, _, err = explain(
        "--max-size", "2MB", stdin=b"x" * 3_000_000, env={"TMPDIR": str(tmp_path)}
    )
    assert status == 2
    assert "larger than" in err
    assert list(tmp_path.iterdir()) == []


def test_the_limit_holds_for_what_comes_out_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.log", LINE + " " * 100_000)
    assert explain(str(path))[0] == 0
    assert explain("--max-size", "50kB", str(path))[0] == 2


@pytest.mark.parametrize(
    "words",
    [("--max-size", "much"), ("--response", "soon")],
)
def test_wrong_usage_is_status_two_and_nothing_on_standard_output(words: tuple[str, ...]) -> None:
    status, out, err = explain(*words)
    assert (status, out) == (2, "")
    assert "Usage: " in err


def test_a_reader_who_has_gone_is_no_fault(event: str, log: str) -> None:
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [*DESPOOL, "explain", event, log], stdout=write, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_an_answer_that_cannot_be_written_is_a_fault(log: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*DESPOOL, "explain", log], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"despool: the answer could not be written: ")
    assert done.stderr.count(b"\n") == 1


def test_a_person_without_a_file_is_told_to_paste_and_may_give_up() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*DESPOOL, "explain"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Paste" in told
    assert b"Ctrl-D" in told
    assert (process.returncode, out, err) == (130, b"", b"")


def test_a_person_sees_colours_and_no_line_of_prose_too_wide(event: str, log: str) -> None:
    shown = on_terminal("explain", event, log, columns=60)
    assert "\x1b[" in shown
    assert VERDICT in shown
    steps = shown.partition("What to do:")[2].partition("Evidence:")[0]
    widths = [len(line) for line in re.sub(r"\x1b\[[0-9;]*m", "", steps).splitlines()]
    assert 40 < max(widths) <= 60


def on_terminal(*words: str, columns: int) -> str:
    """Run a command with all three streams on a pseudo-terminal and return what it shows."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen(
        [*DESPOOL, *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=env
    ) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the last writer has closed
        return b""


def test_explaining_imports_nothing_that_is_slow_to_start(event: str, log: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "explain", event, log],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "bot.analysis" in imported
    slow = {"slack_bolt", "slack_sdk", "aiohttp", "pydantic", "rich", "asyncio"}
    assert imported & slow == set()


def test_the_version_is_told() -> None:
    done = despool("--version")
    assert (done.returncode, done.stdout) == (0, f"despool {__version__}\n".encode())


@pytest.mark.parametrize("command", ["explain", "demo"])
def test_the_help_shows_examples(command: str) -> None:
    done = despool(command, "--help")
    assert done.returncode == 0
    assert f"\n  despool {command} ".encode() in done.stdout


def test_without_a_command_the_help_is_shown_and_the_status_is_two() -> None:
    done = despool()
    assert done.returncode == 2
    assert b"explain" in done.stdout + done.stderr
