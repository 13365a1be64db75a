"""`despool holders` on any path: what it prints, with which status, and nothing else."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

import pytest

from bot.wire import Holder, ProbeReport, WhoHolds
from tests.holding import IS_ROOT, NEEDS_ROOT, ROOT, as_nobody, held, look, pids, running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks about paths of Linux")

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")  # colours, the only thing a terminal is told


def despool(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bot", "holders", *words]
    return subprocess.run(
        command, capture_output=True, cwd=cwd, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )


def test_json_has_exactly_the_fields_of_the_contract(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x")
    with held(file):
        answer = look(file)[1]
    assert list(answer) == [field.name for field in fields(WhoHolds)]
    assert {"host", "path", "resolved", "state", "holders", "probes", "complete"} <= set(answer)
    assert {"sampled_ms", "samples"} <= set(answer)
    assert list(answer["holders"][0]) == [field.name for field in fields(Holder)]
    assert list(answer["probes"][0]) == [field.name for field in fields(ProbeReport)]


# ---- paths that lead nowhere, or elsewhere


def test_a_file_that_is_not_there_is_gone(tmp_path):
    status, answer = look(tmp_path / "nothing")
    assert (status, answer["state"], answer["complete"], answer["holders"]) == (1, "gone", True, [])


def test_a_link_that_leads_to_nothing_is_gone(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "nothing")
    status, answer = look(link)
    assert (status, answer["state"]) == (1, "gone")
    assert answer["resolved"] == os.path.realpath(tmp_path / "nothing")


def test_a_path_through_a_file_is_gone(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    assert look(tmp_path / "file" / "below")[1]["state"] == "gone"


def test_links_in_a_circle_cannot_be_told(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    status, answer = look(tmp_path / "a")
    assert (status, answer["state"], answer["complete"]) == (2, "unknown", False)
    assert answer["probes"][0]["error"] == "its links lead in a circle"


def test_a_name_longer_than_the_system_takes_cannot_be_told(tmp_path):
    status, answer = look(tmp_path / ("a" * 300))
    assert (status, answer["state"]) == (2, "unknown")


@pytest.mark.skipif(not IS_ROOT, reason=NEEDS_ROOT)
def test_a_folder_that_may_not_be_entered_is_not_called_empty():
    # it gives its rights away after the start: nobody may be unable to run this Python
    code = (
        "import json, os, sys; from bot.agent.procfs.finding import find; os.setgroups([]); "
        "os.setgid(65534); os.setuid(65534); print(json.dumps(find(sys.argv[1])))"
    )
    with tempfile.TemporaryDirectory() as closed:  # pytest's own folders are closed already above
        ended = subprocess.run(
            [sys.executable, "-c", code, f"{closed}/a"], capture_output=True, text=True, cwd=ROOT
        )
    found = json.loads(ended.stdout)
    assert (found["is"], found["why"]) == ("unseen", f"no right to look into {closed}")


def test_a_relative_path_starts_where_the_command_runs(tmp_path):
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "a"
    file.write_bytes(b"x")
    with held(file) as pid:
        _, answer = look("../folder/a", cwd=tmp_path / "folder")
    assert pids(answer) == [pid]
    assert (answer["path"], answer["resolved"]) == ("../folder/a", os.path.realpath(file))


def test_two_dots_behind_a_link_lead_where_the_system_takes_them(tmp_path):
    (tmp_path / "deep" / "folder").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "folder")
    (tmp_path / "deep" / "a").write_bytes(b"x")
    assert look(tmp_path / "link" / ".." / "a")[1]["resolved"].endswith("/deep/a")


@pytest.mark.parametrize(
    "path", [r"E:\SMS_PKGE\DOG0005D\a.EXE", r"\\NTSITE1\SMS_PKGE\a", r"\\?\C:\a", "c:/a"]
)
def test_a_path_of_another_machine_is_refused_and_not_called_gone(path):
    status, answer = look(path)
    assert (status, answer["state"], answer["complete"]) == (2, "refused", False)
    assert "a path of Windows" in answer["probes"][0]["error"]


def test_a_file_here_with_a_name_like_that_is_looked_at(tmp_path):
    (tmp_path / r"E:\a").write_bytes(b"x")
    assert look(r"E:\a", cwd=tmp_path)[1]["state"] == "free"


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--nonsense", "a"]])
def test_wrong_usage_is_status_two(words):
    ended = despool(*words)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr


def test_an_empty_path_is_refused():
    assert look("")[0] == 2


def test_a_pipe_does_not_make_the_command_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    status, answer = look(tmp_path / "pipe")
    assert status in (1, 2)
    assert answer["holders"] == []


def test_a_path_that_leads_nowhere_is_told_in_one_line(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "a")
    circle, windows = despool(tmp_path / "a"), despool(r"E:\a")
    assert circle.stdout.decode() == f"Unknown: {tmp_path / 'a'}: its links lead in a circle\n"
    assert windows.stdout.decode().startswith(r"Refused: E:\a: this is a path of Windows")
    assert windows.stdout.count(b"\n") == 1


def test_asking_loads_nothing_of_slack_and_no_colours_for_a_pipe(tmp_path):
    code = (
        "import sys; sys.stdout.isatty(); from bot.terminal.holders import holders; "
        "holders(sys.argv[1], False); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, cwd=ROOT
    )
    loaded = set(ended.stderr.split())
    assert "bot" in loaded
    assert loaded.isdisjoint({"aiohttp", "handlers", "pydantic", "rich", "slack_bolt", "slack_sdk"})


# ---- names that do harm


@pytest.mark.parametrize(
    "name",
    ["a b'c\"d", "ab\nheld: c", "\x1b[2Jgone", "\u202eexe.a", "ä日本", " a", "a (deleted)"],
)
def test_any_name_can_be_asked_about_and_harms_no_terminal(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b"MZ" * 4096)
    with held(file, "mapped") as pid:
        _, answer = look(file)
        text = despool(file).stdout.decode()
    assert (pids(answer), answer["path"]) == ([pid], str(file))
    assert all(line.isprintable() for line in text.splitlines())
    assert text.count("\n  ") == text.count("\n      ") + 1  # one holder and its details


def test_a_name_that_is_no_text_can_be_asked_about(tmp_path):
    file = os.fsencode(tmp_path) + b"/\xff\xfe"
    Path(os.fsdecode(file)).write_bytes(b"x")
    ended = despool(Path(os.fsdecode(file)), "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["path"] == os.fsdecode(file)


def test_a_process_with_a_hostile_name_harms_no_terminal(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x")
    code = (
        "import sys; open('/proc/self/comm', 'w').write('\\x1b]0;x\\x07\\n) R 1'); "
        "f = open(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    )
    with running([sys.executable, "-c", code, file]) as process:
        text = despool(file).stdout.decode()
        answer = look(file)[1]
    assert pids(answer) == [process.pid]
    assert "<U+001B>]0;x<U+0007>" in text
    assert all(line.isprintable() for line in text.splitlines())


# ---- for people


def test_people_read_the_state_first_then_who_and_since_when(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"x")
    with held(file) as pid:
        ended = despool(file)
    first, *rest = ended.stdout.decode().splitlines()
    assert (ended.returncode, first) == (0, f"Held: {file}")
    assert re.fullmatch(rf"  python\S*, process {pid} of \S+: read\+write", rest[0])
    assert re.fullmatch(
        r"      \S+, running since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", rest[1]
    )
    assert any(
        re.fullmatch(r"Looked with lease, (smbstatus, )?kernel, proc\.", line) for line in rest
    )


def test_people_read_that_a_file_is_free(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"x")
    ended = despool(file)
    assert ended.stdout.decode().splitlines()[0] == f"Free: nobody holds {file}"
    assert ended.returncode == 1


@pytest.mark.skipif(not IS_ROOT, reason=NEEDS_ROOT)
def test_people_without_rights_read_how_to_see_more(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"x")
    command = [*as_nobody(), sys.executable, "-m", "bot", "holders", file]
    with held(file):
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("Unknown: nobody was seen holding")
    assert any(re.match(r"Not seen by proc: \d+ processes of \d+ may not be", one) for one in lines)
    assert lines[-1].startswith("Run it as root")
    assert ended.returncode == 2


def test_a_terminal_gets_colours_and_paths_left_whole(tmp_path):
    file = tmp_path / ("long" * 40)
    file.write_bytes(b"x")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "holders", file]
    subprocess.run(command, stdout=theirs, cwd=ROOT, env=os.environ | {"COLUMNS": "60"})
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert ESCAPE.search(shown)
    assert f"Free: nobody holds {file}" in ESCAPE.sub("", shown)
