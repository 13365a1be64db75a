"""What threads hold, who may see it, and what many of them show together."""

from dataclasses import replace

import pytest

from bot.incidents import Evidence, Incident, Threads
from bot.incidents.board import DAY, OFTEN, Offender, offenders, on_server, per_day, unresolved
from bot.model import Finding, Quote, Report

NOW = 1_800_000_000.0
LOCK = Finding(
    kind="lock-only",
    certainty="likely",
    rule="package-lock",
    server="NTSITE1",
    package="DOG0005D",
    files=("E:\\a.exe",),
    evidence=(Quote(source="message", line=1, text="Copying"),),
)


async def judged(threads, channel="C1", ts="1700000000.000100", finding=LOCK):
    async with threads.holding(channel, ts) as thread:
        thread.take(ts, Evidence(text="x"))
        thread.report = Report(findings=(finding,))
    return thread


async def test_evidence_is_read_in_the_order_it_was_said_each_file_once():
    threads = Threads()
    async with threads.holding("C1", "1.0") as thread:
        thread.take("2.0", Evidence(text="second", files=({"id": "F1"},)))
        thread.take("1.0", Evidence(text="first"))
        thread.take("3.0", Evidence(files=({"id": "F1"}, {"id": "F2"})))
    assert thread.texts == ["first", "second"]
    assert [file["id"] for file in thread.files] == ["F1", "F2"]


async def test_an_older_state_of_a_message_is_refused():
    async with Threads().holding("C1", "1.0") as thread:
        assert thread.take("1.0", Evidence(text="edited", edited="5.0"))
        assert not thread.take("1.0", Evidence(text="as first said"))
        assert thread.take("1.0", Evidence(text="edited again", edited="6.0"))
    assert thread.texts == ["edited again"]


async def test_a_thread_without_end_keeps_its_latest_messages():
    async with Threads().holding("C1", "1.0") as thread:
        for number in range(200):
            thread.take(f"{number:03}.0", Evidence(text=str(number)))
        assert thread.texts == [str(number) for number in range(150, 200)]
        thread.take("999.0", Evidence(text="x" * 3_000_000))
    assert [len(text) for text in thread.texts] == [3_000_000]


async def test_a_thread_with_nothing_in_it_is_forgotten_and_the_oldest_give_way():
    threads = Threads(remembered=2)
    async with threads.holding("C1", "1.0"):
        pass
    assert threads.find("C1", "1.0") is None
    for ts in ("1.0", "2.0", "3.0"):
        await judged(threads, ts=ts)
    assert [threads.find("C1", ts) is not None for ts in ("1.0", "2.0", "3.0")] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("kind", "viewer", "seen"),
    [
        ("channel", None, True),
        ("channel", "C2", True),
        ("group", None, False),
        ("group", "C2", False),
        ("group", "C1", True),
        ("im", "C2", False),
        (None, "C2", False),
    ],
)
async def test_what_was_said_in_private_is_seen_there_alone(kind, viewer, seen):
    threads = Threads()
    if kind:
        threads.heard("C1", kind)
    await judged(threads)
    found = threads.incidents(viewer)
    assert bool(found) is seen
    assert all(one.finding.evidence == () for one in found)


async def test_locks_on_a_package_are_those_a_channel_may_hear_of():
    threads = Threads()
    threads.heard("C1", "channel")
    await judged(threads, "C1", "1.0")
    await judged(threads, "C2", "2.0")
    await judged(threads, "C1", "3.0", replace(LOCK, package="OTHER001"))
    await judged(threads, "C1", "4.0", replace(LOCK, files=()))
    assert threads.locked("DOG0005D", "C1") == ["1.0"]
    assert threads.locked("DOG0005D", "C2") == ["1.0", "2.0"]


async def test_a_channel_made_private_is_private_from_then_on():
    threads = Threads()
    threads.heard("C1", "channel")
    await judged(threads)
    threads.heard("C1", "group")
    assert threads.incidents() == []


def incident(server="NTSITE1", days=0.0, package="DOG0005D", state="open", files=("a",)):
    finding = Finding(
        kind="lock-only",
        certainty="likely",
        rule="package-lock",
        server=server,
        package=package,
        files=files,
    )
    return Incident(
        channel="C1",
        thread_ts=f"{NOW - days * DAY:.6f}",
        private=False,
        finding=finding,
        state=state,
    )


def test_incidents_are_told_apart_by_server_and_state():
    known = [incident(), incident(server="ntsite1.corp.example", state="resolved"), incident("X")]
    assert on_server(known, "\\".join(["NTSITE1"])) == known[:2]
    assert on_server(known, None) == known
    assert unresolved(known) == [known[0], known[2]]


def test_a_package_is_an_offender_from_the_third_lock_in_the_window_on():
    locks = [incident(days=day) for day in range(OFTEN - 1)]
    assert offenders([*locks, incident(days=30), incident(days=1, files=())], NOW) == []
    (worst,) = offenders([*locks, incident(days=13)], NOW)
    assert worst == Offender(package="DOG0005D", server="NTSITE1", count=OFTEN)


def test_locks_are_counted_by_the_day():
    counts = per_day([incident(), incident(), incident(days=2), incident(days=40)], NOW)
    assert (len(counts), counts[-1], counts[-3], sum(counts)) == (14, 2, 1, 3)
