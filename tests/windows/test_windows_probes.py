"""The probes of Windows: each finds the process that really is in the way, and no other."""

import asyncio
import ctypes
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.agent.probes.netfile import NetFile
from bot.agent.probes.nt_handles import NtHandles
from bot.agent.probes.nt_modules import NtModules
from bot.agent.probes.restart_manager import NOT_FOLDERS, RestartManager
from bot.agent.probes.smb_wmi import SmbWmi
from bot.agent.win32.calls import is_wine
from bot.agent.win32.files import resolve
from bot.agent.win32.processes import describe
from bot.agent.win32.snapshot import names
from tests.windows.holding import ATTRIBUTES, DELETE, EVERYBODY, READ, WRITE, held, running

DEADLINE = 30.0
WINE = is_wine()
doubled = pytest.mark.skipif(not WINE, reason="the doubles stand in for Wine's own libraries")


@pytest.fixture
def package(tmp_path):
    file = tmp_path / "DOG0005D" / "filename.EXE"
    file.parent.mkdir()
    file.write_bytes(b"MZ")
    return file


def look(probe, path):
    report = asyncio.run(probe.run(resolve(str(path)), DEADLINE))
    assert report.name == probe.name
    assert report.ms > 0
    return report


def variable(name):
    """Return what the environment of Windows holds, which a double may have set."""
    text = ctypes.create_unicode_buffer(100)
    ctypes.WinDLL("kernel32").GetEnvironmentVariableW(name, text, 100)
    return text.value


# ---- what can look here


