"""The frames: parsed strictly on both sides, whole again after the way, and never a crash."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wire import Holder, WhoHolds
from bot.wire.address import AddressRefused, canonical
from bot.wire.frames import FrameRefused, said_by_agent, said_by_bot, written
from bot.wire.greeting import NEWEST, OLDEST, spoken
from bot.wire.talk import AskHolds, Holds, Ping

NOW = datetime(2026, 3, 4, 10, 2, 3, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
WORDS = "challenge hello welcome refusal who_holds check watch unwatch ping ack holds recent"
TYPES = st.sampled_from(f"{WORDS} watching pong error record capture released".split(" "))
KEYS = st.sampled_from(
    ["id", "path", "asker", "at", "holds", "nonce", "oldest", "entry", "waiting"]
)


@given(type_=TYPES | st.text(max_size=5), fields=st.dictionaries(KEYS, JSON, max_size=5))
def test_whatever_comes_is_a_frame_or_refused(type_, fields):
    text = json.dumps(fields | {"type": type_})
    for parse in (said_by_bot, said_by_agent):
        try:
            frame = parse(text)
        except FrameRefused:
            continue
        assert frame.type == type_
        assert parse(written(frame)) == frame


@given(data=st.text(max_size=200))
def test_a_text_that_is_no_frame_is_refused(data):
    with pytest.raises(FrameRefused):
        said_by_bot(data)


@given(path=st.text(min_size=1, max_size=50), asker=st.text(min_size=1, max_size=20))
def test_a_path_comes_over_as_it_was(path, asker):
    question = AskHolds(id="abcdefgh", path=path, asker=asker)
    assert said_by_bot(written(question)) == question


def test_a_name_that_no_encoding_can_say_does_not_stop_an_answer():
    holder = Holder(kind="process", via=("proc",), first_seen=NOW, last_seen=NOW, exe="/\udcff")
    holds = WhoHolds(
        host="NTSITE1",
        path="E:\\a",
        resolved="/srv/\udcff",
        state="held",
        holders=(holder,),
        complete=True,
    )
    answer = said_by_agent(written(Holds(id="abcdefgh", at=NOW, holds=holds)))
    assert answer.holds.resolved == "/srv/?"
    assert answer.holds.holders[0].exe == "/?"
    assert answer.holds.holders[0].first_seen == NOW


@pytest.mark.parametrize("parse", [said_by_bot, said_by_agent])
def test_a_frame_that_is_too_large_is_not_even_read(parse):
    with pytest.raises(FrameRefused, match="more than"):
        parse(" " * 600_000 + written(Ping(id="abcdefgh")))


def test_the_newest_version_that_both_speak_is_spoken():
    assert spoken(OLDEST, NEWEST) == NEWEST
    assert spoken(OLDEST, NEWEST + 5) == NEWEST
    assert spoken(NEWEST + 1, NEWEST + 5) is None
    assert spoken(OLDEST - 5, OLDEST - 1) is None


@pytest.mark.parametrize(
    ("written_as", "canonical_as"),
    [
        ("https://Despool.Example", "https://despool.example/"),
        ("https://despool.example:443/", "https://despool.example/"),
        ("https://despool.example:8443/bot", "https://despool.example:8443/bot/"),
        (" http://127.0.0.1:3000/ ", "http://127.0.0.1:3000/"),
        ("http://LOCALHOST:80", "http://localhost/"),
    ],
)
def test_an_address_is_written_in_one_way(written_as, canonical_as):
    assert canonical(written_as) == canonical_as
    assert canonical(canonical_as) == canonical_as


@given(st.text(max_size=40))
def test_a_text_is_an_address_or_refused(text):
    try:
        found = canonical(text)
    except AddressRefused:
        return
    assert canonical(found) == found
