"""What /proc tells of one process is said in the words an admin knows."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("reads /proc", allow_module_level=True)

from bot.agent.procfs.details import details, unit_of
from bot.agent.procfs.walking import Hit
from tests.holding import IS_ROOT, NEEDS_ROOT, held, look

ID = "3f4e12ab34cd56ef" * 4
POD = "kubepods-burstable-podd41c2a7e_0b1f_4c55.slice"


@pytest.mark.parametrize(
    ("cgroup", "unit", "service"),
    [
        ("0::/system.slice/backup.service", "backup.service", "backup"),
        (
            "0::/system.slice/system-getty.slice/getty@tty1.service",
            "getty@tty1.service",
            "getty@tty1",
        ),
        (
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.scope",
            "app-editor.scope",
            None,
        ),
        ("0::/user.slice/user-0.slice/session-3.scope", "session-3.scope", None),
        (
            "12:pids:/system.slice/smbd.service\n1:name=systemd:/system.slice/smbd.service\n0::/",
            "smbd.service",
            "smbd",
        ),
        (f"0::/system.slice/docker-{ID}.scope", f"docker-{ID}.scope", "container 3f4e12ab34cd"),
        (f"4:memory:/docker/{ID}\n0::/docker/{ID}", None, "container 3f4e12ab34cd"),
        (
            f"0::/kubepods.slice/{POD}/cri-containerd-{ID}.scope",
            f"cri-containerd-{ID}.scope",
            "container 3f4e12ab34cd",
        ),
        (
            f"0::/machine.slice/libpod-{ID}.scope/container",
            f"libpod-{ID}.scope",
            "container 3f4e12ab34cd",
        ),
        ("0::/", None, None),
        ("", None, None),
        ("4:memory:/process_api/91b39e3106981fa0cf60a7777ce405c6", None, None),
    ],
)
def test_the_unit_or_container_is_read_from_the_control_groups(cgroup, unit, service):
    assert unit_of(cgroup) == {"unit": unit, "service": service}


@pytest.mark.skipif(not IS_ROOT, reason=NEEDS_ROOT)
def test_a_process_in_the_control_group_of_a_service_is_told_as_that_service(tmp_path):
    hierarchy = next((root for root in ROOTS if root.joinpath("cgroup.procs").exists()), None)
    assert hierarchy, "no control groups are mounted"
    slice_, service = hierarchy / "system.slice", "despool-test.service"
    made = [folder for folder in (slice_, slice_ / service) if not folder.exists()]
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"MZ")
    try:
        for folder in made:
            folder.mkdir()
        with held(file) as pid:
            (slice_ / service / "cgroup.procs").write_text(str(pid))
            [holder] = look(file)[1]["holders"]
    finally:
        for folder in reversed(made):
            folder.rmdir()
    assert (holder["pid"], holder["unit"]) == (pid, service)
    assert holder["service"] == "despool-test"


ROOTS = [Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")]


def test_the_start_of_a_process_is_within_a_second_of_the_truth(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"MZ")
    before = datetime.now().astimezone()
    with held(file):
        after = datetime.now().astimezone()
        first, second = (look(file)[1]["holders"][0] for _ in range(2))
    started = datetime.fromisoformat(first["started"])
    second_more = timedelta(seconds=1)  # the boot time is told in whole seconds
    assert before - second_more <= started <= after + second_more
    assert first["started"] == second["started"]


def test_all_descriptors_of_a_process_are_one_holder_with_the_most_it_may_do(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"MZ")
    reading, writing = os.open(file, os.O_RDONLY), os.open(file, os.O_WRONLY)
    try:
        row = details(Hit(os.getpid(), str(os.getpid()), [str(writing), str(reading)], []))
    finally:
        os.close(reading)
        os.close(writing)
    assert row is not None
    assert (row["access"], row["descriptors"]) == ("read+write", sorted([reading, writing]))


def test_of_a_process_that_has_ended_nothing_is_told(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"MZ")
    with held(file) as pid:
        pass
    assert details(Hit(pid, str(pid), ["3"], [])) is None


def test_a_descriptor_closed_since_it_was_seen_is_not_told():
    assert details(Hit(os.getpid(), str(os.getpid()), ["9999"], [])) is None
