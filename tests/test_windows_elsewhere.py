"""The code for Windows on other systems: it imports, and says that it is not at home."""

import asyncio
import subprocess
import sys

import pytest

from bot.agent.probes.nt_pids import listed
from bot.agent.probes.opens import access, place, same_path
from bot.agent.probes.order import PROBES
from bot.agent.probes.port import Step, Target
from bot.agent.probes.relay import Relay
from bot.agent.probes.smb_wmi import read
from bot.agent.probes.srvsvc import MISSING, SrvSvc
from bot.agent.service import ServiceRefused, install, start, uninstall
from bot.agent.win32.calls import on_windows
from bot.agent.win32.files import access as mask_in_words
from bot.agent.win32.files import extended, plain
from bot.agent.win32.opening import open_shared
from bot.agent.win32.scan import _refused
from bot.wire import ProbeReport

elsewhere = pytest.mark.skipif(on_windows(), reason="this is Windows")
WINDOWS = [step for step in PROBES if step.on == "win32"]


@elsewhere
@pytest.mark.parametrize("step", WINDOWS, ids=lambda step: step.probe.name)
def test_a_probe_of_windows_says_that_this_is_none(step: Step):
    answer = step.probe.available()
    assert (answer.ok, answer.reason) == (False, "not Windows")


@elsewhere
def test_a_service_of_windows_is_refused_in_words(tmp_path):
    for attempt in (lambda: install(tmp_path / "agent.toml"), start, uninstall):
        with pytest.raises(ServiceRefused, match="here, use systemd"):
            attempt()


@elsewhere
def test_a_log_is_opened_as_any_file(tmp_path):
    log = tmp_path / "despool.log"
    log.write_bytes(b"one\n")
    with open_shared(log) as reading:
        assert reading.read() == b"one\n"


def test_without_its_library_a_relay_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['impacket'] = None\n"
        "from pathlib import Path\n"
        "from bot.agent.probes.relay import Relay\n"
        "from bot.agent.probes.srvsvc import SrvSvc\n"
        "print(SrvSvc(Relay(host='nt4', account=Path('none'))).available().reason)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == (MISSING, "")
    assert SrvSvc(Relay(host="nt4", account=tmp_path)).available().reason != MISSING


# ---- paths of a server


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (r"E:\SMS_PKGE\DOG0005D\a.EXE", r"e:\sms_pkge\dog0005d\A.exe", True),
        (r"E:\SMS_PKGE\DOG0005D\a.EXE", "E:/SMS_PKGE/DOG0005D/a.EXE", True),
        (r"E:\SMS_PKGE\a", "\\\\?\\E:\\SMS_PKGE\\a", True),
        (r"E:\SMS_PKGE\x\..\a", r"E:\SMS_PKGE\a", True),
        ("E:\\SMS_PKGE\\", r"E:\SMS_PKGE", True),
        (r"E:\SMS_PKGE\a", r"F:\SMS_PKGE\a", False),
        (r"E:\SMS_PKGE\a", r"E:\SMS_PKGE\a.b", False),
        (r"E:\SMS_PKGE", r"E:\SMS_PKGE\a", False),
        (r"E:\straße", r"E:\strasse", False),
        ("", r"\PIPE\srvsvc", False),
    ],
)
def test_two_paths_of_a_server_are_compared_as_windows_does(one, other, same):
    assert same_path(one, other) is same
    assert same_path(other, one) is same


def test_a_resolved_path_loses_its_prefix_and_a_long_one_gains_it():
    assert plain(r"\\?\E:\a") == r"E:\a"
    assert plain(r"\\?\UNC\NTSITE1\SMS_PKGE") == r"\\NTSITE1\SMS_PKGE"
    assert plain(r"\\?\Volume{1}\a") == r"\\?\Volume{1}\a"
    assert extended(r"E:\a") == r"E:\a"
    assert extended("E:/" + "a" * 300) == "\\\\?\\E:\\" + "a" * 300


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (r"\\PC1", {"client_host": "PC1"}),
        ("10.1.2.3", {"client_ip": "10.1.2.3"}),
        ("[fe80::1]", {"client_ip": "fe80::1"}),
        ("pc1.site.example", {"client_host": "pc1.site.example"}),
    ],
)
def test_a_machine_is_told_by_its_name_or_its_address(told, where):
    assert place(told) == where


