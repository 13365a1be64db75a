"""What the bot shows beside its replies."""

import pytest

from bot.incidents import Incident
from bot.knowledge import load
from bot.model import Finding
from handlers import panels
from handlers.panels import Places

PLACES = Places("https://example.slack.com/", load())


def incident(**changes) -> Incident:
    values = {
        "channel": "C1",
        "thread_ts": "1700000000.000100",
        "private": False,
        "finding": Finding(
            kind="lock-only",
            certainty="likely",
            rule="package-lock",
            server="NTSITE1",
            package="DOG0005D",
            files=("E:\\SMS_PKGE\\DOG0005D\\<!here> & co.exe",),
        ),
        "state": "open",
    }
    return Incident(**(values | changes))


def test_a_picture_has_a_bar_above_each_count():
    assert panels.picture([0, 1, 2, 0]) == "· ▅ █ ·\n0 1 2 0"
    assert panels.picture([0, 12]) == " ·  █\n 0 12"
    assert panels.picture([0, 0]) == "· ·\n0 0"


def test_an_incident_is_a_link_to_its_thread_with_an_escaped_label():
    row = panels.listed([incident()], PLACES)
    assert row.startswith("• <https://example.slack.com/archives/C1/p1700000000000100|")
    assert "&lt;!here&gt; &amp; co.exe" in row
    assert "<!here>" not in row


def test_without_the_address_of_the_workspace_there_is_no_link():
    assert "<" not in panels.listed([incident()], Places(None, load()))


def test_states_are_told_only_where_they_differ():
    assert "open" not in panels.listed([incident()], PLACES)
    rows = panels.listed([incident(), incident(state="resolved")], PLACES).splitlines()
    assert ["open," in rows[0], "resolved," in rows[1]] == [True, True]


def test_a_long_list_says_how_many_are_left():
    rows = panels.listed([incident()] * 25, PLACES).splitlines()
    assert len(rows) == 11
    assert rows[-1] == "and 15 more"


@pytest.mark.parametrize("trouble", [None, "There is no command “<!channel>”."])
def test_help_names_every_verb_and_pings_nobody(trouble):
    reply = panels.help_panel(trouble)
    for verb in ("check", "explain", "history", "status", "agents", "doctor"):
        assert f"/despool {verb}" in reply.text
        assert f"/despool {verb}" in str(reply.blocks)
    assert "<!channel>" not in reply.text + str(reply.blocks)
    assert len(reply.text) < 4000


def test_a_check_shows_the_locked_files_and_what_the_agent_said():
    reply = panels.check_panel("NTSITE1", "E:\\a b", [incident()] * 2, ["Nobody <knows>."], PLACES)
    shown = str(reply.blocks)
    assert "NTSITE1: 2 failures reported in 24 hours, 2 open" in reply.text
    assert shown.count("\\\\DOG0005D\\\\&lt;!here&gt; &amp; co.exe") == 1
    assert "Nobody &lt;knows&gt;." in shown
    assert "Asked about NTSITE1, E:\\a b." in reply.text


def test_a_check_of_a_quiet_server_says_so_and_lists_nothing():
    reply = panels.check_panel("NTSITE1", None, [], ["No agent."], PLACES)
    assert reply.text.splitlines()[0] == "NTSITE1: no failure reported in 24 hours"
    assert "Locked" not in reply.text
