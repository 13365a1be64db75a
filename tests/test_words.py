"""What people type after `/despool` and `@despool`, taken as they meant it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.servers import same_server
from handlers.words import Order, Verb, parse


@pytest.mark.parametrize(
    "typed",
    [
        "NTSITE1",
        "\\\\NTSITE1",
        "\\\\NTSITE1\\",
        "//NTSITE1",
        '"NTSITE1"',
        "“NTSITE1”",
        "„NTSITE1“",
        "‘NTSITE1’",
        "«NTSITE1»",
        "`NTSITE1`",
        "`\\\\NTSITE1`",
        "  NTSITE1  ",
        "NTSITE1,",
        "NTSITE1.",
        "<http://NTSITE1|NTSITE1>",
        "\u00a0NTSITE1\u00a0",
        "*NTSITE1*",
    ],
)
def test_a_server_is_understood_as_people_type_it(typed):
    assert parse(f"check {typed}") == Order(verb=Verb.CHECK, server="NTSITE1")


@pytest.mark.parametrize(
    ("typed", "server"),
    [
        ("ntsite1.corp.example", "ntsite1.corp.example"),
        ("<http://ntsite1.corp.example|ntsite1.corp.example>", "ntsite1.corp.example"),
        ("<https://ntsite1.corp.example/>", "ntsite1.corp.example"),
        ("10.0.0.7", "10.0.0.7"),
        ("SRV_01-a$", "SRV_01-a$"),
    ],
)
def test_a_full_name_or_an_address_stays_whole(typed, server):
    assert parse(f"check {typed}").server == server


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("NTSITE1 E:\\SMS_PKGE\\DOG0005D\\a file.exe", "E:\\SMS_PKGE\\DOG0005D\\a file.exe"),
        ('"NTSITE1" "E:\\a b\\c.exe"', "E:\\a b\\c.exe"),
        ("NTSITE1 “E:\\a b\\c.exe”", "E:\\a b\\c.exe"),
        ("NTSITE1 E:\\R&amp;D\\&lt;x&gt;", "E:\\R&D\\<x>"),
        ("NTSITE1 E:\\a\nand more talk", "E:\\a"),
        ("\\\\NTSITE1\\SMS_PKGE\\DOG0005D\\a.exe", "\\\\NTSITE1\\SMS_PKGE\\DOG0005D\\a.exe"),
        ("\\\\NTSITE1\\SMS_PKGE\\my file.exe", "\\\\NTSITE1\\SMS_PKGE\\my file.exe"),
        ("\\\\NTSITE1\\SMS_PKGE E:\\a b.exe", "E:\\a b.exe"),
    ],
)
def test_the_path_is_the_rest_of_the_line(typed, path):
    assert parse(f"check {typed}") == Order(verb=Verb.CHECK, server="NTSITE1", path=path)


@pytest.mark.parametrize("typed", ["help", "HELP", "Help!", "!!", "", "   ", "“help”"])
def test_help_is_what_nothing_and_help_ask_for(typed):
    assert parse(typed) == Order(verb=Verb.HELP)


@pytest.mark.parametrize("typed", ["bogus", "chek NTSITE1", "<@U0ALEX>", "check", "check <!here>"])
def test_what_is_not_understood_asks_for_help_and_says_why(typed):
    order = parse(typed)
    assert order.verb is Verb.HELP
    assert order.trouble


ALONE = set(Verb) - {Verb.CHECK, Verb.HELP, Verb.INVITE, Verb.REVOKE}


@pytest.mark.parametrize("verb", sorted(ALONE))
def test_every_other_verb_stands_alone(verb):
    assert parse(str(verb)) == Order(verb=verb)


@pytest.mark.parametrize("verb", [Verb.INVITE, Verb.REVOKE])
def test_what_only_admins_may_stands_behind_agents_with_a_server(verb):
    assert parse(f"agents {verb} \\\\NTSITE1") == Order(verb=verb, server="NTSITE1")
    for typed in (str(verb), f"{verb} NTSITE1", f"agents {verb}", f"agents {verb} A B", "agents x"):
        assert parse(typed).verb is Verb.HELP
        assert parse(typed).trouble


def test_history_takes_a_server_and_no_path():
    assert parse("history \\\\NTSITE1") == Order(verb=Verb.HISTORY, server="NTSITE1")


@given(st.text(max_size=200))
def test_nothing_typed_breaks_it(typed):
    for text in (typed, f"check {typed}", f"history {typed}"):
        order = parse(text)
        assert order.verb in set(Verb)
        assert not order.server or not set(order.server) & set("<>&|`*\n ")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("NTSITE1", "ntsite1", True),
        ("NTSITE1", "ntsite1.corp.example", True),
        ("ntsite1.corp.example.", "NTSITE1.corp.example", True),
        ("ntsite1.corp.example", "ntsite1.other.example", False),
        ("NTSITE1", "NTSITE11", False),
        ("10.0.0.7", "10", False),
        (None, "NTSITE1", False),
        ("", "", False),
    ],
)
def test_a_short_name_is_any_domains(one, other, same):
    assert same_server(one, other) is same
