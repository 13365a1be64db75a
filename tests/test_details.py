"""What stands behind "Details", its text for where no modal opens, and the file that holds all."""

import json
import re
from dataclasses import replace

import pytest
from findings import COPY, KNOWLEDGE, LOCK, MANY, REPORTS, SEARCH, harmless
from hypothesis import given
from slack_limits import check_view, texts

from bot.model import Failure, Finding, Quote, Report
from handlers.blocks import render
from handlers.details import details_text, details_view, is_cut
from handlers.report_file import report_file
from handlers.slack_text import escape

OTHER = replace(LOCK, kind="lock-only", rule="package-lock", package="CAT00001")
OTHER = replace(OTHER, advice=KNOWLEDGE.advise(OTHER))


def of(*findings: Finding) -> Report:
    return Report(findings=findings)


def shown(*findings: Finding) -> str:
    return "\n".join(text["text"] for text in texts(details_view(of(*findings), KNOWLEDGE)))


def filed(*findings: Finding) -> str:
    return report_file(of(*findings), KNOWLEDGE)[1].decode()


# ---- the modal


def test_the_modal_has_its_name_and_can_be_closed():
    view = details_view(of(LOCK), KNOWLEDGE)
    assert (view["type"], view["callback_id"]) == ("modal", "details_view")
    assert (view["title"]["text"], view["close"]["text"]) == ("Details", "Close")


@pytest.mark.parametrize(
    "fact",
    [
        "Not disk space: filename.EXE was locked",
        "Proved: the event and the log",
        "Event 109 blames the disk",
        "Log line (despool.log, line 17):\n~Copying E:\\a\\filename.EXE",
        "Event (events.txt, line 3):\nThere isn't",
        "*Written by:* `SMS_DESPOOLER, thread 1D0`",
        "*Rule:* `blank-109-with-lock`",
    ],
)
def test_the_modal_shows_headline_certainty_facts_and_evidence(fact):
    assert fact in shown(LOCK)


def test_every_line_of_evidence_is_shown_whole():
    lines = tuple(replace(COPY, line=number, text=f"{number} " * 100) for number in range(100, 130))
    text = shown(replace(LOCK, evidence=lines))
    assert all(f"(despool.log, line {quote.line}):\n{quote.text}" in text for quote in lines)
    assert "*Evidence* (30)" in text


def test_every_finding_is_shown_with_its_place_files_and_steps():
    failed = (Failure(path="E:\\z.cab", win32_error=5),)
    text = shown(LOCK, replace(OTHER, failed=failed))
    assert "1 of 2. Not disk space: filename.EXE was locked" in text
    assert "2 of 2. Locked: filename.EXE was in use" in text
    assert "*Also failed with Win32 error 5, access denied*\n```\nE:\\z.cab" in text
    assert all(escape(step.text).removeprefix("Ask ") in text for step in OTHER.advice)


def test_steps_that_stand_with_an_earlier_finding_are_not_said_again():
    again = shown(LOCK, replace(LOCK, package="CAT00001"))
    assert "the steps of finding 1, with these names" in again
    assert again.count(LOCK.advice[2].text.removeprefix("Ask ")) == 1


@pytest.mark.parametrize("changes", [{}, {"resolved": True}])
def test_all_steps_stand_here_in_their_order_with_their_warnings(changes):
    finding = replace(LOCK, **changes)
    reply = "\n".join(text["text"] for text in texts(render(of(finding), KNOWLEDGE).blocks))
    modal = shown(finding)
    assert "more steps under Details" in reply
    rows = re.findall(r"(?m)^(\d+)\. (.*)$", modal)
    assert [int(number) for number, _ in rows] == list(range(1, len(finding.advice) + 1))
    for (_, row), step in zip(rows, finding.advice, strict=True):
        assert row.endswith(escape(step.text).removeprefix("Ask "))
        assert ("*Warning!*" in row) is step.warning


def test_a_finding_says_nothing_twice_in_the_modal():
    event = Finding(kind="event-only", certainty="likely", rule="109-without-log")
    text = shown(replace(event, advice=KNOWLEDGE.advise(event), evidence=(COPY,)))
    assert text.count("figures blank") == 1
    assert text.count("only Despool.log can prove") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": MANY}, " files"),
        ({"failed": tuple(Failure(path=path, win32_error=5) for path in MANY)}, " failures"),
        ({"evidence": (COPY,) * 1000}, " lines of evidence"),
        ({"evidence": (replace(COPY, text="x" * 4000),)}, "1 long line"),
    ],
)
def test_what_does_not_fit_is_counted_and_said_to_be_in_the_file(changes, said):
    finding = replace(LOCK, **changes)
    last = details_view(of(finding), KNOWLEDGE)["blocks"][-1]["text"]["text"]
    assert last.startswith("Not shown here: ")
    assert said in last
    assert "despool-findings.txt" in last
    assert "`despool explain`" in last
    assert is_cut(of(finding), KNOWLEDGE)


