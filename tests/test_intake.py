"""What is stored before it is acknowledged, and what is dismissed without a write."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.analysis import analyse
from bot.knowledge import load
from bot.reading import recognises
from bot.samples import ALERT, LOOK_ALIKE, SEED, SHORTAGE
from bot.services import Identity, said
from handlers.intake import work_in
from tests.slack_bot import LOG

US = Identity(bot_id="B0DESPOOL", user_id="U0DESPOOL", team_id="T0TEAM")
SERVICES = SimpleNamespace(known=lambda: US, recognises=recognises)
UNKNOWN = SimpleNamespace(known=lambda: None, recognises=recognises)
HELD = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": "5.0"}
KNOWLEDGE = load()


def kept(event, services=SERVICES):
    body = {"type": "event_callback", "event_id": "Ev1", "event": event}
    return work_in(body, services) is not None


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({**HELD, "text": "lunch?", "thread_ts": "4.0"}, id="a reply in a thread"),
        pytest.param(
            {**HELD, "subtype": "message_changed", "message": {"ts": "5.0", "text": "x"}},
            id="an edit",
        ),
        pytest.param({**HELD, "subtype": "message_deleted", "deleted_ts": "4.0"}, id="a deletion"),
        pytest.param({**HELD, "text": "", "files": [{"id": "F1", "name": "a.png"}]}, id="a file"),
        pytest.param({**HELD, "text": "<@U0DESPOOL> hello"}, id="a mention"),
        pytest.param({**HELD, "type": "app_mention", "text": "<@U0DESPOOL> hi"}, id="app_mention"),
        pytest.param({**HELD, "channel_type": "im", "text": "hello"}, id="a direct message"),
        pytest.param({**HELD, "text": LOG}, id="a log"),
        pytest.param({**HELD, "text": "E:\\a\\b.exe, OK"}, id="a line that heals"),
        pytest.param({"type": "app_home_opened", "user": "U1"}, id="the App Home"),
        pytest.param({"type": "member_joined_channel", "user": "U1"}, id="somebody joined"),
    ],
)
def test_what_may_matter_is_stored(event):
    assert kept(event)
    assert kept(event, UNKNOWN), "whoever the bot may be"


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({**HELD, "text": "lunch?"}, id="talk"),
        pytest.param({**HELD, "subtype": "channel_topic", "text": LOG}, id="a new topic"),
        pytest.param({**HELD, "user": "U0DESPOOL", "text": LOG}, id="our own words"),
        pytest.param(
            {**HELD, "bot_id": "B0DESPOOL", "text": LOG, "thread_ts": "4.0"}, id="our own reply"
        ),
        pytest.param({"type": "reaction_added", "user": "U1"}, id="what was not asked for"),
    ],
)
def test_ordinary_talk_is_dismissed(event):
    assert not kept(event)


pieces = st.sampled_from(
    [*SEED.split(), *SHORTAGE.split(), *LOOK_ALIKE.split(), LOG, ALERT, "32", "=", "\n", "```"]
)


@given(st.lists(pieces, max_size=25), st.sampled_from([" ", "", "  ", "\n"]))
def test_whatever_analysis_recognises_is_stored(words, between):
    text = between.join(words)
    if analyse([said("message", text)], KNOWLEDGE).findings:
        assert kept({**HELD, "text": text})


@given(st.lists(st.sampled_from(SEED.splitlines() + SHORTAGE.splitlines()), max_size=6), st.data())
def test_also_where_other_apps_put_it(lines, data):
    text = "\n".join(lines)
    places = [
        {"attachments": [{"fallback": text}]},
        {"attachments": [{"fields": [{"title": "message", "value": text}]}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        {"attachments": [{"blocks": [{"type": "section", "text": {"text": text}}]}]},
    ]
    event = {**HELD, "subtype": "bot_message", "bot_id": "B1", "text": ""}
    if analyse([said("message", text)], KNOWLEDGE).findings:
        assert kept({**event, **data.draw(st.sampled_from(places))})
