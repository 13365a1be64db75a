"""Asking the kernel for a lease harms nobody: not the asker, and not who opens the file then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.looking import look
from bot.agent.probes.port import Target
from tests.holding import descriptors, held

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has leases")

if sys.platform == "linux":
    from bot.agent.probes.lease import Lease, is_free, keeping

# opens and closes a file as fast as it can, until it is told to stop
HAMMER = """
import os, signal, sys
go = True
def stop(*_):
    global go
    go = False
signal.signal(signal.SIGTERM, stop)
print("held", flush=True)
count = 0
while go:
    os.close(os.open(sys.argv[1], os.O_RDWR))
    count += 1
print(count)
"""
ASK = """
import sys
from bot.agent.locating import find
from bot.agent.probes.lease import is_free
from bot.agent.probes.port import Target
found = find(sys.argv[1])
target = Target(path=found["resolved"], device=found["device"], inode=found["inode"])
free = sum(is_free(target) for _ in range(int(sys.argv[2])))
print(free)
"""
PROBES = 20_000


def target_of(path: Path) -> Target:
    found = path.stat()
    return Target(path=str(path), device=found.st_dev, inode=found.st_ino)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "filename.EXE"
    path.write_bytes(b"MZ")
    return path


def test_who_asks_survives_those_who_open_the_file_at_that_moment(file):
    """A broken lease sends SIGIO, which ends a process that has not thought of it."""
    hammer = subprocess.Popen([sys.executable, "-c", HAMMER, file], stdout=subprocess.PIPE)
    try:
        assert hammer.stdout
        assert hammer.stdout.readline() == b"held\n"
        asked = subprocess.run(
            [sys.executable, "-c", ASK, file, str(PROBES)], capture_output=True, text=True
        )
    finally:
        hammer.send_signal(signal.SIGTERM)
        opens = int(hammer.communicate()[0])
    assert (asked.returncode, asked.stderr) == (0, "")
    assert 0 < int(asked.stdout) < PROBES  # free at some of these moments, held at others
    assert opens > 0


def test_a_lease_is_given_back_at_once(file):
    assert is_free(target_of(file))
    assert f":{file.stat().st_ino} " not in Path("/proc/locks").read_text()


def test_asking_leaves_no_descriptor_behind(file):
    before = descriptors()
    for _ in range(100):
        is_free(target_of(file))
    assert descriptors() == before


async def test_a_look_meanwhile_does_not_take_a_watch_for_a_holder(file):
    with keeping(target_of(file)):
        assert (await look(target_of(file))).state == "free"
        with held(file) as pid:
            answer = await look(target_of(file))
    assert [holder.pid for holder in answer.holders] == [pid]


async def test_a_file_of_our_own_beside_a_watch_is_still_ours(file):
    with keeping(target_of(file)), file.open("rb"):
        answer = await look(target_of(file))
    assert [(holder.kind, holder.pid) for holder in answer.holders] == [("self", os.getpid())]


async def test_a_file_that_took_the_place_of_another_is_not_asked_about(file, tmp_path):
    target = target_of(file)
    other = tmp_path / "other"
    other.write_bytes(b"MZ")
    other.replace(file)
    report = await Lease().run(target, 1.0)
    assert (report.proved, report.error) == (None, "the file is no longer there")


@pytest.mark.parametrize("kind", ["folder", "other"])
async def test_what_is_no_file_has_no_lease(tmp_path, kind):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found = path.stat()
    target = Target(path=str(path), device=found.st_dev, inode=found.st_ino, kind=kind)
    report = await Lease().run(target, 1.0)
    assert (report.proved, report.error) == (None, "only files have leases")


async def test_on_a_file_system_of_the_kernel_a_lease_is_said_to_prove_nothing():
    report = await Lease().run(target_of(Path("/proc/version")), 1.0)
    assert report.error == "on proc a lease does not see all who have a file open"
