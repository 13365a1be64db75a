"""A child that scans is ended when it is late, and its troubles are told in words."""

import asyncio
import os
import sys

import pytest

from bot.agent.probes.child import Said, run
from bot.agent.probes.nt_handles import NtHandles
from bot.agent.probes.port import Target
from bot.agent.probes.timing import timed
from bot.errors import DespoolError
from bot.wire import ProbeReport

WAITS = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


async def test_what_a_child_says_and_how_it_ends_is_returned():
    code = "import sys; print('said'); print('one\\ntwo', file=sys.stderr); sys.exit(3)"
    said = await run([sys.executable, "-c", code])
    assert said == Said(code=3, output=b"said" + os.linesep.encode(), complaint="two")


@pytest.mark.skipif(sys.platform == "win32", reason="a pid is asked for as only Unix can")
async def test_a_child_that_is_no_longer_waited_for_is_ended(tmp_path):
    place = tmp_path / "pid"
    waiting = asyncio.create_task(run([sys.executable, "-c", WAITS, str(place)]))
    while not (place.exists() and place.read_text()):  # noqa: ASYNC110 - a child tells by a file
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(int(place.read_text()), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="there the scan works")
async def test_a_scan_that_fails_says_why():
    report = await NtHandles().run(Target(path="C:\\x", device=0, inode=0), 60)
    assert report.holders == ()
    assert (report.error or "").startswith("the scan ended with 1: OSError: ")


async def test_what_keeps_a_look_from_its_answer_is_told():
    async def fails() -> ProbeReport:
        raise DespoolError("The server is on fire.")

    async def hangs() -> ProbeReport:
        await asyncio.sleep(600)
        raise AssertionError("it should have been ended")

    report = await timed("srvsvc", 60, fails())
    assert (report.name, report.error) == ("srvsvc", "The server is on fire.")
    assert (await timed("srvsvc", 0.01, hangs())).error == "no answer within 0.01 s"
