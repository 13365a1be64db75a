"""manifest.json says what the code uses: no scope or event more, none less."""

import json
import re
from pathlib import Path

from handlers import WORK
from handlers.intake import EVENTS

ROOT = Path(__file__).parent.parent
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))

# https://docs.slack.dev/reference/methods and /reference/events name the scope of each
METHOD_SCOPES = {
    "auth_test": set(),
    "apps_connections_open": set(),  # connections:write belongs to the app-level token
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
}
EVENT_SCOPES = {
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
}


def called_methods() -> set[str]:
    sources = [*(ROOT / "bot").glob("*.py"), *(ROOT / "handlers").glob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    return set(re.findall(r"\bself\._client\.([a-z]+_\w+)", text))


def test_every_method_that_is_called_has_its_scopes_listed_here():
    assert called_methods() == set(METHOD_SCOPES)


def test_the_scopes_are_those_that_methods_and_events_need():
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    needed = set.union(*METHOD_SCOPES.values(), *(EVENT_SCOPES[event] for event in events))
    scopes = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert set(scopes) == needed
    assert len(scopes) == len(set(scopes))


def test_every_subscribed_event_is_listened_to_and_worked_on():
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} == set(EVENTS) == set(WORK)


def test_socket_mode_is_on_and_names_keep_slacks_limits():
    shown = MANIFEST["display_information"]
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
