"""The reply: what it says, and that nothing hostile breaks its limits or speaks to Slack."""

import json
import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge import load
from bot.model import Advice, Failure, Finding, Quote, Report, Stamp
from bot.workspace.limits import check_blocks
from handlers.blocks import HEADER, SECTION, SUM, TEXT, article_url, render
from handlers.slack_text import escape

KNOWLEDGE = load()
LOCK = Finding(
    kind="false-disk-space",
    certainty="proved",
    rule="blank-109-with-lock",
    server="NTSITE1",
    share="SMS_PKGE",
    package="DOG0005D",
    files=("E:\\SMS_PKGE\\DOG0005D\\filename.EXE",),
    win32_error=32,
    thread="1D0",
    at=Stamp(value=datetime(1998, 9, 10, 9, 55, 37)),
    component="SMS_DESPOOLER",
    article="Q193766",
    evidence=(Quote(source="despool.log", line=17, text="~Copying E:\\a to E:\\b, Failed"),),
)
LOCK = replace(LOCK, advice=KNOWLEDGE.advise(LOCK))


def said(finding: Finding, *others: Finding):
    return render(Report(findings=(finding, *others)), KNOWLEDGE)


def texts(value) -> list[str]:
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return own + [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else []


def everything(reply) -> str:
    return "\n".join(texts(reply.blocks))


def test_the_first_eighty_characters_name_the_verdict_and_the_file():
    reply = said(LOCK)
    assert reply.text[:80].startswith("Not disk space: filename.EXE was locked\n")
    assert reply.blocks[0]["type"] == "header"
    assert reply.blocks[0]["text"]["text"] == "Not disk space: filename.EXE was locked"


@pytest.mark.parametrize("where", ["text", "blocks"])
@pytest.mark.parametrize(
    "fact",
    [
        "Proved: ",
        "DOG0005D",
        "\\\\NTSITE1\\SMS_PKGE",
        "1998-09-10 09:55:37",
        "Win32 error 32",
        "E:\\SMS_PKGE\\DOG0005D\\filename.EXE",
        "despool.log:17",
        "1. Change nothing yet",
        "Q193766",
    ],
)
def test_every_fact_stands_in_text_and_in_blocks(fact, where):
    reply = said(LOCK)
    assert fact in (reply.text if where == "text" else everything(reply))


def test_steps_are_numbered_in_order_and_warnings_are_a_word():
    shown = everything(said(LOCK))
    steps = re.findall(r"(?m)^(\d+)\. (\*Warning!\* )?", shown)
    assert [int(number) for number, _ in steps] == list(range(1, len(LOCK.advice) + 1))
    assert [bool(mark) for _, mark in steps] == [step.warning for step in LOCK.advice]


def test_a_step_that_does_harm_is_never_shown_without_its_warning():
    for reply_text in (said(LOCK).text, everything(said(LOCK))):
        for step in LOCK.advice:
            if step.warning and escape(step.text)[:40] in reply_text:
                assert escape(step.text) in reply_text


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({"certainty": "likely"}, "Likely not disk space: filename.EXE was locked"),
        ({"resolved": True}, "Not disk space: filename.EXE was locked (since then copied)"),
        (
            {"kind": "disk-space", "rule": "109-with-figures", "files": ()},
            "Disk space really is short on NTSITE1: package DOG0005D",
        ),
        ({"kind": "lock-only", "rule": "package-lock"}, "Locked: filename.EXE was in use"),
        (
            {
                "kind": "other-error",
                "rule": "other-win32-error",
                "files": (),
                "win32_error": 5,
                "failed": (Failure(path="E:\\a.cab", win32_error=5),),
            },
            "Not a lock: a.cab failed with Win32 error 5 (access denied)",
        ),
        (
            {"kind": "event-only", "rule": "109-without-log", "certainty": "likely", "files": ()},
            "Probably not disk space: event 109 has no figures for package DOG0005D",
        ),
        (
            {"files": ("E:\\x\\a.exe", "E:\\x\\b.exe")},
            "Not disk space: a.exe and 1 more were locked",
        ),
    ],
)
def test_each_kind_has_its_headline(changes, headline):
    assert said(replace(LOCK, **changes)).text.split("\n")[0] == headline


def test_figures_are_shown_and_a_contradiction_is_named():
    short = replace(
        LOCK,
        kind="disk-space",
        rule="109-with-figures",
        available_mb=900,
        required_mb=20.5,
        contradiction=True,
    )
    reply = said(short)
    for shown in (reply.text, everything(reply)):
        assert "900 MB available, 20.5 MB required" in shown
        assert "contradict" in shown