def test_findings_that_do_not_fit_are_counted_whole():
    findings = [LOCK, *[OTHER] * 60]
    view = details_view(of(*findings), KNOWLEDGE)
    check_view(view)
    headers = [block for block in view["blocks"] if block["type"] == "header"]
    assert 10 < len(headers) < 61
    assert f"{61 - len(headers)} findings" in view["blocks"][-1]["text"]["text"]


def test_nothing_is_cut_from_an_ordinary_report():
    assert not is_cut(of(LOCK, OTHER), KNOWLEDGE)
    assert "Not shown here" not in shown(LOCK, OTHER)


# ---- the text for where no modal can be opened


def test_the_text_holds_what_the_modal_holds_as_far_as_it_goes():
    text = details_text(of(LOCK, OTHER), KNOWLEDGE)
    for fact in (
        "Not disk space",
        "Proved: ",
        "(despool.log, line 17)",
        "E:\\SMS_PKGE",
        "CAT00001",
    ):
        assert fact in text
    assert "Not shown here" not in text


def test_the_text_counts_what_it_leaves_out():
    text = details_text(of(replace(LOCK, files=MANY)), KNOWLEDGE)
    assert "files; `despool explain` shows everything." in text


# ---- the file


def test_the_file_has_a_name_that_a_viewer_opens():
    name, data = report_file(of(LOCK), KNOWLEDGE)
    assert name == "despool-findings.txt"
    assert data.decode("utf-8").startswith("Despool: 1 finding\n")


def test_the_file_holds_everything_of_every_finding():
    failed = tuple(Failure(path=f"{path}.cab", win32_error=5) for path in MANY)
    evidence = tuple(replace(COPY, line=number) for number in range(1000))
    large = replace(LOCK, files=MANY, failed=failed, evidence=evidence)
    text = filed(large, *[OTHER] * 60)
    assert all(f"    {path}\n" in text for path in MANY)
    assert "Also failed with Win32 error 5, access denied:\n" in text
    assert all(f"    {failure.path}\n" in text for failure in failed)
    assert all(f"    despool.log:{number}\n" in text for number in range(1000))
    assert text.count("Locked: filename.EXE was in use") == 60
    assert "61 of 61\n" in text
    for number, step in enumerate(LOCK.advice, start=1):
        row = re.search(rf"(?m)^    {number}\. .*$", text)
        assert row
        assert row[0].endswith(step.text)
        assert ("Warning! " in row[0]) is step.warning
    assert "Proved: the event and the log" in text
    assert "https://jeffpar.github.io/kbarchive/kb/193/Q193766/" in text


def test_the_file_shows_log_text_as_it_is_but_nothing_unseen():
    text = filed(replace(LOCK, files=("E:\\<&>\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",)))
    assert "E:\\<&>[U+202E]gpj.exe" in text


def test_a_name_too_long_for_a_phone_is_whole_in_the_file():
    name = "x" * 4000 + ".msi"
    assert f": {name} was locked" in filed(replace(LOCK, files=(f"E:\\{name}",)))


# ---- whatever the log holds


@SEARCH
@given(REPORTS)
def test_no_report_breaks_a_limit_or_speaks_to_slack_in_its_details(report):
    view = details_view(report, KNOWLEDGE)
    check_view(view)
    assert all(harmless(text["text"]) for text in texts(view))
    assert "<" not in json.dumps(view)
    text = details_text(report, KNOWLEDGE)
    assert 0 < len(text) <= 3900
    assert harmless(text)
    assert "<" not in text


@SEARCH
@given(REPORTS)
def test_no_report_hides_anything_in_the_file(report):
    small = Report(findings=tuple(replace(one, files=one.files[:4]) for one in report.findings[:2]))
    text = report_file(small, KNOWLEDGE)[1].decode("utf-8")
    assert text.count("\nRule: ") >= len(small.findings)
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text
    for finding in small.findings:
        quotes: tuple[Quote, ...] = finding.evidence
        assert all(f":{quote.line}\n" in text for quote in quotes)