@pytest.mark.skipif(not WINE, reason="on Windows itself all of them can look")
def test_a_probe_that_wine_does_not_implement_says_so():
    code = """if True:
        from bot.agent.probes.netfile import NetFile
        from bot.agent.probes.nt_handles import NtHandles
        from bot.agent.probes.nt_modules import NtModules
        from bot.agent.probes.nt_pids import NtPids
        from bot.agent.probes.restart_manager import RestartManager
        for probe in NetFile(), NtHandles(), NtModules(), NtPids(), RestartManager():
            answer = probe.available()
            print(probe.name, answer.ok, answer.reason)
    """
    plain = Path(sys.executable).with_name("plain.exe")  # which gets no doubles
    said = subprocess.run([plain, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "netfile False not implemented by Wine",
        "nt_handles True None",
        "nt_modules True None",
        "nt_pids False not implemented by this Windows",
        "rm False not implemented by Wine",
    ]


# ---- every handle


def test_the_process_that_holds_a_file_is_found_with_name_user_and_start(package):
    before = datetime.now(UTC)
    with held(package) as process:
        report = look(NtHandles(), package)
    [holder] = report.holders
    assert report.error is None
    assert (holder.kind, holder.confidence, holder.via) == ("process", "exact", ("nt_handles",))
    assert holder.pid == process.pid
    assert holder.name == Path(sys.executable).name
    assert holder.exe
    assert holder.exe.lower() == sys.executable.lower()
    assert holder.user
    assert holder.session is not None
    assert holder.started is not None
    assert abs((holder.started - before).total_seconds()) < 60
    assert holder.handle
    assert int(holder.handle, 16) > 0
    assert holder.access == "read+write"


def test_nobody_is_found_on_a_file_that_is_free_or_was_only_looked_at(package):
    with held(package.parent):
        assert look(NtHandles(), package).holders == ()
    with held(package, ATTRIBUTES, EVERYBODY):
        assert look(NtHandles(), package).holders == ()


def test_every_process_is_found_and_what_each_may_do(package):
    wanted = {READ: "read", WRITE: "write", DELETE: "delete", READ | DELETE: "read+delete"}
    for access, words in wanted.items():
        with (
            held(package, access, EVERYBODY) as one,
            held(package, READ, EVERYBODY) as other,
        ):
            found = {holder.pid: holder.access for holder in look(NtHandles(), package).holders}
        assert found == {one.pid: words, other.pid: "read"}


def test_a_folder_that_is_held_is_found(package):
    with held(package.parent, READ) as process:
        assert [one.pid for one in look(NtHandles(), package.parent).holders] == [process.pid]


def test_a_file_held_by_another_name_is_found(package, tmp_path):
    link = tmp_path / "link"
    os.link(package, link)
    with held(link) as process:
        assert [one.pid for one in look(NtHandles(), package).holders] == [process.pid]


def test_we_ourselves_are_named_as_such(package):
    with package.open("rb"):
        [holder] = look(NtHandles(), package).holders
    assert (holder.kind, holder.pid) == ("self", os.getpid())


def test_a_pipe_that_answers_nothing_does_not_stop_the_look(package):
    code = "import os, sys; reading, writing = os.pipe(); print(flush=True); os.read(reading, 1)"
    with running(sys.executable, "-S", "-c", code) as stuck, held(package) as process:
        assert stuck.stdout is not None
        stuck.stdout.readline()
        found = look(NtHandles(), package)
        stuck.kill()
    assert [one.pid for one in found.holders] == [process.pid]


def test_a_scan_that_takes_too_long_is_ended_and_says_so(package):
    target = resolve(str(package))
    report = asyncio.run(NtHandles().run(target, 0.01))
    assert report.holders == ()
    assert report.error == "no answer within 0.01 s"


# ---- every image


def test_a_program_that_runs_is_found_though_it_has_no_handle(tmp_path):
    folder = tmp_path / "python"
    shutil.copytree(Path(sys.executable).parent, folder, ignore=shutil.ignore_patterns("Lib"))
    program = folder / "python.exe"
    with running(program, "-S", "-c", "print(flush=True); input()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert look(NtHandles(), program).holders == ()
        [holder] = look(NtModules(), program).holders
        [library] = look(NtModules(), folder / "python311.dll").holders
    assert (holder.pid, holder.access, holder.kind) == (process.pid, "exec", "process")
    assert (library.pid, library.access) == (process.pid, "mapped")
    assert look(NtModules(), program).holders == ()


# ---- the Restart Manager, through its double


@doubled
def test_the_restart_manager_names_program_service_and_start(package, monkeypatch):
    with held(package) as process:
        monkeypatch.setenv("RM_PIDS", f"{process.pid}")
        monkeypatch.setenv("RM_SERVICE", "BackupExecAgent")
        [holder] = look(RestartManager(), package).holders
        [same] = look(NtHandles(), package).holders
    assert (holder.pid, holder.started) == (same.pid, same.started)
    assert (holder.name, holder.user) == (same.name, same.user)
    assert holder.service == "BackupExecAgent"
    assert variable("RM_SESSIONS") == "0"


@doubled
def test_a_list_that_grows_while_it_is_read_is_read_again(package, monkeypatch):
    pids = [os.getpid()]
    monkeypatch.setenv("RM_PIDS", f"{os.getpid()}")
    monkeypatch.setenv("RM_GROWS", "5")
    assert [one.pid for one in look(RestartManager(), package).holders] == pids
    monkeypatch.setenv("RM_GROWS", "1000")
    assert look(RestartManager(), package).error is not None
    assert variable("RM_SESSIONS") == "0"


@doubled
def test_a_process_that_has_ended_holds_nothing_any_more(package, monkeypatch):
    monkeypatch.setenv("RM_PIDS", f"4000000 {os.getpid()}")
    assert [one.pid for one in look(RestartManager(), package).holders] == [os.getpid()]


@doubled
def test_the_kernel_is_told_as_such(package, monkeypatch):
    monkeypatch.setenv("RM_PIDS", "4")
    [holder] = look(RestartManager(), package).holders
    assert (holder.kind, holder.pid, holder.name) == ("kernel", 4, "System")


def test_the_name_of_a_process_is_known_without_looking_into_it():
    assert names()[os.getpid()].lower() == Path(sys.executable).name.lower()
    assert describe(4_000_000) is None


@doubled
def test_a_folder_is_nothing_the_restart_manager_looks_at(package):
    report = look(RestartManager(), package.parent)
    assert (report.error, report.holders) == (NOT_FOLDERS, ())
    assert variable("RM_SESSIONS") == "0"


# ---- what is open over SMB, through the doubles


@doubled
def test_remote_users_are_named_with_the_machines_they_may_sit_at(package, monkeypatch):
    path = str(package)
    rows = [
        f"11|1|0|{path.upper()}|alice",
        r"12|3|2|C:\elsewhere|bob",
        r"13|3|0|\PIPE\srvsvc|bob",
        f"14|3|1|{path}|bob",
        f"15|35|0|{path}|carol",
    ]
    monkeypatch.setenv("NET_FILES", ";".join(rows))
    monkeypatch.setenv("NET_SESSIONS", r"\\PC1|ALICE|1;\\10.1.2.3|bob|2;PC3|bob|1;PC4|carol|0")
    report = look(NetFile(), package)
    assert (report.blind, report.error) == ((), None)
    alice, bob, carol = report.holders
    assert (alice.file_id, alice.smb_user, alice.access, alice.locks) == (11, "alice", "read", 0)
    assert (alice.client_host, alice.client_ip, alice.confidence) == ("PC1", None, "inferred")
    assert (bob.file_id, bob.access, bob.locks) == (14, "read+write", 1)
    assert (bob.client_host, bob.client_ip) == (None, None)
    assert (bob.candidates, bob.confidence) == (("10.1.2.3", "PC3"), "inferred")
    assert (carol.client_host, carol.confidence, carol.kind) == (None, "exact", "smb")
    assert variable("NET_BUFFERS") == "0"


@doubled
def test_an_open_by_another_name_of_the_file_is_found(package, tmp_path, monkeypatch):
    link = tmp_path / "link"
    os.link(package, link)
    monkeypatch.setenv("NET_FILES", f"11|1|0|{link}|alice")
    assert [one.file_id for one in look(NetFile(), package).holders] == [11]


@doubled
def test_a_server_that_serves_nothing_is_no_failure_and_one_that_refuses_is(package, monkeypatch):
    monkeypatch.setenv("NET_ERROR", "2114")
    assert look(NetFile(), package).error is None
    monkeypatch.setenv("NET_ERROR", "5")
    assert "access is denied" in (look(NetFile(), package).error or "")


@doubled
def test_sessions_that_are_not_told_make_the_look_blind(package, monkeypatch):
    monkeypatch.setenv("NET_FILES", f"11|1|0|{package}|alice")
    monkeypatch.setenv("NET_SESSIONS", "5")
    report = look(NetFile(), package)
    assert [one.smb_user for one in report.holders] == ["alice"]
    assert len(report.blind) == 1


@doubled
def test_the_smb_service_names_each_machine_itself(package, monkeypatch):
    opens = [
        row(7, 1, str(package).upper(), "10.1.2.3", r"SITE\alice", 0x12019F),
        row(8, 2, str(package.parent), "10.1.2.4", r"SITE\bob", 0x1000A0),
    ]
    sessions = [{"SessionId": 1, "Dialect": "3.1.1"}, {"SessionId": 2, "Dialect": "2.1"}]
    monkeypatch.setenv("SMB_JSON", json.dumps({"opens": opens, "sessions": sessions}))
    report = look(SmbWmi(), package)
    assert report.error is None
    [holder] = report.holders
    assert (holder.kind, holder.confidence, holder.file_id) == ("smb", "exact", 7)
    assert (holder.smb_user, holder.client_ip) == (r"SITE\alice", "10.1.2.3")
    assert (holder.dialect, holder.access, holder.locks) == ("3.1.1", "read+write", 0)


def row(file, session, path, client, user, mask):
    return {
        "FileId": file,
        "SessionId": session,
        "Path": path,
        "ClientComputerName": client,
        "ClientUserName": user,
        "Permissions": mask,
        "Locks": 0,
    }


@doubled
def test_a_powershell_that_fails_hangs_or_babbles_is_an_error_in_words(package, monkeypatch):
    monkeypatch.setenv("SMB_JSON", "Exception calling")
    assert "was not asked" in (look(SmbWmi(), package).error or "")
    monkeypatch.setenv("SMB_FAILS", "1")
    assert "Get-SmbOpenFile : Access denied" in (look(SmbWmi(), package).error or "")
    monkeypatch.setenv("SMB_HANGS", "1")
    report = asyncio.run(SmbWmi().run(resolve(str(package)), 1.0))
    assert report.error == "no answer within 0.5 s"


# ---- the layouts


@doubled
def test_the_structures_are_laid_out_as_the_headers_of_windows_say():
    from bot.agent.win32 import layouts

    names = {
        "RM_PROCESS_INFO": (
            layouts.RmProcessInfo,
            {
                "strAppName": "app",
                "strServiceShortName": "service",
                "ApplicationType": "type",
                "AppStatus": "status",
                "TSSessionId": "session",
                "bRestartable": "restartable",
            },
        ),
        "FILE_INFO_3": (layouts.FileInfo3, {"fi3_pathname": "path", "fi3_username": "user"}),
        "SESSION_INFO_2": (
            layouts.SessionInfo2,
            {
                "sesi2_username": "user",
                "sesi2_num_opens": "opens",
                "sesi2_cltype_name": "client_type",
            },
        ),
        "BY_HANDLE_FILE_INFORMATION": (
            layouts.ByHandleFileInformation,
            {
                "dwVolumeSerialNumber": "volume",
                "nFileIndexHigh": "index_high",
                "nFileIndexLow": "index_low",
            },
        ),
        "ENUM_SERVICE_STATUS_PROCESSW": (
            layouts.ServiceStatus,
            {"ServiceStatusProcess.dwProcessId": "pid"},
        ),
        "PROCESSENTRY32W": (
            layouts.ProcessEntry,
            {"th32ProcessID": "pid", "szExeFile": "name"},
        ),
        "TOKEN_PRIVILEGES": (layouts.TokenPrivileges, {"Privileges[0].Attributes": "attributes"}),
        "IO_STATUS_BLOCK": (layouts.IoStatusBlock, {"Information": "information"}),
    }
    program = Path(sys.executable).with_name("layouts.exe")
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    told = {name: int(number) for name, number in map(str.split, said.splitlines())}
    assert told.pop("RM_PROCESS_INFO.Process.ProcessStartTime") == (
        layouts.RmProcessInfo.process.offset + layouts.RmUniqueProcess.started.offset
    )
    ours = {}
    for name, (structure, fields) in names.items():
        ours[name] = ctypes.sizeof(structure)
        for theirs, own in fields.items():
            ours[f"{name}.{theirs}"] = getattr(structure, own).offset
    assert ours == told
