"""Waiting for a release on Windows: the end of the holder is told, its close is looked for."""

import asyncio
import os

import pytest

from bot.agent.locating import located
from bot.agent.releasing import released
from bot.agent.win32.calls import is_wine
from bot.agent.win32.waiting import ended
from tests.windows.holding import held

LONG = 60.0
doubled = pytest.mark.skipif(not is_wine(), reason="the doubles stand in for what Wine lacks")


@pytest.fixture
def package(tmp_path):
    file = tmp_path / "filename.EXE"
    file.write_bytes(b"MZ")
    return file


def test_the_end_of_a_process_is_told_and_others_are_not_waited_for(package):
    with held(package) as process:
        assert not asyncio.run(ended([process.pid, os.getpid()], 0.05))

        async def end() -> bool:
            waiting = asyncio.create_task(ended([os.getpid(), process.pid], LONG))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            process.kill()
            return await waiting

        assert asyncio.run(end())
    assert not asyncio.run(ended([], 0.05))
    assert asyncio.run(ended([4_000_000], LONG))


@doubled
def test_a_file_is_free_when_its_holder_has_let_go(package):
    async def wait() -> str:
        target = await located(str(package), LONG)
        with held(package) as process:
            waiting = asyncio.create_task(released(target, seconds=LONG))
            assert await released(target, seconds=0) == "held"
            assert not waiting.done()
            process.kill()
            return await waiting

    assert asyncio.run(wait()) == "free"
