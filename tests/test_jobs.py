"""The contract of the jobs port; an engine that is added to ENGINES has to keep all of it."""

import asyncio
from collections.abc import Callable

import pytest

from bot.incidents import Job, Jobs, JobsStopped, MemoryJobs

ENGINES: dict[str, Callable[[], Jobs]] = {"memory": MemoryJobs}


@pytest.fixture(params=list(ENGINES))
async def jobs(request):
    engine = ENGINES[request.param]()
    yield engine
    await engine.drain(0)


class Ledger:
    """Work that writes down what it was given."""

    def __init__(self) -> None:
        self.done: list[dict] = []
        self.failed: list[tuple[str, str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def work(self, payload: dict) -> None:
        await self.gate.wait()
        if payload.get("fails"):
            raise ValueError(payload["fails"])
        self.done.append(payload)

    async def on_error(self, job: Job, error: BaseException) -> None:
        self.failed.append((job.key, str(error)))


@pytest.fixture
def ledger():
    return Ledger()


async def test_work_is_done_with_its_payload(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    assert await jobs.submit("message", {"event": {"ts": "1"}}, "Ev1")
    await jobs.idle()
    assert ledger.done == [{"event": {"ts": "1"}}]


async def test_work_submitted_before_the_start_is_done_after_it(jobs, ledger):
    await jobs.submit("message", {"n": 1}, "Ev1")
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.idle()
    assert ledger.done == [{"n": 1}]


async def test_a_thousand_submissions_of_one_key_are_one_piece_of_work(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    taken = await asyncio.gather(*(jobs.submit("message", {"n": 1}, "Ev1") for _ in range(1000)))
    await jobs.idle()
    assert not await jobs.submit("message", {"n": 1}, "Ev1"), "known also once it is done"
    await jobs.idle()
    assert taken.count(True) == 1
    assert ledger.done == [{"n": 1}]


async def test_a_failure_is_reported_once_and_stops_nothing_else(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    for number in range(100):
        await jobs.submit("message", {"fails": f"no {number}"}, f"Ev{number}")
    await jobs.submit("message", {"n": 1}, "last")
    await jobs.idle()
    assert sorted(ledger.failed) == sorted((f"Ev{n}", f"no {n}") for n in range(100))
    assert ledger.done == [{"n": 1}]


async def test_an_unknown_kind_of_work_is_a_failure(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.submit("nonsense", {}, "Ev1")
    await jobs.idle()
    assert [key for key, _ in ledger.failed] == ["Ev1"]


async def test_a_failure_to_report_a_failure_stops_nothing(jobs, ledger):
    async def broken(job: Job, error: BaseException) -> None:
        raise RuntimeError("the report failed too")

    await jobs.start({"message": ledger.work}, broken)
    for number in range(100):
        await jobs.submit("message", {"fails": "yes"}, f"Ev{number}")
    await jobs.submit("message", {"n": 1}, "last")
    await jobs.idle()
    assert ledger.done == [{"n": 1}]


async def test_draining_finishes_what_was_taken(jobs, ledger):
    ledger.gate.clear()
    await jobs.start({"message": ledger.work}, ledger.on_error)
    for number in range(100):
        await jobs.submit("message", {"n": number}, f"Ev{number}")
    draining = asyncio.create_task(jobs.drain(5))
    await asyncio.sleep(0)
    ledger.gate.set()
    assert await draining == 0
    assert len(ledger.done) == 100


async def test_draining_ends_at_its_deadline_and_counts_what_is_left(jobs, ledger):
    ledger.gate.clear()
    await jobs.start({"message": ledger.work}, ledger.on_error)
    for number in range(100):
        await jobs.submit("message", {"n": number}, f"Ev{number}")
    assert await jobs.drain(0.05) == 100
    assert ledger.done == []


async def test_work_that_comes_after_the_end_is_refused_aloud(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.drain(1)
    with pytest.raises(JobsStopped):
        await jobs.submit("message", {"n": 1}, "Ev1")


async def test_memory_forgets_the_oldest_keys_first(ledger):
    jobs = MemoryJobs(remembered=2)
    assert [await jobs.submit("message", {}, key) for key in "abcb"] == [True, True, True, False]
    assert await jobs.submit("message", {}, "a"), "a was forgotten"
