"""`despool holders` on Windows: the probes in their order, and what their answers prove."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.win32.calls import is_wine
from tests.windows.holding import held

doubled = pytest.mark.skipif(not is_wine(), reason="the doubles stand in for what Wine lacks")


@pytest.fixture
def package(tmp_path):
    file = tmp_path / "DOG0005D" / "filename.EXE"
    file.parent.mkdir()
    file.write_bytes(b"MZ")
    return file


def holders(path, *, program="python.exe", **variables):
    """Run the command as an admin would; return its exit status and the object it printed."""
    run = subprocess.run(
        [Path(sys.executable).with_name(program), "-m", "bot", "holders", str(path), "--json"],
        capture_output=True,
        env={**os.environ, **variables},
    )
    assert run.stderr == b""
    return run.returncode, json.loads(run.stdout)


def names(answer):
    return [report["name"] for report in answer["probes"]]


def test_the_process_that_holds_a_file_is_named(package):
    with held(package) as process:
        status, answer = holders(str(package).upper())
    assert (status, answer["state"]) == (0, "held")
    [holder] = answer["holders"]
    assert (holder["kind"], holder["pid"]) == ("process", process.pid)
    assert holder["access"] == "read+write"
    assert holder["started"]
    assert answer["resolved"].lower() == str(package).lower()


@doubled
def test_names_and_services_of_the_restart_manager_join_what_the_scan_saw(package):
    with held(package) as process:
        _, answer = holders(package, RM_PIDS=str(process.pid), RM_SERVICE="BackupExecAgent")
    [holder] = answer["holders"]
    assert (holder["service"], holder["via"]) == ("BackupExecAgent", ["rm"])
    assert names(answer) == ["nt_pids", "rm"]
    assert not answer["complete"]  # on Wine, the file itself cannot be asked for others


@doubled
def test_a_file_that_nobody_has_open_is_free_when_every_other_way_was_gone(package):
    status, answer = holders(package)
    assert (status, answer["state"], answer["complete"]) == (1, "free", True)
    assert names(answer) == ["nt_pids", "rm", "smb_wmi", "nt_handles", "nt_modules"]


@doubled
def test_remote_users_are_asked_for_where_no_process_was_found_and_end_the_look(package):
    opens = [{"FileId": 7, "SessionId": 1, "Path": str(package), "ClientComputerName": "PC1"}]
    opens[0] |= {"ClientUserName": "SITE\\alice", "Permissions": 0x120089, "Locks": 0}
    told = json.dumps({"opens": opens, "sessions": []})
    status, answer = holders(package, SMB_JSON=told)
    assert status == 0
    [holder] = answer["holders"]
    assert (holder["smb_user"], holder["client_host"]) == ("SITE\\alice", "PC1")
    assert names(answer) == ["nt_pids", "rm", "smb_wmi"]


@doubled
def test_the_kernel_is_a_holder_where_no_remote_user_explains_it(package):
    opens = [{"FileId": 7, "SessionId": 1, "Path": str(package), "ClientComputerName": "PC1"}]
    told = json.dumps({"opens": opens, "sessions": []})
    status, answer = holders(package, RM_PIDS="4", SMB_JSON=told)
    assert (status, [one["kind"] for one in answer["holders"]]) == (0, ["smb"])
    status, answer = holders(package, RM_PIDS="4")
    assert (status, [one["kind"] for one in answer["holders"]]) == (0, ["kernel"])
    assert names(answer)[2:] == ["smb_wmi", "nt_handles", "nt_modules"]


@doubled
def test_the_older_call_is_made_where_the_smb_service_does_not_answer(package):
    rows = f"7|1|0|{package}|alice"
    status, answer = holders(package, SMB_FAILS="1", NET_FILES=rows, NET_SESSIONS="PC1|alice|1")
    assert status == 0
    assert [one["client_host"] for one in answer["holders"]] == ["PC1"]
    assert names(answer) == ["nt_pids", "rm", "smb_wmi", "netfile"]
    status, answer = holders(package, SMB_FAILS="1")
    assert (status, answer["state"]) == (1, "free")
    status, answer = holders(package, SMB_FAILS="1", NET_ERROR="5")
    assert (status, answer["state"], answer["complete"]) == (2, "unknown", False)


@doubled
def test_on_plain_wine_it_says_that_it_could_not_look_everywhere(package):
    status, answer = holders(package, program="plain.exe", SMB_FAILS="1")
    assert (status, answer["state"], answer["complete"]) == (2, "unknown", False)
    errors = {report["name"]: report["error"] for report in answer["probes"]}
    assert errors["rm"] == "not implemented by Wine"
    assert errors["nt_handles"] is None


def test_a_folder_and_a_program_are_found(package):
    with held(package.parent) as process:
        status, answer = holders(package.parent)
    assert (status, [one["pid"] for one in answer["holders"]]) == (0, [process.pid])
    status, answer = holders(sys.executable)
    assert status == 0
    assert os.getpid() in [one["pid"] for one in answer["holders"]]


def test_a_path_that_leads_nowhere_is_gone(package):
    package.unlink()
    assert [holders(path)[1]["state"] for path in (package, package / "x", "no?such")] == [
        "gone"
    ] * 3
