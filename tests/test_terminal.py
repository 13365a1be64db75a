"""A report reads well on a terminal of any width and in a pipe, and cannot harm either."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.knowledge
from bot.model import Failure, Finding, Input, Quote, Report, Stamp
from bot.terminal.reply import complaint, nothing_found, render, show
from bot.terminal.visible import visible, visible_lines

KNOWLEDGE = bot.knowledge.load()
READ = Input(name="despool.log", bytes=1234, lines=20, encoding="utf-8")

LOCK = Finding(
    kind="false-disk-space",
    certainty="proved",
    rule="blank-109-with-lock",
    server="NTSITE1",
    share="SMS_PKGE",
    package="DOG0005D",
    files=(r"E:\SMS_PKGE\DOG0005D\filename.EXE",),
    win32_error=32,
    thread="1D0",
    at=Stamp(value=datetime(1998, 9, 10, 9, 55, 37)),
    component="SMS_DESPOOLER",
    article="Q193766",
    evidence=(
        Quote(source="alert.txt", line=3, text="There isn't sufficient disk space"),
        Quote(source="despool.log", line=17, text="~Copying a to\n  b, Failed, Win32 Error = 32"),
    ),
)
FULL = Finding(
    kind="disk-space",
    certainty="likely",
    rule="109-with-figures",
    server="SRV2",
    share="SMS_PKGF",
    package="AAA00001",
    article="Q184169",
    available_mb=300,
    required_mb=12.5,
    contradiction=True,
)
LONG = replace(
    LOCK, files=("E:\\SMS_PKGE\\DOG0005D\\" + "a folder with a long name\\" * 9 + "setup.exe",)
)


def report(*findings: Finding) -> Report:
    advised = (replace(finding, advice=KNOWLEDGE.advise(finding)) for finding in findings)
    return Report(inputs=(READ,), findings=tuple(advised))


def plain(*findings: Finding, response: str | None = None) -> str:
    return render(report(*findings), KNOWLEDGE, response)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screen(*findings: Finding, width: int = 80) -> str:
    stream = Screen()
    show(report(*findings), KNOWLEDGE, stream, width=width)
    return stream.getvalue()


ESCAPE = re.compile(r"\x1b\[[0-9;]*m")  # colours, the only thing a terminal is told


def test_the_verdict_stands_first_and_the_facts_below() -> None:
    lines = plain(LOCK).splitlines()
    assert lines[0] == "Not disk space: a file of the package was locked"
    assert r"File: E:\SMS_PKGE\DOG0005D\filename.EXE" in lines
    assert "Package: DOG0005D" in lines
    assert r"Server: \\NTSITE1\SMS_PKGE" in lines
    assert "When: 1998-09-10 09:55:37, thread 1D0" in lines
    assert "Rule: blank-109-with-lock, article Q193766" in lines
    assert any(line.startswith("Certainty: proved: the event and the log") for line in lines)


@pytest.mark.parametrize(
    ("finding", "headline"),
    [
        (LOCK, "Not disk space: a file of the package was locked"),
        (
            replace(LOCK, certainty="likely"),
            "Likely not disk space: a file of the package was locked",
        ),
        (
            replace(LOCK, certainty="unknown"),
            "Perhaps not disk space: a file of the package was locked",
        ),
        (
            replace(LOCK, kind="other-error", rule="source-access-denied", certainty="likely"),
            "Likely SMS may not read the package source",
        ),
        (
            replace(LOCK, kind="event-only", rule="109-without-log", certainty="likely"),
            "Probably a locked file, but the log is needed to prove it",
        ),
        (FULL, "Disk space is reported short, but by the same figures there is enough"),
        (
            replace(FULL, contradiction=False, certainty="proved"),
            "A real shortage: event 109 gives its figures",
        ),
    ],
)
def test_the_headline_claims_no_more_than_the_finding(finding: Finding, headline: str) -> None:
    assert plain(finding).splitlines()[0] == headline


def test_steps_are_numbered_and_the_harmful_ones_marked() -> None:
    steps = [line for line in plain(LOCK).splitlines() if re.match(r"\d+\. ", line)]
    advice = KNOWLEDGE.advise(LOCK)
    assert len(steps) == len(advice)
    for number, (line, step) in enumerate(zip(steps, advice, strict=True), start=1):
        mark = "WARNING: " if step.warning else ""
        assert line == f"{number}. {mark}{step.text}"


def test_each_line_of_the_evidence_can_be_found_by_its_place() -> None:
    lines = plain(LOCK).splitlines()
    assert "alert.txt:3: There isn't sufficient disk space" in lines
    assert "despool.log:17: ~Copying a to" in lines
    assert "despool.log:17:   b, Failed, Win32 Error = 32" in lines


def test_further_findings_are_complete_and_refer_to_steps_already_given() -> None:
    other = replace(LOCK, package="DOG0006E", files=(r"E:\SMS_PKGE\DOG0006E\b.EXE",))
    text = plain(LOCK, other, FULL)
    assert [line for line in text.splitlines() if line.startswith("Finding")] == [
        "Finding 1 of 3",
        "Finding 2 of 3",
        "Finding 3 of 3",
    ]
    second = text.split("Finding 2 of 3")[1].split("Finding 3 of 3")[0]
    assert r"E:\SMS_PKGE\DOG0006E\b.EXE" in second
    assert "the steps of finding 1" in second
    assert "1. " not in second
    assert "1. Compare the figures" in text.split("Finding 3 of 3")[1]


def test_the_figures_of_a_full_disk_and_their_contradiction_are_said() -> None:
    assert (
        "Space: 300 MB available, 12.5 MB required; the event contradicts itself"
        in plain(FULL).splitlines()
    )


def test_files_that_failed_otherwise_are_shown_with_their_error() -> None:
    failed = (Failure(path=r"E:\a.cab", win32_error=5), Failure(path=None, win32_error=4711))
    lines = plain(replace(LOCK, failed=failed)).splitlines()
    assert r"Failed: E:\a.cab: Win32 error 5 (access denied)" in lines
    assert "Failed: a file without a name: Win32 error 4711" in lines


def test_a_healed_finding_says_so_at_once() -> None:
    lines = plain(replace(LOCK, resolved=True)).splitlines()
    assert lines[0].startswith("Healed since. ")
    assert "Healed: a later line reports the same file copied" in lines
    assert "If it comes back:" in lines
    assert not any(line.startswith("Retries:") for line in lines)


def test_the_despooler_s_clock_is_shown_where_the_response_setting_is_known() -> None:
    lines = plain(LOCK, response="fast").splitlines()
    assert "Next try: about 1998-09-10 11:55" in lines
    assert "Gives up: about 1998-09-18 17:55, if this was the first failure" in lines
    assert not any(line.startswith("Next try") for line in plain(LOCK).splitlines())


@pytest.mark.parametrize(
    "finding",
    [
        replace(LOCK, at=Stamp(value=datetime(1999, 10, 15, 17, 9, 46), milliseconds=True)),
        replace(LOCK, rule="sender-file-lock", kind="lock-only"),
    ],
    ids=["a log of SMS 2.0 or later", "another component"],
)
def test_the_clock_of_sms_1_is_not_told_of_others(finding: Finding) -> None:
    assert "Retries" not in plain(finding)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_nothing_but_exact_text_is_wider_than_the_terminal(width: int) -> None:
    exact = [*LONG.files, *(line for q in LONG.evidence for line in q.text.split("\n"))]
    for line in ESCAPE.sub("", screen(LONG, FULL, width=width)).splitlines():
        assert len(line) <= width or any(text in line for text in exact), line


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_path_is_never_cut_or_broken_into_lines(width: int) -> None:
    assert LONG.files[0] in ESCAPE.sub("", screen(LONG, width=width)).splitlines()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_shows_all_that_the_plain_text_says(width: int) -> None:
    def bare(text: str) -> str:
        return re.sub(r"[\s:]", "", text)

    shown = bare(ESCAPE.sub("", screen(LOCK, FULL, width=width)))
    for line in plain(LOCK, FULL).splitlines():
        assert bare(re.sub(r"^(alert.txt|despool.log):\d+: ", "", line)) in shown


def test_the_verdict_is_repeated_at_the_end_of_a_terminal() -> None:
    lines = ESCAPE.sub("", screen(LOCK, FULL)).splitlines()
    assert lines[-2] == "In short: Not disk space: a file of the package was locked"
    assert lines[-1].endswith(r"E:\SMS_PKGE\DOG0005D\filename.EXE")


def test_a_burst_of_locked_files_does_not_push_the_steps_away_on_a_terminal() -> None:
    files = tuple(f"E:\\SMS_PKGE\\DOG0005D\\file{number}.cab" for number in range(200))
    burst = replace(LOCK, files=files)
    shown = screen(burst)
    assert "... and 190 more (file); --json lists all" in ESCAPE.sub("", shown)
    assert plain(burst).count("File: ") == 200


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "a\rb",
    "a\nb",
    "\u202eexe.fdp",
    "\u2066x\u2069",
    "\ufeffx\u200b",
    "\x00\x08\x7f",
    "\u2028x",
    "\udcff",
    "\U000e0041",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_log_is_obeyed_by_a_terminal(text: str) -> None:
    finding = replace(
        LOCK,
        server=f"S{text}",
        package=f"P{text}",
        thread=text,
        component=text,
        files=(f"E:\\{text}.exe",),
        failed=(Failure(path=text, win32_error=5),),
        evidence=(Quote(source=f"{text}.log", line=1, text=text),),
    )
    for output in (plain(finding), ESCAPE.sub("", screen(finding))):
        assert all(character.isprintable() or character == "\n" for character in output)
    assert visible(f"E:\\{text}.exe") in plain(finding)


@pytest.mark.parametrize("text", ["[red]x[/red]", "[/]", "[link=http://x]y", ":smile:", "\\[b]"])
def test_markup_in_a_log_is_only_text(text: str) -> None:
    finding = replace(
        LOCK, files=(f"E:\\{text}\\a.exe",), evidence=(Quote(source="-", line=1, text=text),)
    )
    shown = ESCAPE.sub("", screen(finding, width=200))
    assert f"E:\\{text}\\a.exe" in shown
    assert f"  {text}\n" in shown


def test_plain_text_has_no_colours() -> None:
    assert "\x1b" not in plain(LOCK, FULL)
    assert "\x1b[" in screen(LOCK)


@given(st.text(st.characters()))
def test_made_visible_a_text_is_printable_and_stays_so(text: str) -> None:
    once = visible(text)
    assert all(character.isprintable() or character.isspace() for character in once)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", once)
    assert visible(once) == once


def test_text_of_any_language_stays_as_it_is() -> None:
    text = "E:\\Übung\\データ\\naïve file\u00a0(1) €.exe"
    assert visible(text) == text


def test_lines_are_parted_at_line_breaks_only() -> None:
    assert visible_lines("a\r\nb\rc\nd\u2028e\n") == ["a", "b", "c", "d<U+2028>e"]


def test_when_nothing_is_found_one_sentence_says_what_was_read_and_what_to_paste() -> None:
    text = render(Report(inputs=(READ,)), KNOWLEDGE)
    assert text.count("\n") == 1
    assert "despool.log (1,234 bytes)" in text
    assert "Despool.log" in text.partition("Paste")[2]
    stream = Screen()
    show(Report(inputs=(READ,)), KNOWLEDGE, stream, width=60)
    assert " ".join(stream.getvalue().split()) == " ".join(text.split())


def test_only_inputs_that_were_read_are_counted() -> None:
    failed = Input(name="x", bytes=9, error="This is empty.")
    assert "2 inputs (2,468 bytes)" in nothing_found(Report(inputs=(READ, failed, READ)))
    assert nothing_found(Report(inputs=(failed,))) == ""
    assert render(Report(inputs=(failed,)), KNOWLEDGE) == ""


def test_a_complaint_names_its_input_and_cannot_harm() -> None:
    line = complaint(Input(name="a\x1b[2Jb", error="This is empty."))
    assert line == "despool: a<U+001B>[2Jb: This is empty."
