"""What threads hold and incidents know, who may see it, and what many of them show together."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from bot.incidents import PUBLIC, Evidence, Executors, Incident, Overtaken, Register, subject_of
from bot.incidents.board import DAY, OFTEN, Offender, offenders, on_server, per_day, unresolved
from bot.incidents.schema import EVIDENCE, THREADS
from bot.incidents.store import Threads
from bot.incidents.writing import LONGEST, storable
from bot.model import Finding, Input, Quote, Report, Stamp

NOW = 1_800_000_000.0
LOCK = Finding(
    kind="lock-only",
    certainty="likely",
    rule="package-lock",
    server="NTSITE1",
    share="SMS_PKGE",
    package="DOG0005D",
    files=("E:\\a.exe",),
    evidence=(Quote(source="message", line=1, text="Copying"),),
)
REPORT = Report(inputs=(Input(name="message", error="unreadable"),), findings=(LOCK,))


@pytest.fixture
def threads(store):
    return store.threads


@pytest.fixture
def incidents(store):
    return store.incidents


async def judged(store, channel="C1", ts="1700000000.000100", finding=LOCK, scope=PUBLIC):
    """Let a thread hold a verdict, as the handlers do."""
    async with store.threads.holding(channel, ts) as thread:
        thread.take(ts, Evidence(text="x"))
        thread.report = Report(findings=(finding,))
        home = await store.incidents.claim(thread, subject_of(finding), scope, float(ts))
    await store.incidents.record(home.id, finding, "open")
    return home


async def test_a_thread_is_found_as_it_was_left(threads):
    async with threads.holding("C1", "1.0") as thread:
        thread.take("2.0", Evidence(text="second", files=({"id": "F1"},), permalink="https://x/2"))
        thread.take("1.0", Evidence(text="first"))
        thread.report = replace(REPORT, findings=(replace(LOCK, at=None),))
        thread.resolved_by, thread.attached, thread.told = "alex", ("F9", "abc"), {"F1"}
        thread.looked, thread.unread, thread.recalled = ("nobody",), REPORT.inputs, True
    found = await threads.find("C1", "1.0")
    assert found.texts == ["first", "second"]
    for name in ("report", "resolved_by", "attached", "told", "looked", "unread", "evidence"):
        assert getattr(found, name) == getattr(thread, name)
    assert await threads.find("C1", "2.0") is None


async def test_a_verdict_is_read_back_to_the_millisecond_and_the_offset(threads):
    at = Stamp(
        value=datetime(2024, 1, 2, 3, 4, 5, 678_000, tzinfo=timezone(timedelta(minutes=-90))),
        milliseconds=True,
    )
    report = Report(findings=(replace(LOCK, at=at, available_mb=1.5, contradiction=True),))
    async with threads.holding("C1", "1.0") as thread:
        thread.take("1.0", Evidence(text="x"))
        thread.report = report
    assert (await threads.find("C1", "1.0")).report == report


async def test_evidence_is_read_in_the_order_it_was_said_each_file_once(threads):
    async with threads.holding("C1", "1.0") as thread:
        thread.take("2.0", Evidence(text="second", files=({"id": "F1"},)))
        thread.take("1.0", Evidence(text="first"))
        thread.take("3.0", Evidence(files=({"id": "F1"}, {"id": "F2"})))
    assert thread.texts == ["first", "second"]
    assert [file["id"] for file in thread.files] == ["F1", "F2"]


async def test_an_older_state_of_a_message_is_refused(threads):
    async with threads.holding("C1", "1.0") as thread:
        assert thread.take("1.0", Evidence(text="edited", edited="5.0"))
        assert not thread.take("1.0", Evidence(text="as first said"))
        assert thread.take("1.0", Evidence(text="edited again", edited="6.0"))
    assert (await threads.find("C1", "1.0")).texts == ["edited again"]


async def test_a_thread_without_end_keeps_its_latest_messages(threads):
    async with threads.holding("C1", "000.0") as thread:
        for number in range(200):
            thread.take(f"{number:03}.0", Evidence(text=str(number)))
    kept = await threads.find("C1", "000.0")
    assert kept.texts == ["0", *(str(number) for number in range(151, 200))]


async def test_of_a_text_without_end_the_quoted_lines_are_kept(threads):
    lines = [f"line {number} {'x' * 200}" for number in range(1, 5000)]
    quote = Quote(source="message", line=4000, text=lines[3999])
    async with threads.holding("C1", "1.0") as thread:
        thread.take("1.0", Evidence(text="\n".join(lines)))
        thread.report = Report(findings=(replace(LOCK, evidence=(quote,)),))
    (text,) = (await threads.find("C1", "1.0")).texts
    assert lines[3999] in text
    assert len(text) < LONGEST


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-1234567890-abcdefghij",
        "password=hunter2",
        "net use \\\\NTSITE1\\IPC$ /user:CORP\\admin hunter2",
        "Authorization: Bearer abcdefghijklmnop",
        "https://admin:hunter2@ntsite1.corp.example/",
    ],
)
def test_a_secret_that_was_pasted_is_not_stored(secret):
    log = "~Copying E:\\a to E:\\SMS_PKGE\\DOG0005D\\password=x.exe, Failed, Win32 Error = 32"
    text = storable(f"{secret}\n{log}\x00\ud800")
    assert "hunter2" not in text
    assert "abcdefghij" not in text
    assert log in text, "what is a part of a path is no secret"


async def test_a_thread_with_nothing_in_it_leaves_no_row(threads):
    async with threads.holding("C1", "1.0"):
        pass
    assert await threads.find("C1", "1.0") is None


async def test_one_holds_a_thread_at_a_time(threads):
    inside = []

    async def hold(number):
        async with threads.holding("C1", "1.0") as thread:
            inside.append(number)
            await asyncio.sleep(0.02)
            assert inside[-1] == number
            thread.take(f"{number}.0", Evidence(text=str(number)))

    await asyncio.gather(*(hold(number) for number in range(1, 6)))
    assert len((await threads.find("C1", "1.0")).texts) == 5


async def test_across_processes_one_holds_a_thread_at_a_time_until_it_is_gone(store):
    if store.database.place.is_sqlite:
        return  # there is but one process
    times = iter(range(0, 1000, 3))
    ours = Executors(store.database, name="ours", clock=lambda: next(times))
    theirs = Executors(store.database, name="theirs")
    await theirs.enter()
    await ours.enter()
    await ours.beat()
    gone = asyncio.create_task(
        _held_for_ever(Threads(store.database, theirs), left := asyncio.Event())
    )
    await asyncio.sleep(0.1)
    waiting = asyncio.create_task(_held(Threads(store.database, ours)))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    for _ in range(4):  # their heart stands still, nine seconds by our clock
        await ours.beat()
    await asyncio.wait_for(waiting, 5)
    left.set()
    with pytest.raises(Overtaken):
        await gone
    assert (await store.threads.find("C1", "1.0")).texts == ["z"]


async def _held_for_ever(threads, left):
    async with threads.holding("C1", "1.0") as thread:
        thread.take("1.0", Evidence(text="x"))
        await left.wait()


async def _held(threads):
    async with threads.holding("C1", "1.0") as thread:
        thread.take("3.0", Evidence(text="z"))


async def test_what_is_stored_and_cannot_be_read_is_as_if_it_never_was(store, threads):
    async with threads.holding("C1", "1.0") as thread:
        thread.take("1.0", Evidence(text="kept"))
        thread.take("2.0", Evidence(text="lost"))
        thread.report = REPORT

    def damage(connection):
        connection.execute(sa.update(THREADS).values(report="{broken", state="[]"))
        connection.execute(sa.update(EVIDENCE).where(EVIDENCE.c.ts == "2.0").values(files="{"))

    await store.database.run(damage)
    found = await threads.find("C1", "1.0")
    assert found.texts == ["kept"]
    assert found.report is None


@pytest.mark.parametrize(
    ("kind", "scope", "viewer", "seen"),
    [
        ("channel", PUBLIC, None, True),
        ("channel", PUBLIC, "C2", True),
        ("group", "C1", None, False),
        ("group", "C1", "C2", False),
        ("group", "C1", "C1", True),
        ("im", "C1", "C2", False),
        (None, "C1", "C2", False),
    ],
)
async def test_what_was_said_in_private_is_seen_there_alone(store, kind, scope, viewer, seen):
    if kind:
        await store.threads.heard("C1", kind)
    await judged(store, scope=scope)
    found = await store.incidents.seen_from(viewer)
    assert bool(found) is seen
    assert all(one.finding.evidence == () for one in found)


async def test_locks_on_a_package_are_those_a_channel_may_hear_of(store):
    await store.threads.heard("C1", "channel")
    await judged(store, "C1", "1000.0")
    await judged(store, "C2", "2000.0", scope="C2")
    await judged(store, "C1", "3000.0", replace(LOCK, package="OTHER001"))
    await judged(store, "C1", "4000.0", replace(LOCK, server="OTHER", files=()))
    assert await store.incidents.locks("dog0005d", "C1", 0.0) == 1
    assert await store.incidents.locks("DOG0005D", "C2", 0.0) == 2
    assert await store.incidents.locks("DOG0005D", "C2", 1500.0) == 1


async def test_a_channel_made_private_is_private_from_then_on(store):
    await store.threads.heard("C1", "channel")
    await judged(store)
    await store.threads.heard("C1", "group")
    assert await store.incidents.seen_from() == []
    assert not await store.threads.is_public("C1")


DAY_LATER = "1700086500.000100"  # a little more


@pytest.mark.parametrize(
    ("second", "ts", "joins"),
    [
        pytest.param(LOCK, "1700000500.0", True, id="the same again"),
        pytest.param(replace(LOCK, server="ntsite1.corp.example"), "1700000500.0", True,
                     id="the server with its domain"),
        pytest.param(replace(LOCK, package="dog0005d"), "1700000500.0", True, id="without case"),
        pytest.param(replace(LOCK, share=None), "1700000500.0", True, id="no share named"),
        pytest.param(replace(LOCK, share="SMS_PKGD"), "1700000500.0", False, id="another share"),
        pytest.param(replace(LOCK, server="NTSITE2"), "1700000500.0", False, id="another server"),
        pytest.param(replace(LOCK, package="CAT00012"), "1700000500.0", False,
                     id="another package"),
        pytest.param(replace(LOCK, server=None), "1700000500.0", False, id="no server"),
        pytest.param(replace(LOCK, package=None), "1700000500.0", False, id="no package"),
        pytest.param(LOCK, "1700086000.0", True, id="within the window"),
        pytest.param(LOCK, DAY_LATER, False, id="after the window"),
        pytest.param(LOCK, "1699950000.0", True, id="heard late"),
    ],
)  # fmt: skip
async def test_one_incident_for_each_server_share_and_package_in_its_window(
    store, second, ts, joins
):
    first = await judged(store)
    home = await judged(store, "C2", ts, second)
    assert (home.id == first.id) is joins
    assert home.place == (("C1", "1700000000.000100") if joins else ("C2", ts))


async def test_each_evidence_opens_the_window_anew(store):
    first = await judged(store)
    await judged(store, "C2", "1700080000.0")
    assert (await judged(store, "C3", "1700160000.0")).id == first.id


async def test_a_thread_stays_with_its_incident_whenever_it_speaks(store):
    first = await judged(store)
    thread = await store.threads.find("C1", "1700000000.000100")
    again = await store.incidents.claim(thread, subject_of(LOCK), PUBLIC, 1_800_000_000.0)
    assert again.id == first.id


async def test_what_is_private_joins_nothing_public(store):
    first = await judged(store)
    second = await judged(store, "G1", "1700000500.0", scope="G1")
    assert second.id != first.id
    twin = await store.incidents.twin(subject_of(LOCK), 1_700_000_500.0)
    assert twin.id == first.id


async def test_threads_that_race_for_one_incident_find_one(store):
    homes = await asyncio.gather(*(judged(store, f"C{n}", "1700000000.0") for n in range(20)))
    assert len({home.id for home in homes}) == 1
    assert len(await store.incidents.threads_of([homes[0].id])) == 20


async def test_an_incident_moves_on_when_its_thread_leaves_and_ends_with_the_last(store):
    first = await judged(store)
    await judged(store, "C2", "1700000500.0")
    thread = await store.threads.find("C1", "1700000000.000100")
    assert await store.incidents.leave(first.id, thread) == ("C2", "1700000500.0")
    other = await store.threads.find("C2", "1700000500.0")
    assert await store.incidents.leave(first.id, other) is None
    assert await store.incidents.of_thread("C2", "1700000500.0") == []


async def test_a_window_can_be_chosen(store):
    short = Register(store.database, timedelta(seconds=60))
    first = await judged(store)
    async with store.threads.holding("C2", "1700000100.0") as thread:
        later = await short.claim(thread, subject_of(LOCK), PUBLIC, 1_700_000_100.0)
    assert later.id != first.id


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
