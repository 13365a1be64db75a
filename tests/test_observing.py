"""What can be seen from outside: the metrics, the log with its incidents, and what is forgotten."""

import asyncio
import json
import time
from datetime import timedelta

import aiohttp
import pytest
import sqlalchemy as sa

from bot.incidents import Evidence, Job
from bot.incidents.retention import Retention
from bot.incidents.schema import EVIDENCE, INCIDENTS, REPLIES, THREADS
from bot.samples import ALERT
from tests.slack_bot import PASTE, quiet
from tests.surfaces import PUBLIC, only
from tests.system.fleet import fleet
from tests.test_threads import judged


async def scraped(live):
    """Return the samples of /metrics by name with labels."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{live.host}:{live.port}/metrics") as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        lines = (await answer.text()).splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))
    }


async def test_the_metrics_count_what_happens(ws, live):
    before = await scraped(live)
    ts = ws.post(PUBLIC, PASTE)
    ws.post(PUBLIC, "lunch?")
    ws.resend(ws.deliveries[0])
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)
    after = await scraped(live)

    def grew(name):
        return after.get(name, 0) - before.get(name, 0)

    assert grew('despool_events_total{outcome="kept"}') == 1
    assert grew('despool_events_total{outcome="known"}') >= 1
    assert grew('despool_events_total{outcome="dismissed"}') >= 1
    verdict = 'despool_verdicts_total{certainty="likely",kind="false-disk-space"}'
    assert grew(verdict) == 1
    assert grew("despool_ack_seconds_count") >= 3
    assert grew("despool_reply_seconds_count") == 1
    assert after["despool_queue_depth"] == 0
    for name in ("despool_overdue_rows", "despool_dead_rows", "despool_agents_connected"):
        assert after[name] == 0


async def test_calls_that_are_repeated_are_counted_by_reason(ws, live):
    from bot.workspace import Fault

    before = await scraped(live)
    ws.fail("chat.postMessage", Fault(status=429, retry_after=1))
    ws.post(PUBLIC, PASTE)
    await ws.settled()
    await live.bot.services.jobs.idle()
    name = 'despool_delivery_retries_total{reason="limited"}'
    assert (await scraped(live)).get(name, 0) - before.get(name, 0) == 1


async def test_work_that_was_set_aside_shows_in_the_metrics(ws, live):
    store = live.bot.services.jobs._aside
    await store.note(Job(kind="message", payload={}, key="1"), 3, "KeyError", "abc")
    assert (await scraped(live))["despool_dead_rows"] == 1


async def test_each_line_of_the_log_names_its_incident_and_its_work(tmp_path):
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        slack = ships.slack
        (bot,) = await ships.start(DESPOOL_LOG_FORMAT="json", DESPOOL_LOG_LEVEL="DEBUG")
        place = slack.alert(1)
        await slack.until(lambda: slack.told([place]) == {1: 1}, 20)
        ships.slack.fail("chat.update", _refusal())
        slack.post(place[0], ALERT.replace("DOG0005D", "CAT00012"), thread_ts=place[1])
        await asyncio.sleep(1.5)
        lines = [json.loads(line) for line in bot.log.read_text().splitlines()]
    about = [line for line in lines if line.get("incident")]
    assert about
    assert all(line["job"].startswith(place[0]) for line in about)
    assert all({"event", "level", "logger", "timestamp"} <= line.keys() for line in lines)
    assert "DOG00001" not in str(lines)


def _refusal():
    from bot.workspace import Fault

    return Fault(error="restricted_action")


async def test_what_is_older_than_the_retention_is_forgotten(store):
    await judged(store)
    answer = {"channel": "C1", "thread_ts": "1", "key": "k", "rule": "r", "text": "t", "blocks": []}
    await store.ledger.want("k", 0, answer)
    await store.ledger.posted("k", "1.0", await store.ledger.read("k"))
    retention = Retention(store.database, store.jobs, timedelta(days=90))
    now = time.time()
    assert await retention.sweep(now) == 0
    async with store.threads.holding("C1", "9.0") as young:
        young.take("9.0", Evidence(text="x"))
    await store.database.run(
        lambda connection: connection.execute(
            sa.update(THREADS).where(THREADS.c.ts == "9.0").values(changed_at=now + 90 * 86400)
        )
    )
    assert await retention.sweep(now + 91 * 86400) == 1
    left = await store.database.run(
        lambda connection: [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (THREADS, EVIDENCE, INCIDENTS, REPLIES)
        ]
    )
    assert left[0] == 1
    assert left[2:] == [0, 0]


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0, -3.0])
async def test_a_clock_that_jumps_keeps_a_doubt_within_its_bounds(store, jump):
    from bot.delivery import Delivery

    delivery = Delivery(None, store.ledger, settled=0.5)
    answer = {"channel": "C1", "thread_ts": "1", "key": "k", "rule": "r", "text": "t", "blocks": []}
    await store.ledger.want("k", 0, answer)
    assert await store.ledger.claim("k")
    change = sa.update(REPLIES).values(owner="gone", since=time.time() + jump)
    await store.database.run(lambda connection: connection.execute(change))
    assert 0 <= delivery._doubt(await store.ledger.read("k")) <= 0.5
