"""Delivery: one reply, through rate limits, errors and cut connections."""

import asyncio
from dataclasses import asdict, replace
from functools import partial

import pytest
import sqlalchemy as sa

from bot import slack
from bot.answer import Answer
from bot.delivery import Delivery, DeliveryFailed
from bot.incidents import Executors
from bot.incidents.schema import REPLIES
from bot.slack import SlackRefused
from bot.workspace import Fault

CHANNEL = "C0ALERTS"


class Pauses:
    """A sleep that takes no time and writes down how long it was asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
async def delivery(ws, store, pauses):
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        yield Delivery(client, store.ledger, sleep=pauses, settled=0.2)


@pytest.fixture
async def answer(ws):
    ts = ws.post("#sms-alerts", "a log", user="alex")
    return Answer(
        channel=CHANNEL,
        thread_ts=ts,
        key=f"{CHANNEL}:{ts}",
        rule="package-lock",
        text="Locked: a.exe",
        blocks=[{"type": "section", "text": {"type": "plain_text", "text": "Locked: a.exe"}}],
    )


def posts(ws):
    return [call for call in ws.calls if call.method == "chat.postMessage"]


async def test_a_post_is_a_quiet_reply_in_its_thread(ws, delivery, answer):
    await delivery.answer(answer)
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == answer.text
    sent = posts(ws)[0].args
    assert sent["thread_ts"] == answer.thread_ts
    assert str(sent["unfurl_links"]).lower() in ("0", "false")
    assert str(sent["unfurl_media"]).lower() in ("0", "false")
    assert "reply_broadcast" not in sent


async def test_metadata_finds_the_reply_and_names_no_path_or_person(ws, delivery, answer):
    await delivery.answer(answer)
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["metadata"] == {
        "event_type": "despool_finding",
        "event_payload": {"key": answer.key, "rule": "package-lock", "version": 1},
    }


async def test_the_same_answer_again_makes_no_call(ws, delivery, answer):
    first = await delivery.answer(answer)
    calls = len(ws.calls)
    assert await delivery.answer(answer) == first
    assert len(ws.calls) == calls


async def test_a_changed_answer_edits_the_reply(ws, delivery, answer):
    first = await delivery.answer(answer)
    assert await delivery.answer(replace(answer, text="Locked: b.exe")) == first
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == "Locked: b.exe"


async def test_a_reply_somebody_deleted_is_not_said_again(ws, delivery, answer):
    ws.delete(CHANNEL, await delivery.answer(answer))
    assert await delivery.answer(replace(answer, text="Locked: b.exe")) is None
    assert len(posts(ws)) == 1


async def test_retry_after_is_honoured_to_the_second(ws, delivery, answer, pauses):
    ws.fail("chat.postMessage", Fault(status=429, retry_after=7), times=2)
    await delivery.answer(answer)
    assert pauses.asked == [7, 7]
    assert len(ws.replies(CHANNEL, answer.thread_ts)) == 1


async def test_a_server_error_is_tried_again_with_growing_pauses(ws, delivery, answer, pauses):
    ws.fail("chat.postMessage", Fault(status=503), times=3)
    await delivery.answer(answer)
    assert pauses.asked == [1, 2, 4]
    assert len(ws.replies(CHANNEL, answer.thread_ts)) == 1


@pytest.mark.parametrize(
    ("cut", "attempts"),
    [
        pytest.param("before", 2, id="cut before Slack took it: posted again"),
        pytest.param("after", 1, id="cut after Slack took it: found, not posted again"),
    ],
)
async def test_a_cut_connection_gives_one_reply(ws, delivery, answer, cut, attempts):
    ws.fail("chat.postMessage", Fault(cut=cut))
    ts = await delivery.answer(answer)
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["ts"] == ts
    assert len(posts(ws)) == attempts


async def test_a_thread_that_cannot_be_read_gets_no_second_try(ws, store, delivery, answer):
    ws.fail("chat.postMessage", Fault(cut="after"))
    ws.fail("conversations.replies", Fault(error="missing_scope"))
    assert await delivery.answer(answer) is None
    assert await delivery.answer(replace(answer, text="Locked: b.exe", version=1)) is None
    assert len(posts(ws)) == 1
    assert await store.ledger.unsure() == 1


async def test_a_reply_that_was_found_in_its_thread_is_edited(ws, store, delivery, answer):
    channel, text = ws.channel(CHANNEL), "Locked: before the database was lost"
    found = ws.say(channel, "U0DESPOOL", answer.thread_ts, text=text)["ts"]
    await delivery.adopt(answer.key, found)
    assert await delivery.answer(answer) == found
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == answer.text


async def tried(store, answer, owner):
    """Leave the row that a process leaves which ends while it posts."""
    wanted = asdict(answer)
    del wanted["version"]
    await store.ledger.want(answer.key, answer.version, wanted)
    assert await store.ledger.claim(answer.key)
    change = sa.update(REPLIES).values(owner=owner)
    await store.database.run(lambda connection: connection.execute(change))


async def test_what_a_dead_process_posted_is_found_and_what_it_did_not_is_posted(
    ws, store, delivery, answer
):
    await tried(store, answer, "who-is-gone")
    say = partial(ws.say, ws.channel(CHANNEL), "U0DESPOOL", answer.thread_ts)
    say(text=answer.text, blocks=answer.blocks, metadata=answer.metadata)
    await delivery.answer(answer)
    assert len(ws.replies(CHANNEL, answer.thread_ts)) == 1
    assert posts(ws) == []
    other = replace(answer, key="another")
    await tried(store, other, "who-is-gone")
    await delivery.answer(other)
    assert len(posts(ws)) == 1


async def test_a_post_on_its_way_is_waited_for_before_the_thread_is_looked_at(
    ws, store, delivery, answer
):
    await tried(store, answer, "who-is-gone")
    answering = asyncio.create_task(delivery.answer(answer))
    await asyncio.sleep(0.05)
    say = partial(ws.say, ws.channel(CHANNEL), "U0DESPOOL", answer.thread_ts)
    late = say(text=answer.text, blocks=answer.blocks, metadata=answer.metadata)
    assert await answering == late["ts"]
    assert posts(ws) == []


async def test_what_a_living_process_is_about_to_post_is_left_to_it(ws, store, delivery, answer):
    other = Executors(store.database, name="another")
    await other.enter() if not store.database.place.is_sqlite else None
    await other.beat()
    await store.executors.beat()
    await tried(store, answer, "another")
    answering = asyncio.create_task(delivery.answer(answer))
    await asyncio.sleep(0.5)
    assert posts(ws) == []
    assert not answering.done()
    await store.ledger.posted(answer.key, "1.000001", await store.ledger.read(answer.key))
    assert await answering == "1.000001"


async def test_a_doubt_about_one_thread_holds_up_no_other_of_its_channel(ws, store, pauses, answer):
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        delivery = Delivery(client, store.ledger, sleep=pauses, settled=30)
        await tried(store, answer, "who-is-gone")
        doubtful = asyncio.create_task(delivery.answer(answer))
        await delivery.answer(replace(answer, key="another"))
        assert len(posts(ws)) == 1
        doubtful.cancel()


async def test_an_edit_whose_blocks_are_refused_still_says_the_text(ws, delivery, answer):
    await delivery.answer(answer)
    await delivery.answer(replace(answer, text="Locked: b.exe", blocks=[{"type": "nonsense"}]))
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == "Locked: b.exe"
    assert not reply.get("blocks")


async def test_a_reply_beyond_the_first_page_of_a_thread_is_found(ws, delivery, answer):
    for number in range(250):
        ws.post(CHANNEL, f"talk {number}", thread_ts=answer.thread_ts)
    ws.fail("chat.postMessage", Fault(cut="after"))
    await delivery.answer(answer)
    assert len(ws.replies(CHANNEL, answer.thread_ts)) == 1


async def test_refused_blocks_leave_the_text(ws, delivery, answer):
    broken = replace(answer, blocks=[{"type": "nonsense"}])
    await delivery.answer(broken)
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == answer.text


async def test_a_refusal_is_final(ws, delivery, answer, pauses):
    ws.fail("chat.postMessage", Fault(error="restricted_action"), times=None)
    with pytest.raises(SlackRefused, match="restricted_action"):
        await delivery.answer(answer)
    assert pauses.asked == []


async def test_endless_trouble_ends(ws, delivery, answer):
    ws.fail("chat.postMessage", Fault(status=500), times=None)
    with pytest.raises(DeliveryFailed):
        await delivery.answer(answer)


async def test_one_channel_keeps_its_order_and_holds_up_no_other(ws, delivery, answer):
    other_ts = ws.post("#server-room", "a log", user="alex")
    other = replace(answer, channel="G0SERVER", thread_ts=other_ts, key="other")
    ws.fail("chat.postMessage", Fault(delay=0.3))
    queued = [replace(answer, key=f"k{n}", text=f"answer {n}") for n in range(5)]
    waiting = [asyncio.create_task(delivery.answer(item)) for item in queued]
    await asyncio.sleep(0.05)
    await delivery.answer(other)
    assert ws.replies("G0SERVER", other_ts)
    assert not ws.replies(CHANNEL, answer.thread_ts)
    await asyncio.gather(*waiting)
    said = [reply["text"] for reply in ws.replies(CHANNEL, answer.thread_ts)]
    assert said == [item.text for item in queued]


async def test_the_newest_state_wins_while_slack_asks_to_wait(ws, store, pauses, answer):
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        delivery = Delivery(client, store.ledger, sleep=pauses)
        ws.fail("chat.postMessage", Fault(delay=0.2, status=429, retry_after=1))
        states = [replace(answer, text=f"state {number}", version=number) for number in range(4)]
        first = asyncio.create_task(delivery.answer(states[0]))
        await ws.until(lambda: pauses.asked or posts(ws) or not first.done())
        given = await asyncio.gather(first, *(delivery.answer(state) for state in states[1:]))
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == "state 3"
    assert set(given) == {reply["ts"]}
    edits = [call for call in ws.calls if call.method == "chat.update"]
    assert len(posts(ws)) + len(edits) < 4


async def test_a_state_that_comes_late_does_not_undo_a_newer_one(ws, delivery, answer):
    await delivery.answer(replace(answer, text="new", version=2))
    await delivery.answer(replace(answer, text="old", version=1))
    (reply,) = ws.replies(CHANNEL, answer.thread_ts)
    assert reply["text"] == "new"


async def test_a_post_outside_a_thread_is_made_at_most_once(ws, delivery, answer):
    ws.fail("chat.postMessage", Fault(cut="after"))
    assert await delivery.answer(replace(answer, thread_ts=None, key="welcome")) is None
    assert len(posts(ws)) == 1
