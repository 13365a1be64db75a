"""manifest.json says what the code uses, nothing less and nothing more; the command prints it."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient

import bot.manifest
from bot.errors import SettingsError
from bot.manifest import address, create_link
from bot.workspace.cast import SCOPES, SUBSCRIPTIONS
from handlers.intake import EVENTS
from handlers.words import Verb

ROOT = Path(__file__).parent.parent
MANIFEST = json.loads((ROOT / "manifest.json").read_text("utf-8"))
SCOPES_ASKED = MANIFEST["oauth_config"]["scopes"]["bot"]
EVENTS_ASKED = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
COMMANDS_ASKED = MANIFEST["features"]["slash_commands"]
SHORTCUTS_ASKED = MANIFEST["features"]["shortcuts"]

# https://docs.slack.dev/reference/methods and /reference/events name the scopes of each
METHOD_SCOPES = {
    "auth_test": set(),
    "apps_connections_open": set(),  # connections:write belongs to the app-level token
    "chat_postMessage": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_update": {"chat:write"},
    "users_info": {"users:read"},
    "usergroups_users_list": {"usergroups:read"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "users_conversations": {"channels:read", "groups:read"},
    "views_open": set(),
    "views_publish": set(),
    "files_info": {"files:read"},
    "files_list": {"files:read"},
    "files_getUploadURLExternal": {"files:write"},
    "files_completeUploadExternal": {"files:write"},
    "files_delete": {"files:write"},
}
EVENT_SCOPES = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
}
INTERACTION_SCOPES = {"commands"}  # slash commands and shortcuts


# ---- manifest.json and the code


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Return each module that may speak to Slack, with its name."""
    paths = [*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").rglob("*.py")]
    for path in paths:
        if "workspace" not in path.parts:  # the stand-in is the other side
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), ast.parse(path.read_text("utf-8"))


def called_methods() -> set[str]:
    """Return the methods of the Web API that are named anywhere."""
    known = {name for name in vars(AsyncWebClient) if re.match(r"[a-z]+_\w+", name)}
    named = {
        node.attr
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }
    return named & known


def listened_to(kind: str) -> set[object]:
    """Return what the modules of handlers pass to `app.<kind>(…)`."""
    return {
        eval(ast.unparse(node.args[0]), vars(importlib.import_module(name)))  # noqa: S307
        for name, tree in sources()
        if name.startswith("handlers")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"app.{kind}"
    }


def test_every_method_that_is_called_has_its_scopes_listed_here():
    assert called_methods() == set(METHOD_SCOPES)


def test_it_asks_for_the_scopes_that_methods_events_and_commands_need():
    needed = set.union(*METHOD_SCOPES.values(), *(EVENT_SCOPES[event] for event in EVENTS_ASKED))
    assert set(SCOPES_ASKED) == needed | INTERACTION_SCOPES
    assert len(SCOPES_ASKED) == len(set(SCOPES_ASKED))


def test_it_subscribes_to_the_events_that_are_listened_to():
    assert {event.partition(".")[0] for event in EVENTS_ASKED} == set(EVENTS)
    assert len(EVENTS_ASKED) == len(set(EVENTS_ASKED))


def test_it_declares_the_commands_that_are_listened_to():
    assert {command["command"] for command in COMMANDS_ASKED} == listened_to("command")


def test_the_hint_of_the_command_names_every_verb():
    [command] = COMMANDS_ASKED
    verbs = [part.split()[0] for part in command["usage_hint"].split("|")]
    behind_agents = {Verb.INVITE, Verb.REVOKE}
    assert sorted(verbs) == sorted(set(Verb) - behind_agents)


def test_it_declares_the_shortcuts_that_are_listened_to():
    assert {shortcut["callback_id"] for shortcut in SHORTCUTS_ASKED} == listened_to("shortcut")
    assert {shortcut["type"] for shortcut in SHORTCUTS_ASKED} == {"message"}