def test_more_files_than_fit_are_counted():
    many = tuple(f"E:\\SMS_PKGE\\DOG0005D\\{number:04}.dll" for number in range(5000))
    reply = said(replace(LOCK, files=many))
    assert "and 4,990 more" in everything(reply)
    assert "0000.dll and 4,999 more were locked" in reply.text
    assert "more" in reply.text.split("Locked: ")[-1]


def test_other_findings_follow_in_one_line_each():
    other = replace(LOCK, kind="lock-only", rule="package-lock", package="CAT00001")
    reply = said(LOCK, *[other] * 20)
    assert everything(reply).count("[CAT00001]") < 20
    assert re.search(r"and \d+ more", everything(reply).split("Also in this log")[1])
    assert "CAT00001" in reply.text


def test_a_backtick_in_a_name_cannot_end_the_code():
    reply = said(replace(LOCK, files=("E:\\a```\n*out* <!channel>",)))
    sections = [block["text"] for block in reply.blocks[1:] if isinstance(block.get("text"), dict)]
    marked_up = [text["text"] for text in sections if text["type"] == "mrkdwn"]
    assert any("*out*" in text for text in marked_up)
    for text in marked_up:
        assert "*out*" not in "".join(text.split("```")[::2]), "it stands in code only"


def test_a_name_cannot_be_turned_around_for_the_eye():
    reply = said(replace(LOCK, files=("E:\\a\N{RIGHT-TO-LEFT OVERRIDE}exe.txt",)))
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in reply.text + everything(reply)
    assert "[U+202E]" in reply.text


def test_the_article_is_linked_only_where_it_is_an_article():
    assert article_url("Q193766") == "https://jeffpar.github.io/kbarchive/kb/193/Q193766/"
    assert article_url("Q42160") == "https://jeffpar.github.io/kbarchive/kb/042/Q42160/"
    assert article_url("Q1/../evil") is None
    assert article_url(None) is None


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<!channel> <@U123> <#C1|x> <http://evil|click>",
            "`" * 50,
            "```\n<!here>\n```",
            "\\" * 4000,
            "&" * 3000,
            "\N{RIGHT-TO-LEFT OVERRIDE}" * 3000,
            "x" * 100_000,
            "",
            " ",
            "\n" * 500,
            "\ud800",
            "😀" * 5000,
        ]
    ),
    st.text(max_size=60),
)
MAYBE = st.none() | HOSTILE
FINDINGS = st.builds(
    Finding,
    kind=st.sampled_from(
        ["false-disk-space", "disk-space", "lock-only", "other-error", "event-only"]
    ),
    certainty=st.sampled_from(["proved", "likely", "unknown"]),
    rule=st.sampled_from(sorted(KNOWLEDGE.causes)),
    server=MAYBE,
    share=MAYBE,
    package=MAYBE,
    files=st.lists(HOSTILE, max_size=4).map(lambda names: tuple(names * 1250)),
    failed=st.lists(
        st.builds(Failure, path=MAYBE, win32_error=st.integers(0, 10**6)), max_size=30
    ).map(tuple),
    win32_error=st.none() | st.integers(0, 10**6),
    thread=MAYBE,
    at=st.none() | st.builds(Stamp, value=st.datetimes()),
    resolved=st.booleans(),
    component=MAYBE,
    article=MAYBE | st.just("Q193766"),
    evidence=st.lists(
        st.builds(Quote, source=HOSTILE, line=st.integers(0, 10**9), text=HOSTILE), max_size=20
    ).map(tuple),
    advice=st.lists(
        st.builds(Advice, id=st.just("step"), text=HOSTILE, warning=st.booleans()), max_size=15
    ).map(tuple),
    available_mb=st.none() | st.floats(allow_nan=False) | st.integers(),
    required_mb=st.none() | st.floats(allow_nan=False) | st.integers(),
    contradiction=st.booleans(),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(FINDINGS, min_size=1, max_size=6))
def test_no_report_breaks_a_limit_or_speaks_to_slack(findings):
    reply = render(Report(findings=tuple(findings)), KNOWLEDGE)
    check_blocks(reply.blocks)  # every limit, as the stand-in Slack refuses them
    assert 0 < len(reply.text) < TEXT
    assert sum(map(len, texts(reply.blocks))) <= SUM
    assert len(json.dumps(reply.blocks, ensure_ascii=False)) <= 16_000
    for text in texts(reply.blocks):
        assert len(text) <= SECTION
        links = re.findall(r"<[^>]*>?", text)
        assert all(link == f"<{article_url('Q193766')}|Q193766>" for link in links)
        assert text.count("```") in (0, 2)
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert "<" not in reply.text
    assert len(reply.blocks[0]["text"]["text"]) <= HEADER
    reply.text.encode("utf-8")
