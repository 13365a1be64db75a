"""A look ends in time and says what it could not see, whatever happens while it looks."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("looks at processes of Linux", allow_module_level=True)

from bot.agent import worker
from bot.agent.locating import located
from bot.agent.looking import look, look_at, sample, sampling
from bot.agent.probes import Availability, Step, Target
from bot.agent.probes.order import PROBES
from bot.agent.probes.when import always
from bot.wire import Holder, ProbeReport
from tests.hanging import Hanging, mounted
from tests.holding import HOLD, IS_ROOT, NEEDS_ROOT, ROOT, WAYS, held, running, unseen

as_root = pytest.mark.skipif(not IS_ROOT, reason=NEEDS_ROOT)
SHORT = 1.0  # seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "filename.EXE"
    path.write_bytes(b"MZ" * 4096)
    return path


async def target_of(path: Path) -> Target:
    target = await located(str(path), 5.0)
    assert isinstance(target, Target)
    return target


# ---- what hangs


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Hanging]:
    folder = tmp_path / "dead"
    folder.mkdir()
    with mounted(folder) as hanging:
        yield hanging


@as_root
async def test_a_process_with_a_file_of_a_dead_server_keeps_nobody_from_the_answer(file, dead):
    """A plain stat of that process's file would wait for the server for ever."""
    with held(file) as pid, holding_dead(dead) as (stuck, descriptor):
        dead.stop()
        stat = stat_of(f"/proc/{stuck}/fd/{descriptor}")
        answer = await look_at(str(file))
        assert stat.poll() is None
        dead.server.kill()
        stat.wait()
    assert [holder.pid for holder in answer.holders] == [pid]


@as_root
async def test_a_file_on_a_dead_server_cannot_be_told_and_the_answer_comes_in_time(dead):
    dead.stop()
    answer = await asyncio.wait_for(look_at(str(dead.file), deadline=SHORT), 30)
    assert (answer.state, answer.complete) == ("unknown", False)
    assert answer.probes[0].error == "no answer within 1.0 s: a file system may hang"


@as_root
async def test_after_a_look_that_hung_the_next_one_is_answered(file, dead):
    dead.stop()
    await look_at(str(dead.file), deadline=SHORT)
    with held(file) as pid:
        answer = await look_at(str(file))
    assert [holder.pid for holder in answer.holders] == [pid]


def stat_of(path: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["stat", "--dereference", path], stdout=subprocess.DEVNULL)


@contextmanager
def holding_dead(dead: Hanging) -> Iterator[tuple[int, str]]:
    command = [sys.executable, "-c", HOLD.format(WAYS["read"]), str(dead.file)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "held\n"
    descriptors = Path(f"/proc/{process.pid}/fd").iterdir()
    [found] = [one.name for one in descriptors if one.readlink() == dead.file]
    try:
        yield process.pid, found
    finally:
        dead.server.kill()
        process.communicate()


async def test_a_worker_that_is_killed_is_replaced(file):
    with held(file) as pid:
        await look_at(str(file))
        [idle] = worker._idle
        os.kill(idle._process.pid, signal.SIGKILL)
        idle._process.wait()
        answer = await look_at(str(file))
    assert answer.holders[0].pid == pid


async def test_a_look_that_is_called_off_leaves_no_worker_behind_with_its_answer(file):
    with held(file) as pid:
        for _ in range(20):
            task = asyncio.create_task(look_at(str(file)))
            await asyncio.sleep(0.002)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await look_at(str(file))).holders[0].pid == pid


# ---- what changes meanwhile


async def test_processes_that_come_and_go_while_it_looks_do_no_harm(file):
    churn = "while :; do /bin/true; done & echo held; read line; kill $!"
    with running(["sh", "-c", churn]), held(file) as pid:
        for _ in range(20):
            answer = await look_at(str(file))
            assert pid in [holder.pid for holder in answer.holders]
            assert all(holder.pid == pid for holder in answer.holders)


async def test_the_holder_of_a_file_that_was_replaced_is_not_that_of_the_new_one(file):
    with held(file) as pid:
        old = await target_of(file)
        replace_by_another(file)
        answer = await look(old)
    assert answer.state == "free"
    assert pid not in [holder.pid for holder in answer.holders]


async def test_a_file_that_is_taken_away_is_gone(file):
    target = await target_of(file)
    with held(file):
        file.unlink()
        answer = await look(target)
    assert (answer.state, answer.holders, answer.complete) == ("gone", (), True)


@as_root
def test_a_process_with_the_number_of_an_earlier_holder_is_another_holder(file):
    """In a namespace of its own, in which the next number can be chosen."""
    code = """
import asyncio, json, os, subprocess, sys
from bot.agent.looking import look_at
from bot.agent.merging import sampled
hold = [sys.executable, "-c", sys.argv[2], sys.argv[1]]
def start(after):
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(after))
    process = subprocess.Popen(hold, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process
async def main():
    looks = []
    for _ in range(2):
        process = start(4999)
        looks.append((await look_at(sys.argv[1])).holders)
        process.communicate()
    print(json.dumps([[one.pid, str(one.started), one.samples] for one in sampled(looks)]))
asyncio.run(main())
"""
    hold = HOLD.format(WAYS["read"])
    words = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code, file, hold]
    ended = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    first, second = json.loads(ended.stdout)
    assert first[0] == second[0] == 5000
    assert first[1] != second[1]
    assert first[2] == second[2] == 1


# ---- looking again and again