def test_buttons_and_the_app_home_are_on():
    assert MANIFEST["settings"]["interactivity"] == {"is_enabled": True}
    assert MANIFEST["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_it_keeps_slacks_limits():
    """https://docs.slack.dev/reference/app-manifest says how long each may be."""
    shown = MANIFEST["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000
    assert all(len(command["description"]) <= 2000 for command in COMMANDS_ASKED)
    assert all(len(shortcut["name"]) <= 24 for shortcut in SHORTCUTS_ASKED)
    assert all(len(shortcut["description"]) <= 150 for shortcut in SHORTCUTS_ASKED)


def test_the_stand_in_workspace_grants_and_delivers_what_it_asks_for():
    assert set(SCOPES.split(",")) == set(SCOPES_ASKED)
    assert set(SUBSCRIPTIONS) == set(EVENTS_ASKED)


# ---- despool manifest


@pytest.fixture
def despool(tmp_path):
    """Run `despool manifest` where neither a token nor .env is."""

    def run(*words, **env):
        return subprocess.run(
            [sys.executable, "-m", "bot", "manifest", *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
            capture_output=True,
            encoding="utf-8",
        )

    return run


def held(link: str) -> dict:
    """Return the manifest in a link."""
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "api.slack.com", "/apps")
    query = parse_qs(parts.query, strict_parsing=True)
    assert query.keys() == {"new_app", "manifest_json"}
    assert query["new_app"] == ["1"]
    return json.loads(query["manifest_json"][0])


def with_url(url: str) -> dict:
    """Return manifest.json as it must be over HTTP."""
    expected = json.loads(json.dumps(MANIFEST))
    expected["settings"]["socket_mode_enabled"] = False
    expected["settings"]["event_subscriptions"]["request_url"] = url
    expected["settings"]["interactivity"]["request_url"] = url
    expected["features"]["slash_commands"][0]["url"] = url
    return expected


def test_it_prints_the_manifest_and_alone_on_the_last_line_its_link(despool):
    done = despool()
    text, _, link = done.stdout.rpartition("\n\n")
    assert json.loads(text) == held(link.rstrip("\n")) == MANIFEST
    assert (done.returncode, done.stderr) == (0, "")


def test_with_json_it_prints_nothing_but_the_manifest(despool):
    assert json.loads(despool("--json").stdout) == MANIFEST


def test_with_link_it_prints_nothing_but_the_link(despool):
    done = despool("--link", "https://despool.example")
    assert done.stdout.count("\n") == 1
    assert held(done.stdout.strip()) == with_url("https://despool.example/slack/events")


@pytest.mark.parametrize(
    ("words", "env"),
    [
        pytest.param(["https://a.example"], {}, id="as an argument"),
        pytest.param([], {"DESPOOL_PUBLIC_URL": "https://a.example"}, id="as a setting"),
        pytest.param(
            ["a.example"], {"DESPOOL_PUBLIC_URL": "https://b.example"}, id="the argument goes first"
        ),
    ],
)
def test_an_address_is_filled_in_and_switches_socket_mode_off(despool, words, env):
    done = despool("--json", *words, **env)
    assert json.loads(done.stdout) == with_url("https://a.example/slack/events")


def test_an_address_is_read_from_the_file_of_settings(despool, tmp_path):
    (tmp_path / ".env").write_text("DESPOOL_PUBLIC_URL=https://a.example\nSLACK_BOT_TOKEN=wrong\n")
    done = despool("--json")
    assert json.loads(done.stdout) == with_url("https://a.example/slack/events")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("despool.example", "https://despool.example"),
        (" https://despool.example/ ", "https://despool.example"),
        ("https://despool.example/slack/events", "https://despool.example"),
        ("despool.example/at/home/", "https://despool.example/at/home"),
        ("localhost:3000", "https://localhost:3000"),
        ("http://192.0.2.7:80", "http://192.0.2.7:80"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
        ("münchen.example", "https://münchen.example"),
    ],
)
def test_an_address_is_taken_as_it_is_meant(text, url):
    assert address(text) == url


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "nonsense", "no address", "https://", "https://no such.host", "ftp://a.example"),
        *("https://a.example:port", "https://a.example:99999", "https://a..example", "https://[x"),
        *("https://user:password@a.example", "https://a.example/?b", "https://a.example/#b"),
        *("javascript:alert(1)", "https://a.exa\nmple", "https://-/", "a.example\\b", "https://.a"),
    ],
)
def test_nonsense_is_no_address(text):
    with pytest.raises(SettingsError, match="is no address"):
        address(text)


@pytest.mark.parametrize("words", [["nonsense"], ["--json", "ftp://a.example"], ["no such thing"]])
def test_nonsense_is_refused_in_one_line(despool, words):
    done = despool(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert words[-1] in done.stderr


def test_the_same_link_comes_out_of_the_package(despool):
    assert bot.manifest.load() == MANIFEST
    assert despool("--link").stdout.strip() == create_link(MANIFEST)
