"""The advice, the words for errors, and the despooler's clock are complete and safe."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

import bot.knowledge
from bot.errors import KnowledgeError
from bot.model import Advice, Certainty, Failure, Finding, Kind, Stamp

FOLDER = Path(bot.knowledge.__file__).parent
KNOWLEDGE = bot.knowledge.load()

RULES: dict[str, tuple[Kind, str | None]] = {
    "blank-109-with-lock": ("false-disk-space", "Q193766"),
    "unread-109-with-lock": ("false-disk-space", "Q193766"),
    "109-with-figures": ("disk-space", "Q184169"),
    "copy-disk-full": ("disk-space", "Q137610"),
    "cap-disk-full": ("disk-space", "Q298935"),
    "109-without-log": ("event-only", "Q193766"),
    "cut-109-without-log": ("event-only", "Q193766"),
    "package-lock": ("lock-only", "Q193766"),
    "file-lock": ("lock-only", None),
    "instruction-file-lock": ("lock-only", "Q161043"),
    "sender-file-lock": ("lock-only", "Q278357"),
    "sender-retry-lock": ("lock-only", "Q153260"),
    "client-lookup-lock": ("lock-only", "Q280515"),
    "cap-file-lock": ("lock-only", "Q322967"),
    "package-source-lock": ("lock-only", "Q207416"),
    "inventory-inbox-lock": ("lock-only", "Q248969"),
    "status-inbox-lock": ("lock-only", "Q311212"),
    "other-win32-error": ("other-error", None),
    "source-access-denied": ("other-error", "Q168510"),
    "temp-drive-missing": ("other-error", "Q191307"),
    "decompress-bad-data": ("other-error", "Q267977"),
    "decompress-streams": ("other-error", "Q316316"),
    "long-file-name": ("other-error", "Q215117"),
}

LOCK = Finding(
    kind="false-disk-space",
    certainty="proved",
    rule="blank-109-with-lock",
    server="NTSITE1",
    share="SMS_PKGE",
    package="DOG0005D",
    files=(r"E:\SMS_PKGE\DOG0005D\filename.EXE",),
    win32_error=32,
    at=Stamp(value=datetime(1998, 9, 10, 9, 55, 37)),
)


def steps(finding: Finding) -> dict[str, Advice]:
    return {step.id: step for step in KNOWLEDGE.advise(finding)}


def unknown(rule: str) -> Finding:
    """Return a finding of the rule with nothing else known."""
    return Finding(kind=KNOWLEDGE.causes[rule].kind, certainty="unknown", rule=rule)


def test_every_rule_has_its_cause_and_every_cause_its_rule() -> None:
    assert {rule: (c.kind, c.article) for rule, c in KNOWLEDGE.causes.items()} == RULES


@pytest.mark.parametrize("rule", RULES)
def test_advice_holds_no_placeholder_even_when_nothing_is_known(rule: str) -> None:
    for step in KNOWLEDGE.advise(unknown(rule)):
        assert not re.search(r"[{}]", step.text)


@pytest.mark.parametrize("rule", RULES)
def test_the_words_are_ascii_and_end_as_sentences(rule: str) -> None:
    cause = KNOWLEDGE.causes[rule]
    for text in (cause.title, cause.summary, *(step.text for step in cause.advice)):
        assert text.isascii()
    assert not cause.title.endswith(".")
    assert cause.summary.endswith(".")
    assert len(re.findall(r"[.:](?: |$)", cause.summary)) <= 4, "a summary is short"


# What can do harm when it is advised, however it is worded.
HARM = re.compile(
    r"\brestart the|stop and start|\bnet stop|reboot"
    r"|forced disconnect|\bnew job\b|create it anew|sent again|Redistribute"
    r"|/close|/disconnect|Close-SmbOpenFile|handle -c|shuts the",
    re.IGNORECASE,
)


@pytest.mark.parametrize("rule", RULES)
def test_no_step_that_can_do_harm_comes_without_its_warning(rule: str) -> None:
    for step in KNOWLEDGE.advise(unknown(rule)):
        assert step.warning or not HARM.search(step.text), step.id


@pytest.mark.parametrize("rule", RULES)
def test_the_first_step_only_looks(rule: str) -> None:
    assert not KNOWLEDGE.causes[rule].advice[0].warning


@pytest.mark.parametrize("rule", [rule for rule, row in RULES.items() if row[0] == "disk-space"])
def test_a_full_disk_is_never_blamed_on_a_lock(rule: str) -> None:
    cause = KNOWLEDGE.causes[rule]
    words = " ".join((cause.title, cause.summary, *(step.text for step in cause.advice)))
    assert not re.search(r"lock|in use|net file|handle\.exe|who has", words, re.IGNORECASE)
    assert "free space" in words
    assert any("Make room" in step.text for step in cause.advice)


@pytest.mark.parametrize("rule", [rule for rule, row in RULES.items() if row[0] == "other-error"])
def test_another_error_is_never_called_a_lock(rule: str) -> None:
    cause = KNOWLEDGE.causes[rule]
    assert "locked" not in " ".join((cause.title, cause.summary))


def test_the_steps_of_a_locked_package_stand_in_the_safe_order() -> None:
    assert list(steps(LOCK)) == [
        "look-at-share-first",
        "find-who-holds-it",
        "ask-to-close",
        "close-one-handle",
        "redistribute-with-refresh",
        "leave-despooler-running",
        "prevent-next-time",
        "forced-disconnect",
        "restart-holder",
    ]


@pytest.mark.parametrize(
    ("step", "harm"),
    [
        ("look-at-share-first", "deletes first"),  # Q184489
        ("redistribute-with-refresh", "Refresh Existing Distribution Servers"),  # Q140051
        ("redistribute-with-refresh", "emptying the folder"),
        ("leave-despooler-running", "100 tries"),  # Q140374
        ("forced-disconnect", "strips the folder of its rights"),  # Q182414
        ("restart-holder", "unsaved work"),
        ("close-one-handle", "may crash"),
    ],
)
def test_the_side_effects_of_the_articles_are_told(step: str, harm: str) -> None:
    assert harm in steps(LOCK)[step].text


def test_a_locked_instruction_file_is_the_one_case_for_a_restart_of_sms_executive() -> None:
    finding = unknown("instruction-file-lock")
    last = KNOWLEDGE.advise(finding)[-1]
    assert last.id == "restart-sms-executive"
    assert last.warning
    assert "100 tries" in last.text
    assert "net file" not in " ".join(step.text for step in KNOWLEDGE.advise(finding))


def test_names_of_the_finding_stand_in_its_commands() -> None:
    found = steps(LOCK)
    assert r'`dir "\\NTSITE1\SMS_PKGE\DOG0005D"`' in found["look-at-share-first"].text
    assert "`openfiles /query /s NTSITE1 /v`" in found["find-who-holds-it"].text
    assert r"'*\DOG0005D\*'" in found["find-who-holds-it"].text
    assert '`handle.exe "filename.EXE"`' in found["find-who-holds-it"].text


@pytest.mark.parametrize(
    ("finding", "folder"),
    [
        (LOCK, r"\\NTSITE1\SMS_PKGE\DOG0005D"),
        (replace(LOCK, server=None, share=None), r"E:\SMS_PKGE\DOG0005D"),
        (replace(LOCK, server=None, files=(r"E:\P\dog0005d\a\b.exe",)), r"E:\P\dog0005d"),
        (
            replace(LOCK, share="APPL", files=(r"\\Jamal\APPL\SMS\logon.srv\DOG0005D\b.exe",)),
            r"\\Jamal\APPL\SMS\logon.srv\DOG0005D",
        ),
        (replace(LOCK, files=()), r"\\NTSITE1\SMS_PKGE\DOG0005D"),
        (replace(LOCK, files=(), share=None), r"\\<server>\<share>\<package>"),
        (replace(LOCK, server=None, package=None, files=(r"C:\a.exe",)), "C:\\"),
        (
            replace(LOCK, server=None, package=None, files=("a.exe",)),
            r"\\<server>\<share>\<package>",
        ),
        (
            replace(
                LOCK,
                server=None,
                package=None,
                files=(),
                failed=(Failure(path=r"D:\SMS\x.pck", win32_error=112),),
            ),
            r"D:\SMS",
        ),
    ],
)
def test_the_folder_to_look_at_is_the_one_that_is_known_best(finding: Finding, folder: str) -> None:
    assert f'`dir "{folder}"`' in steps(finding)["look-at-share-first"].text


@pytest.mark.parametrize(
    "name",
    [
        "a`b",
        "$(calc)",
        "a&del x",
        'a"b',
        "a;b",
        "a|b",
        "a%PATH%",
        "a$env",
        "a\nb",
        "a<b",
        "a'b",
        "-c 4 -p 12 -y",
        "a -c 4",
    ],
)
def test_a_name_that_a_shell_could_obey_enters_no_command(name: str) -> None:
    finding = replace(LOCK, server=name, package=name, share=name, files=(f"E:\\x\\{name}",))
    text = steps(finding)["find-who-holds-it"].text.replace(f"On {name}", "On")
    assert name not in text
    assert "`openfiles /query /s <server> /v`" in text
    assert '`handle.exe "<file>"`' in text


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    finding = replace(unknown("long-file-name"), files=(r"E:\{server}\{x}.exe",), server="S")
    assert r"E:\{server}\{x}.exe" in steps(finding)["find-the-name"].text


def test_an_error_is_said_in_words() -> None:
    assert KNOWLEDGE.error(112) == "Win32 error 112 (there is not enough space on the disk)"
    assert KNOWLEDGE.error(4711) == "Win32 error 4711"


@pytest.mark.parametrize(
    "code",
    [2, 3, 5, 13, 32, 33, 39, 53, 59, 64, 67, 71, 80, 86, 112, 123, 206, 998, 1224, 1326, 2250],
)
def test_every_error_seen_in_the_logs_has_words(code: int) -> None:
    assert KNOWLEDGE.win32[code]


def test_an_error_is_said_in_a_few_words() -> None:
    assert KNOWLEDGE.short_error(32) == "sharing violation"
    assert KNOWLEDGE.short_error(5) == "access denied"
    assert KNOWLEDGE.short_error(4711) == ""


FULL = Failure(path=r"E:\SMS_PKGE\DOG0005D\b.cab", win32_error=112)


@pytest.mark.parametrize("rule", ["blank-109-with-lock", "unread-109-with-lock"])
def test_a_lock_beside_a_full_disk_is_advised_to_look_at_the_space_first(rule: str) -> None:
    both = replace(LOCK, rule=rule, failed=(FULL,))
    assert "free space" in steps(both)["verify-space"].text
    order = list(steps(both))
    assert order.index("verify-space") < order.index("look-at-share-first")
    assert "verify-space" not in steps(replace(LOCK, rule=rule))
    denied = replace(FULL, win32_error=5)
    assert "verify-space" not in steps(replace(LOCK, rule=rule, failed=(denied,)))


def test_a_full_disk_is_about_the_file_that_found_no_room() -> None:
    finding = replace(LOCK, kind="disk-space", rule="cap-disk-full", failed=(FULL,))
    assert bot.knowledge.path_of(finding) == FULL.path
    assert bot.knowledge.path_of(replace(finding, kind="lock-only")) == LOCK.files[0]
    assert bot.knowledge.path_of(replace(finding, failed=())) == LOCK.files[0]


@pytest.mark.parametrize("rule", RULES)
def test_every_step_is_led_by_what_kind_it_is(rule: str) -> None:
    for step in KNOWLEDGE.causes[rule].steps:
        assert re.fullmatch(r"[A-Z][a-z]+( [a-z]+)?", step.lead)


def test_room_is_made_only_where_it_is_short() -> None:
    text = steps(unknown("109-with-figures"))["free-space"].text
    assert "only if that look shows too little" in text


@pytest.mark.parametrize("rule", ["cap-file-lock", "client-lookup-lock"])
def test_clients_hold_files_on_their_access_point(rule: str) -> None:
    text = steps(unknown(rule))["find-cap-users"].text
    assert "client access point" in text
    assert "distribution server" not in text


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("certainty", get_args(Certainty))
def test_every_certainty_is_given_a_reason(kind: Kind, certainty: Certainty) -> None:
    assert KNOWLEDGE.reason(replace(LOCK, kind=kind, certainty=certainty))


def test_a_likely_verdict_says_what_is_missing() -> None:
    finding = replace(LOCK, certainty="likely", server=None, at=None)
    assert KNOWLEDGE.reason(finding).endswith("(not known: server, time)")
    assert "not known" not in KNOWLEDGE.reason(LOCK)


@pytest.mark.parametrize("kind", ["false-disk-space", "disk-space", "lock-only", "other-error"])
@pytest.mark.parametrize("missing", [{}, {"package": None}, {"server": None}, {"at": None}])
def test_a_likely_verdict_always_names_what_is_not_known(kind: Kind, missing: Any) -> None:
    finding = replace(LOCK, kind=kind, certainty="likely", **missing)
    assert "(not known: " in KNOWLEDGE.reason(finding)


def test_figures_that_cannot_be_read_are_what_is_not_known() -> None:
    finding = replace(LOCK, certainty="likely", rule="unread-109-with-lock")
    assert KNOWLEDGE.reason(finding).endswith("(not known: the figures of the event)")


FIRST = datetime(1998, 9, 10, 9, 55)


@pytest.mark.parametrize(
    ("response", "disconnect", "gives_up"),
    [
        ("very-fast", datetime(1998, 9, 10, 15, 12), datetime(1998, 9, 12, 1, 55)),
        ("fast", datetime(1998, 9, 11, 12, 0), datetime(1998, 9, 18, 17, 55)),
        ("medium", datetime(1998, 9, 13, 16, 0), datetime(1998, 10, 5, 9, 55)),
        ("slow", datetime(1998, 9, 16, 22, 0), datetime(1998, 10, 30, 9, 55)),
    ],
)
def test_the_clock_follows_the_response_setting(
    response: str, disconnect: datetime, gives_up: datetime
) -> None:
    assert KNOWLEDGE.retry.forced_disconnect(FIRST, response) == disconnect
    assert KNOWLEDGE.retry.gives_up(FIRST, response) == gives_up


def test_fast_with_the_defaults_is_twenty_six_hours_and_five_minutes() -> None:
    wait = KNOWLEDGE.retry.forced_disconnect(FIRST, "fast") - FIRST
    assert wait.total_seconds() / 60 == 26 * 60 + 5


def test_the_example_of_the_article_is_twenty_two_hours_and_five_minutes() -> None:
    wait = KNOWLEDGE.retry.forced_disconnect(FIRST, "fast", retries=10) - FIRST
    assert wait.total_seconds() / 60 == 22 * 60 + 5


def test_the_next_try_comes_after_one_interval() -> None:
    assert KNOWLEDGE.retry.next_try(FIRST, "very-fast") == datetime(1998, 9, 10, 10, 19)


CAUSE = """
kind = 'lock-only'
title = 'A title'
summary = 'A summary.'
article = 'Q100000'
sources = ['Q100000']

