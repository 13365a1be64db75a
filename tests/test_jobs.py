"""The contract of the jobs port, on each database."""

import asyncio

import pytest

from bot.errors import DespoolError, TryLater
from bot.incidents import Job, JobsStopped, StoreUnavailable, performing
from bot.incidents.acceptance import Acceptance
from bot.incidents.aside import CRASHED, CRASHES
from bot.incidents.opening import opened
from bot.incidents.sweeping import Sweeper


@pytest.fixture
def jobs(store):
    return store.jobs


class _Refusal(DespoolError):
    """Trying again does not help."""


class Ledger:
    """Work that writes down what it was given."""

    def __init__(self) -> None:
        self.done: list[dict] = []
        self.failed: list[tuple[str, str]] = []
        self.tries: list[dict] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def work(self, payload: dict) -> None:
        await self.gate.wait()
        if payload.get("fails"):
            raise _Refusal(payload["fails"])
        if payload.get("breaks"):
            self.tries.append(payload)
            raise ValueError(payload["breaks"])
        self.done.append(payload)

    async def on_error(self, job: Job, error: BaseException, reference: str) -> None:
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
    async def broken(job: Job, error: BaseException, reference: str) -> None:
        raise RuntimeError("the report failed too")

    await jobs.start({"message": ledger.work}, broken)
    for number in range(100):
        await jobs.submit("message", {"fails": "yes"}, f"Ev{number}")
    await jobs.submit("message", {"n": 1}, "last")
    await jobs.idle()
    assert ledger.done == [{"n": 1}]