async def test_samples_tell_when_each_holder_was_seen_first_and_last(file):
    target = await target_of(file)
    shown = []
    with held(file, "read") as short:
        async for answer in sampling(target, seconds=1.2, every=0.1):
            shown.append(answer)
            if answer.samples == 3:
                break
    assert [answer.samples for answer in shown] == [1, 2, 3]
    [holder] = shown[-1].holders
    assert (holder.pid, holder.samples) == (short, 3)
    assert holder.first_seen < holder.last_seen


async def test_who_let_go_meanwhile_is_still_told(file):
    target = await target_of(file)

    async def let_go(process: subprocess.Popen[str]) -> None:
        await asyncio.sleep(0.4)
        process.terminate()

    command = [sys.executable, "-c", HOLD.format(WAYS["read"]), file]
    with running(command) as process:
        going = asyncio.create_task(let_go(process))
        answer = await sample(target, seconds=1.5, every=0.1)
        await going
    [holder] = answer.holders
    assert (answer.state, holder.pid) == ("held", process.pid)
    assert 1 <= holder.samples < answer.samples
    assert answer.sampled_ms >= 1400


async def test_a_file_that_stays_free_is_free_in_all_samples(file):
    answer = await sample(await target_of(file), seconds=0.3, every=0.1)
    assert (answer.state, answer.complete) == ("free", True)
    assert answer.samples > 1


# ---- what is proved


class Told:
    """A probe that says what it was told to; it stands for a way to look of another system."""

    def __init__(self, report: ProbeReport, ok: bool = True) -> None:
        self.name = report.name
        self._report = report
        self._ok = ok

    def available(self) -> Availability:
        return Availability(ok=self._ok, reason=None if self._ok else "not on this system")

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        return self._report


def step(*, decides: bool = True, ok: bool = True, on: str = "linux", **known: object) -> Step:
    report = ProbeReport(**({"name": "told"} | known))
    return Step(probe=Told(report, ok), on=on, when=always, decides=decides)


NOW = datetime.now().astimezone()
HOLDER = Holder(kind="process", via=("told",), first_seen=NOW, last_seen=NOW, pid=7)


@pytest.mark.parametrize(
    ("steps", "state", "complete"),
    [
        pytest.param([], "unknown", False, id="there is no way to look"),
        pytest.param([step(decides=False)], "unknown", False, id="none that could decide"),
        pytest.param([step()], "free", True, id="nobody was seen and nothing was missed"),
        pytest.param([step(blind=("a",))], "unknown", False, id="something was missed"),
        pytest.param([step(error="a")], "unknown", False, id="a probe failed"),
        pytest.param([step(ok=False)], "unknown", False, id="a probe cannot look here"),
        pytest.param([step(), step(ok=False, decides=False)], "free", True, id="one not needed"),
        pytest.param([step(), step(ok=False, on="win32")], "free", True, id="one of elsewhere"),
        pytest.param([step(proved="free")], "free", True, id="the kernel says nobody"),
        pytest.param([step(proved="held")], "held", True, id="the kernel says somebody"),
        pytest.param([step(holders=(HOLDER,))], "held", True, id="one was seen"),
        pytest.param([step(holders=(HOLDER,), blind=("a",))], "held", False, id="one, and more"),
    ],
)
async def test_the_state_claims_no_more_than_what_was_seen(file, steps, state, complete):
    answer = await look(await target_of(file), steps=steps)
    assert (answer.state, answer.complete) == (state, complete)


def replace_by_another(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(b"MZ")
    other.replace(path)


class Replacing(Told):
    """A probe during which another file takes the place of the one that it looks at."""

    def __init__(self, *reports: ProbeReport) -> None:
        super().__init__(reports[0])
        self._reports = list(reports)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        if self._reports[1:]:
            replace_by_another(Path(target.path))
            return self._reports.pop(0)
        return self._reports[0]


NOTHING = ProbeReport(name="told")
HELD = ProbeReport(name="told", holders=(HOLDER,))


@pytest.mark.parametrize(
    ("reports", "state", "holders"),
    [
        pytest.param([NOTHING, HELD], "held", (HOLDER,), id="the new file is held"),
        pytest.param([HELD, NOTHING], "free", (), id="the new file is free"),
        pytest.param([HELD] * 9, "unknown", (), id="another one each time"),
    ],
)
async def test_of_a_file_replaced_while_it_is_looked_at_the_new_one_is_answered(
    file, reports, state, holders
):
    step = Step(probe=Replacing(*reports), on="linux", when=always)
    answer = await look(await target_of(file), steps=[step])
    assert (answer.state, answer.holders) == (state, holders)


async def test_a_probe_that_takes_too_long_is_said_to_have_seen_nothing(file):
    class Slow(Told):
        async def run(self, target: Target, deadline: float) -> ProbeReport:
            await asyncio.sleep(60)
            return self._report

    slow = Step(probe=Slow(ProbeReport(name="slow")), on="linux", when=always)
    answer = await look(await target_of(file), deadline=0.2, steps=[slow, step()])
    assert (answer.state, answer.complete) == ("unknown", False)
    assert "no answer within" in answer.probes[0].error
    assert answer.probes[1].error == "no time was left for it"


def test_every_probe_of_linux_has_a_name_of_its_own():
    names = [one.probe.name for one in PROBES if one.on == "linux"]
    assert names == ["lease", "smbstatus", "kernel", "proc"]


async def test_the_blind_are_counted_as_they_are(tmp_path):
    answer = await look_at(str(tmp_path))
    [proc] = [report for report in answer.probes if report.name == "proc"]
    assert bool(proc.blind) == bool(unseen())