[[advice]]
id = 'look'
stage = 'look'
text = 'Look at `dir {folder}`.'
"""
STEP = "\n[[advice]]\nid = 'more'\nstage = '{}'\ntext = 'More.'\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("win32.toml", "retry.toml", "certainty.toml"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "a-cause.toml").write_text(CAUSE)
    return tmp_path


def test_a_folder_of_sound_files_is_read(folder: Path) -> None:
    assert list(bot.knowledge.read(folder).causes) == ["a-cause"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("kind = ", "Invalid value"),
        (CAUSE.replace("lock-only", "lock"), "unknown kind 'lock'"),
        (CAUSE.replace("title = 'A title'", ""), "'title' is missing"),
        (CAUSE.replace("'A title'", "7"), "'title' is not a str"),
        (CAUSE.replace("'A title'", "' '"), "title is empty"),
        (CAUSE.replace("'A summary.'", "'On {server}.'"), "holds a placeholder"),
        (CAUSE.replace("title =", "titel = 'x'\ntitle ="), "unknown key 'titel'"),
        (CAUSE.replace("['Q100000']", "['Q1']"), "not an article number: 'Q1'"),
        (CAUSE.replace("['Q100000']", "[]"), "not among the sources"),
        (CAUSE.replace("id = 'look'", "id = 'Look'"), "lower case"),
        (CAUSE.replace("{folder}", "{drive}"), "unknown placeholder"),
        (CAUSE.replace("`.", "."), "backtick"),
        (CAUSE.replace("stage = 'look'", "stage = 'gaze'"), "unknown stage 'gaze'"),
        (CAUSE.replace("stage = 'look'", "step = 'look'"), "unknown key 'step'"),
        (CAUSE.partition("[[")[0] + "advice = []", "there is no advice"),
        (CAUSE.partition("[[")[0] + "advice = [7]", "a table was expected"),
        (CAUSE + STEP.format("look").replace("more", "look"), "twice"),
        (CAUSE.replace("'look'\ntext", "'ask'\ntext") + STEP.format("look"), "safe order"),
        (CAUSE + STEP.format("restart"), "needs a warning"),
        (CAUSE + "when = 'rain'", "unknown condition 'rain'"),
        (CAUSE + "lead = 7", "'lead' is not a str"),
        (CAUSE + STEP.format("close") + "warning = ' '", "needs a warning"),
        (CAUSE + "\n[[advice]]\nid = 'x'\nas_in = 'a-cause'", "has no text for the step 'x'"),
        (CAUSE + "\n[[advice]]\nid = 'x'\nas_in = 'none'", "has no text for the step 'x'"),
    ],
)
def test_a_cause_that_contradicts_itself_is_refused(
    folder: Path, text: str, complaint: str
) -> None:
    (folder / "a-cause.toml").write_text(text)
    with pytest.raises(KnowledgeError, match=rf"^(a-cause|none)\.toml: .*{re.escape(complaint)}"):
        bot.knowledge.read(folder)


@pytest.mark.parametrize(
    ("name", "before", "after", "complaint"),
    [
        ("win32", "32 = ", "x32 = ", "'x32' is not a number"),
        ("win32", "[words]", "[texts]", "unknown key 'texts'"),
        ("retry", "fast = 120", "fast = '2 h'", "'fast' is not a int"),
        ("retry", "slow = 720", "", "'slow' is missing"),
        ("certainty", "[event-only]", "[event]", "unknown key 'event'"),
        ("certainty", "proved", "proofed", "unknown key 'proofed'"),
    ],
)
def test_a_table_that_is_wrong_is_refused(
    folder: Path, name: str, before: str, after: str, complaint: str
) -> None:
    path = folder / f"{name}.toml"
    path.write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(KnowledgeError, match=rf"^{name}\.toml: {re.escape(complaint)}"):
        bot.knowledge.read(folder)


def test_a_missing_table_is_named(folder: Path) -> None:
    (folder / "retry.toml").unlink()
    with pytest.raises(KnowledgeError, match=r"retry\.toml is missing"):
        bot.knowledge.read(folder)