def test_what_an_open_may_do_is_told_in_words():
    assert [access(bits) for bits in (1, 2, 3, 4, 7, 8, 16, 0)] == [
        *("read", "write", "read+write", "write", "read+write", "exec", "delete"),
        None,
    ]


def test_an_answer_of_powershell_without_lists_names_nobody():
    assert read({"opens": None, "sessions": None}, lambda _: True) == ()


# ---- the order of the look


def run(*reports: ProbeReport) -> list[str]:
    """Return which of the later probes are due after some have answered."""
    target = Target(path="", device=0, inode=0)
    names = [step.probe.name for step in WINDOWS]
    later = WINDOWS[1 + max(names.index(report.name) for report in reports) :]

    async def due() -> list[str]:
        return [step.probe.name for step in later if await step.when(target, reports)]

    return asyncio.run(due())


def saw(name: str, *kinds: str, error: str | None = None) -> ProbeReport:
    from datetime import UTC, datetime

    from bot.wire import Holder

    now = datetime.now(UTC)
    return ProbeReport(
        name=name,
        error=error,
        holders=tuple(
            Holder(kind=kind, via=(name,), first_seen=now, last_seen=now) for kind in kinds
        ),
    )


def test_a_process_that_the_file_names_is_named_by_the_restart_manager_and_no_more_is_asked():
    assert run(saw("nt_pids", "process")) == ["rm"]
    assert run(saw("nt_pids", "self")) == ["rm"]


def test_the_kernel_stands_for_remote_users_who_are_asked_for_also_beside_a_process():
    assert run(saw("nt_pids", "kernel", "process")) == ["rm", "smb_wmi", "netfile"]
    assert run(saw("nt_pids", "kernel"), saw("smb_wmi", "smb")) == []


def test_where_nobody_was_found_every_other_way_is_gone():
    assert run(saw("nt_pids")) == ["smb_wmi", "netfile", "nt_handles", "nt_modules"]
    assert run(saw("nt_pids"), saw("smb_wmi")) == ["nt_handles", "nt_modules"]
    assert run(saw("nt_pids"), saw("smb_wmi", error="hung"), saw("netfile", "smb")) == []


def test_where_the_file_cannot_be_asked_the_restart_manager_is_and_the_rest_too():
    away = saw("nt_pids", error="not implemented by this Windows")
    assert run(away) == ["rm", "smb_wmi", "netfile", "nt_handles", "nt_modules"]
    assert run(away, saw("rm", "process")) == []


def test_the_processes_that_refused_are_counted_and_some_named():
    assert _refused(()) == []
    assert _refused((4,)) == ["the kernel (process 4) shows no handles of its own"]
    assert _refused((4, 640, 712))[1:] == ["2 processes refused to be looked at: 640, 712"]
    [many] = _refused(tuple(range(10, 20)))
    assert many == "10 processes refused to be looked at: 10, 11, 12, 13, 14, …"


def test_an_access_mask_is_told_in_words():
    masks = (0x12019F, 0x120089, 0x40000 | 0x2, 0x1200A0, 0x1F01FF, 0x100080)
    assert [mask_in_words(mask) for mask in masks] == [
        *("read+write", "read", "write", "exec", "read+write+delete"),
        None,
    ]


def test_the_pids_of_a_file_are_read_whatever_fills_the_gap_behind_their_number():
    assert listed([0xDEAD_BEEF_0000_0002, 4, 812, 99, 99]) == [4, 812]
    assert listed([0, 7]) == []
    assert listed([3, 812, 4, 812]) == [4, 812]