async def test_work_that_breaks_is_tried_and_then_set_aside(store, jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.submit("message", {"breaks": "oh"}, "Ev1")
    await jobs.submit("message", {"n": 1}, "Ev2")
    await jobs.idle()
    assert len(ledger.tries) == performing.TRIES
    assert ledger.failed == [("Ev1", "oh")]
    assert ledger.done == [{"n": 1}]
    (aside,) = await store.aside.over()
    assert (aside.key, aside.kind, aside.reason) == ("Ev1", "message", "ValueError")


async def test_work_that_was_refused_in_words_is_not_set_aside(store, jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.submit("message", {"fails": "no"}, "Ev1")
    await jobs.idle()
    assert await store.aside.over() == []


async def test_what_passes_is_waited_for(jobs, ledger):
    waits = [StoreUnavailable("gone"), TryLater("a moment")]

    async def work(payload):
        if waits:
            raise waits.pop()
        await ledger.work(payload)

    await jobs.start({"message": work}, ledger.on_error)
    await jobs.submit("message", {"n": 1}, "Ev1")
    await jobs.idle()
    assert ledger.done == [{"n": 1}]
    assert ledger.failed == []


async def test_what_takes_long_to_pass_becomes_a_row(jobs, ledger):
    class _Outage(TryLater):
        soon = False

    async def work(payload):
        raise _Outage("Slack is down")

    await jobs.start({"message": work}, ledger.on_error)
    await jobs.submit("message", {"n": 1}, "Ev1")
    await jobs.idle()
    assert ledger.failed == []
    assert not await jobs.submit("message", {}, "Ev1~1"), "the next try waits in the database"


async def test_later_work_waits_for_its_time(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.submit_at("message", {"n": "late"}, "Ev1", after=3600)
    await jobs.submit_at("message", {"n": "soon"}, "Ev2", after=0.5)
    for _ in range(100):
        await asyncio.sleep(0.1)
        if ledger.done:
            break
    assert ledger.done == [{"n": "soon"}]


async def test_draining_finishes_what_was_taken(jobs, ledger):
    ledger.gate.clear()
    await jobs.start({"message": ledger.work}, ledger.on_error)
    for number in range(100):
        await jobs.submit("message", {"n": number}, f"Ev{number}")
    await begun(jobs, 100)
    draining = asyncio.create_task(jobs.drain(5))
    await asyncio.sleep(0.1)
    ledger.gate.set()
    assert await draining == 0
    assert len(ledger.done) == 100


async def begun(jobs, count):
    while jobs.under_way < count:  # noqa: ASYNC110 - it is told by nobody
        await asyncio.sleep(0.02)


async def test_draining_ends_at_its_deadline_and_the_next_process_does_what_is_left(
    address, ledger
):
    ledger.gate.clear()
    async with opened(address) as first:
        await first.jobs.start({"message": ledger.work}, ledger.on_error)
        for number in range(100):
            await first.jobs.submit("message", {"n": number}, f"Ev{number}")
        await begun(first.jobs, 100)
        assert await first.jobs.drain(1) == 100
    assert ledger.done == []
    ledger.gate.set()
    async with opened(address) as second:
        await second.jobs.start({"message": ledger.work}, ledger.on_error)
        await second.jobs.idle()
    assert sorted(one["n"] for one in ledger.done) == list(range(100))


CLAIMED = (
    "UPDATE {}workflow_status SET status = 'PENDING', executor_id = 'gone' "
    "WHERE workflow_uuid = 'Ev1'"
)


async def test_work_of_a_process_that_vanished_is_taken_up_by_the_next(address, ledger):
    async with opened(address) as first:
        await first.jobs.submit("message", {"n": 1}, "Ev1")
        alter(first, CLAIMED)
        assert await first.jobs.left_by() == {"Ev1": "gone"}
    async with opened(address) as second:
        await second.jobs.start({"message": ledger.work}, ledger.on_error)
        await second.jobs.idle()
    assert ledger.done == [{"n": 1}]


async def test_work_that_ends_its_process_again_and_again_is_set_aside(store, jobs, ledger):
    sweeper = Sweeper(store.executors, jobs, store.aside)
    await jobs.submit("message", {"n": 1}, "Ev1")
    for _ in range(CRASHES):
        assert await store.aside.over() == []
        alter(store, CLAIMED)
        await sweeper.begin()
    (aside,) = await store.aside.over()
    assert (aside.key, aside.tries, aside.reason) == ("Ev1", CRASHES, CRASHED)
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.idle()
    assert ledger.done == []


def alter(store, statement):
    """Change a row of the jobs as no bot would."""
    schema = "" if store.database.place.is_sqlite else "dbos."
    with store.jobs._accepting.begin() as connection:
        connection.exec_driver_sql(statement.format(schema))


async def test_work_that_came_before_the_end_is_there_after_it(address, ledger):
    async with opened(address) as first:
        await first.jobs.submit("message", {"n": 1}, "Ev1")
    async with opened(address) as second:
        await second.jobs.start({"message": ledger.work}, ledger.on_error)
        await second.jobs.idle()
        assert not await second.jobs.submit("message", {"n": 1}, "Ev1")
    assert ledger.done == [{"n": 1}]


async def test_work_that_comes_after_the_end_is_refused_aloud(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.drain(1)
    with pytest.raises(JobsStopped):
        await jobs.submit("message", {"n": 1}, "Ev1")


async def test_work_of_megabytes_is_kept_whole(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    payload = {"text": "~Copying \\\\ \u2028\U0001f600" * 60_000}
    await jobs.submit("message", payload, "Ev1")
    await jobs.idle()
    assert ledger.done == [payload]


async def test_a_row_that_cannot_be_read_stops_nothing_and_is_counted(store, jobs, ledger):
    for number in range(3):
        await jobs.submit("message", {"n": number}, f"Ev{number}")
    alter(store, "UPDATE {}workflow_input SET inputs = '{{broken' WHERE workflow_uuid = 'Ev1'")
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.idle()
    assert sorted(one["n"] for one in ledger.done) == [0, 2]
    assert await jobs.dead() == 1


async def test_what_was_done_long_ago_is_forgotten(jobs, ledger):
    await jobs.start({"message": ledger.work}, ledger.on_error)
    await jobs.submit("message", {"n": 1}, "Ev1")
    await jobs.idle()
    assert await jobs.forget(0) == 0
    assert await jobs.forget(4_000_000_000) == 1
    assert await jobs.submit("message", {"n": 1}, "Ev1")


async def test_many_deliveries_share_a_commit_and_each_gets_its_own_answer():
    batches, gate = [], asyncio.Event()
    known = set()

    def write(batch):
        while not gate.is_set():
            pass
        batches.append(len(batch))
        return [not (one.job.key in known or known.add(one.job.key)) for one in batch]

    acceptance = Acceptance(write)
    waiting = [
        asyncio.create_task(acceptance.keep(Job(kind="m", payload={}, key=str(n % 5))))
        for n in range(20)
    ]
    await asyncio.sleep(0.05)
    gate.set()
    answers = await asyncio.gather(*waiting)
    acceptance.close()
    assert sum(answers) == 5
    assert len(batches) < 20


async def test_a_database_that_hangs_gives_no_acknowledgement():
    held = asyncio.Event()

    def write(batch):
        while not held.is_set():
            pass
        return [True] * len(batch)

    acceptance = Acceptance(write, patience=0.1)
    with pytest.raises(StoreUnavailable):
        await acceptance.keep(Job(kind="m", payload={}, key="1"))
    held.set()
    acceptance.close()
