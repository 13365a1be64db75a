"""Killed at any moment, alone or among replicas: each alert has one reply, and none is lost."""

import asyncio
import random
import signal
import time

import pytest

from tests.system.fleet import answered, fleet

REDELIVERED = (1.0, 5.0, 15.0)  # seconds; Slack itself waits a minute, then five
FINISHED = 30.0  # seconds after the last kill


async def stream(slack, count, every, places):
    """Post alerts, one in each `every` seconds."""
    for number in range(count):
        places.append(slack.alert(number))
        await asyncio.sleep(every)


@pytest.mark.parametrize("seed", [1])
async def test_one_process_killed_again_and_again_answers_each_alert_once(tmp_path, capsys, seed):
    chance = random.Random(seed)  # noqa: S311
    places, kills, between, seen = [], 0, 0, set()
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        slack = ships.slack
        slack.courier.retry_after, slack.courier.duplicate = REDELIVERED, 4
        (bot,) = await ships.start()
        posting = asyncio.create_task(stream(slack, 300, 0.25, places))
        while kills < 20 or not posting.done():
            await asyncio.sleep(chance.uniform(0.1, 1.5))
            if kills % 2:
                # at the worst moment: Slack has stored the post, and nobody knows
                stored = asyncio.Event()
                slack.on_stored = lambda key, bot=bot, stored=stored: (bot.kill(), stored.set())
                try:
                    await asyncio.wait_for(stored.wait(), 20)
                except TimeoutError:
                    bot.kill()
                slack.on_stored = lambda key: None
            else:
                bot.kill()
            await bot.gone()
            kills += 1
            fresh = (ships.posting() & set(slack.stored)) - seen
            seen |= fresh
            between += bool(fresh)
            await bot.start()
            await bot.ready()
        await posting
        took = await answered(ships, places, 60)
        with capsys.disabled():
            print(
                f"\n{kills} kills, {between} of them between Slack storing a post and our"
                f" recording it; {len(places)} alerts, replies {dict(slack.told(places))},"
                f" all answered {took:.1f} s after the last restart"
            )
        assert slack.told(places) == {1: len(places)}
        assert all(one.acknowledged for one in slack.deliveries if one.kind == "events_api")
        assert between >= 5


@pytest.mark.parametrize(
    ("count", "http"),
    [
        pytest.param(2, False, id="two over Socket Mode"),
        pytest.param(3, True, id="three over HTTP"),
    ],
)
async def test_a_replica_killed_for_ever_leaves_nothing_undone(
    tmp_path, postgres, capsys, count, http
):
    places = []
    async with fleet(tmp_path, postgres.database(), http=http) as ships:
        slack = ships.slack
        slack.courier.retry_after = REDELIVERED
        first, *others = await ships.start(count)
        posting = asyncio.create_task(stream(slack, 120, 0.05, places))
        await slack.until(lambda: len(slack.stored) >= 20, 60)
        seen = asyncio.Event()
        slack.on_stored = lambda key: (first.kill(), seen.set()) if not seen.is_set() else None
        await asyncio.wait_for(seen.wait(), 30)
        await first.gone()
        killed = time.monotonic()
        await posting
        await answered(ships, places, 60)
        took = time.monotonic() - killed - 1.0
        with capsys.disabled():
            print(
                f"\n{count} replicas, one killed for ever: {len(places)} alerts, replies"
                f" {dict(slack.told(places))}, all finished {took:.1f} s after the kill"
            )
        assert slack.told(places) == {1: len(places)}
        assert took < FINISHED + len(places) * 0.05
        assert all(one.process.returncode is None for one in others)


async def test_a_rolling_restart_under_load_doubles_nothing_and_waits_for_no_lease(
    tmp_path, postgres, capsys
):
    places, ends = [], []
    async with fleet(tmp_path, postgres.database()) as ships:
        slack = ships.slack
        slack.courier.retry_after = REDELIVERED
        bots = await ships.start(2)
        posting = asyncio.create_task(stream(slack, 150, 0.08, places))
        for bot in bots * 2:
            await asyncio.sleep(1.0)
            began = time.monotonic()
            bot.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(bot.gone(), 15) == 0
            ends.append(time.monotonic() - began)
            await bot.start()
            await bot.ready()
        await posting
        took = await answered(ships, places, 30)
        with capsys.disabled():
            print(
                f"\nrolling restart: {len(ends)} ends in {max(ends):.1f} s at most, replies"
                f" {dict(slack.told(places))}, the last {took:.1f} s after the last alert"
            )
        assert max(ends) < 10
        assert slack.told(places) == {1: len(places)}
        assert "Took up work of a process that is gone" not in ships.logged()
