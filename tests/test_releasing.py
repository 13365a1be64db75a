"""Waiting for a file ends when its last holder lets go, however that comes about."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests import samba
from tests.holding import descriptors, held, unseen

if sys.platform != "linux":
    pytest.skip("waits with what Linux has for it", allow_module_level=True)

from bot.agent.locating import located
from bot.agent.probes.port import Target
from bot.agent.releasing import released

PATIENCE = 30.0  # seconds for what is awaited; a busy machine is no failure
A_WHILE = 0.3  # seconds in which a wait that ends too early would have ended
Waiting = asyncio.Task[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "filename.EXE"
    path.write_bytes(b"MZ" * 4096)
    return path


async def target_of(path: Path) -> Target:
    target = await located(str(path), PATIENCE)
    assert isinstance(target, Target)
    return target


async def waiting(path: Path) -> Waiting:
    """Begin to wait, and go on when the wait has settled."""
    task = asyncio.create_task(released(await target_of(path)))
    await asyncio.sleep(A_WHILE)
    assert not task.done()
    return task


async def end_of(task: Waiting) -> str:
    return await asyncio.wait_for(task, PATIENCE)


@pytest.mark.parametrize("way", ["read+write", "read", "mapped"])
async def test_it_ends_when_the_holder_lets_go(file, way):
    with held(file, way):
        task = await waiting(file)
    assert await end_of(task) == "free"


async def test_it_ends_only_when_the_last_of_several_lets_go(file):
    with held(file):
        task = await waiting(file)
        with held(file, "read"):
            pass
        await asyncio.sleep(A_WHILE)
        assert not task.done()
    assert await end_of(task) == "free"


async def test_a_file_that_is_free_is_not_waited_for(file):
    assert await released(await target_of(file)) == "free"


async def test_it_ends_when_the_file_is_taken_away_though_it_is_still_held(file):
    with held(file):
        task = await waiting(file)
        file.unlink()
        assert await end_of(task) == "gone"


async def test_it_ends_when_another_file_takes_the_place(file, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"MZ")
    with held(file):
        task = await waiting(file)
        other.replace(file)
        assert await end_of(task) == "gone"


async def test_it_ends_when_its_time_is_over(file):
    with held(file):
        assert await released(await target_of(file), seconds=A_WHILE) == "held"


async def test_nothing_is_left_of_a_wait_that_is_called_off(file):
    before = descriptors()
    with held(file):
        task = await waiting(file)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert descriptors() <= before + 2  # the pipes of the idle worker


async def test_two_may_wait_for_one_file(file):
    with held(file):
        tasks = [await waiting(file), await waiting(file)]
    assert [await end_of(task) for task in tasks] == ["free", "free"]


async def test_who_holds_the_file_has_its_lease_left_alone(file):
    with held(file, "lease"):
        task = await waiting(file)
        assert "BREAKING" not in _leases()
    assert await end_of(task) in ("free", "unknown")


@pytest.mark.skipif(samba.missing() is not None, reason=str(samba.missing()))
async def test_a_remote_user_is_waited_for_without_any_lease(tmp_path):
    from tests.smb_clients import opened

    with samba.serving(users=["alice"]) as server:
        file = server.file("filename.EXE")
        with opened(server, "alice", "filename.EXE"):
            task = await waiting(file)
            assert f":{file.stat().st_ino} " not in _leases()
        assert await end_of(task) == ("unknown" if unseen() else "free")


def _leases() -> str:
    lines = Path("/proc/locks").read_text().splitlines()
    return "\n".join(line for line in lines if " LEASE " in line)
