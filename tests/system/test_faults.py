"""The database locked, full, refusing or gone: nothing is acknowledged or lost, and it recovers."""

import asyncio
import contextlib
import os
import resource
import sqlite3
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from dbos import DBOS

from bot.incidents.database import connect, where
from bot.incidents.migrating import upgrade
from tests.slack_bot import PASTE
from tests.system.fleet import ROOT, answered, fleet

REDELIVERED = (2.0, 10.0, 45.0)  # seconds
GONE = 30.0  # seconds
ROOTS = "needs root, to mount a small file system: run the tests as root"


async def through(ships, fault, *, gone=GONE):
    """Post before, within and after a fault; return how many deliveries failed meanwhile."""
    slack, places = ships.slack, []
    slack.courier.retry_after = REDELIVERED
    await ships.start()
    places.append(slack.alert(0))
    await slack.until(lambda: slack.told(places) == {1: 1}, 20)
    with fault():
        began = time.monotonic()
        for number in range(1, 9):
            places.append(slack.alert(number))
            await asyncio.sleep(gone / 8)
        told = slack.told(places)
        assert told[1] <= 2, "one may have been under way"
        failures = sum(len(one.failures) for one in slack.deliveries)
        await asyncio.sleep(max(0.0, began + gone - time.monotonic()))
    places.append(slack.alert(9))
    await answered(ships, places, 90)
    assert slack.told(places) == {1: 10}
    assert all(one.acknowledged for one in slack.deliveries)
    assert failures > 0, "nothing may be acknowledged that was not stored"
    assert "DOG0000" not in ships.logged(), "what was pasted is never logged"
    return failures


async def test_a_locked_sqlite_is_waited_for(tmp_path):
    @contextlib.contextmanager
    def locked():
        files = [tmp_path / "despool.db", tmp_path / "despool-jobs.db"]
        with contextlib.ExitStack() as stack:
            for file in files:
                held = stack.enter_context(contextlib.closing(sqlite3.connect(file, timeout=20)))
                held.execute("BEGIN IMMEDIATE")
            yield

    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        await through(ships, locked)


@pytest.fixture
def small(tmp_path):
    """Give a folder with some megabytes of room, on a file system of its own."""
    if os.getuid() != 0:
        pytest.skip(ROOTS)
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk_is_waited_for(tmp_path, small):
    @contextlib.contextmanager
    def full():
        ballast = small / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        yield
        ballast.unlink()

    async with fleet(tmp_path, f"sqlite:///{small / 'despool.db'}") as ships:
        await through(ships, full, gone=12.0)


async def test_a_disk_that_takes_no_more_writes_is_waited_for(tmp_path):
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:

        @contextlib.contextmanager
        def refusing():
            # as with a read-only file system, reading goes on and no write succeeds
            pid, limit = ships.processes[0].pid, resource.RLIMIT_FSIZE
            before = resource.prlimit(pid, limit)
            resource.prlimit(pid, limit, (0, before[1]))
            yield
            resource.prlimit(pid, limit, before)

        await through(ships, refusing, gone=12.0)


async def test_a_postgresql_that_is_gone_for_half_a_minute_is_waited_for(tmp_path, own_postgres):
    @contextlib.contextmanager
    def gone():
        own_postgres.stop()
        yield
        own_postgres.start()

    async with fleet(tmp_path, own_postgres.database()) as ships:
        await through(ships, gone)


@pytest.fixture
def own_postgres(postgres):
    """Give a server that a test may stop, for the shared one may not be."""
    from tests.postgres import server

    with server() as running:
        yield running


async def test_a_second_process_on_one_sqlite_file_is_refused_with_the_reason(tmp_path):
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        await ships.start()
        second = ships.process()
        await second.start()
        assert await asyncio.wait_for(second.gone(), 30) == 2
        told = second.log.read_text()
    assert "is in use by another Despool" in told
    assert "PostgreSQL" in told
    assert "Traceback" not in told


async def test_rows_of_the_release_before_are_finished_by_this_one(tmp_path, address):
    """The tables of revision 0001, with a thread, a reply in doubt, and work that waits."""
    place = where(address)
    engine = connect(place.incidents)
    assert upgrade(engine, "0001") == (None, "0001")
    DBOS.migrate(place.jobs.render_as_string(hide_password=False))
    async with fleet(tmp_path, address) as ships:
        slack = ships.slack
        channel, ts = slack.alert(1, channel="C0ALERTS")
        event = slack.deliveries[0].payload["event"]
        for delivery in slack.deliveries:
            delivery.over = True
        await slack.courier.stop()
        with engine.begin() as connection:
            connection.execute(sa.text(BEFORE), {"channel": channel, "ts": ts})
        enqueued(place, {"event": event, "repeated": False}, f"{channel}:{ts}")
        engine.dispose()
        await ships.start()
        await slack.until(lambda: slack.replies(channel, ts), 40)
        await asyncio.sleep(1.0)
        assert len(slack.replies(channel, ts)) == 1
        later = slack.post(channel, PASTE.replace("DOG0005D", "CAT00012"), thread_ts=ts)
        assert later
        await slack.until(lambda: "CAT00012" in slack.replies(channel, ts)[0]["text"], 20)


BEFORE = """
INSERT INTO evidence (channel, ts, thread_ts, text, files, edited, kept_at)
VALUES (:channel, '1.0', :ts, 'kept by the release before', '[]', '', 1700000000)
"""


def enqueued(place, payload, key):
    """Keep work as the release before did: the same engine, its own number, fewer fields."""
    from bot.incidents import engine

    accepting = connect(place.jobs)
    client = engine._client(accepting)
    client.register_queue("work", application_name="despool")
    options = {
        "workflow_name": "run",
        "queue_name": "work",
        "workflow_id": key,
        "app_version": "1",
    }
    with accepting.begin() as connection:
        client.enqueue_in_transaction(connection, options, "message", payload, key)
    accepting.dispose()


async def test_a_database_of_a_newer_release_is_left_alone(tmp_path, address):
    engine = connect(where(address).incidents)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DESPOOL_DATABASE_URL": address}
    ended = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "db", "upgrade"),
        env=env | {"DESPOOL_DATA_DIR": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _, stderr = await ended.communicate()
    assert ended.returncode == 2
    assert b"newer Despool (revision 9999)" in stderr
