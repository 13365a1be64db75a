"""The reply: what it says, and that nothing hostile breaks its limits or speaks to Slack."""

import json
import re
from dataclasses import FrozenInstanceError, replace
from datetime import datetime
from typing import Any

import pytest
from findings import COPY, EVENT, HOSTILE, KNOWLEDGE, LOCK, MANY, REPORTS, SEARCH, harmless
from hypothesis import given
from hypothesis import strategies as st
from slack_limits import check_blocks, check_message, texts

from bot.model import Failure, Finding, Report, Stamp
from handlers.blocks import HEADER, TEXT, Status, article_url, render, share_button, withdrawn
from handlers.slack_text import escape
from handlers.verdicts import SEEN

ALEX = Status(resolved_by="Alex", at="03:12")


def said(finding: Finding, *others: Finding, **options: Any):
    return render(Report(findings=(finding, *others)), KNOWLEDGE, **options)


def words(reply) -> list[str]:
    return [text["text"] for text in texts(reply.blocks)]


def everything(reply) -> str:
    return "\n".join(words(reply))


def buttons(reply) -> list[dict[str, Any]]:
    return [
        one for block in reply.blocks if block["type"] == "actions" for one in block["elements"]
    ]


def menu(reply) -> list[str]:
    return [option["value"] for one in buttons(reply) for option in one.get("options", [])]


def test_the_first_eighty_characters_name_the_verdict_and_the_file():
    reply = said(LOCK)
    assert reply.text[:80].startswith("Not disk space: filename.EXE was locked\n")
    assert reply.blocks[0]["type"] == "header"
    assert reply.blocks[0]["text"]["text"] == "Not disk space: filename.EXE was locked"


@pytest.mark.parametrize("where", ["text", "blocks"])
@pytest.mark.parametrize(
    "fact",
    [
        "Proved:",
        "DOG0005D",
        "\\\\NTSITE1\\SMS_PKGE",
        "1998-09-10 09:55:37",
        "32, sharing violation",
        "E:\\SMS_PKGE\\DOG0005D\\filename.EXE",
        "Log line (despool.log, line 17): ~Copying",
        "Event (events.txt, line 3): There isn't",
        "Change nothing yet",
        "Q193766",
    ],
)
def test_every_fact_stands_in_text_and_in_blocks(fact, where):
    reply = said(LOCK)
    assert fact in (reply.text if where == "text" else everything(reply))


def test_a_screen_reader_hears_every_step_and_the_eye_finds_the_rest_under_details():
    reply = said(LOCK)
    assert "5 more steps under Details" in everything(reply)
    for number in range(1, 10):
        assert f"\n{number}. " in reply.text


def test_steps_are_numbered_in_order_and_warnings_are_a_word():
    steps = re.findall(r"(?m)^(\d+)\. \*(\w+)\.?\* ?(\*Warning!\* )?", everything(said(LOCK)))
    assert [(int(number), lead) for number, lead, _ in steps] == [
        (1, "Look"),
        (2, "Look"),
        (3, "Ask"),
        (4, "Close"),
    ]
    assert [bool(mark) for *_, mark in steps] == [step.warning for step in LOCK.advice[:4]]


def test_all_steps_are_shown_where_they_are_few_or_nothing_stands_behind_the_reply():
    short = replace(LOCK, advice=tuple(replace(step, text="Look.") for step in LOCK.advice))
    for reply in (said(short), said(LOCK, actions=False)):
        steps = re.findall(r"(?m)^(\d+)\. ", everything(reply))
        assert [int(number) for number in steps] == list(range(1, len(LOCK.advice) + 1))
        assert "more step" not in everything(reply) + reply.text


@pytest.mark.parametrize("options", [{}, {"status": ALEX}])
def test_what_is_over_is_told_in_no_present_tense_and_asks_for_no_deed(options):
    reply = said(replace(LOCK, resolved=not options), **options)
    shown = re.findall(r"(?m)^(\d+)\. \*(\w+)\.\*", everything(reply))
    assert shown == [("1", "Look"), ("2", "Look"), ("7", "Prevent")]
    assert "*If it comes back*" in everything(reply)
    assert "6 more steps under Details" in everything(reply)
    assert "Freeing space will not help" not in everything(reply)
    for row in reply.text.split("\n"):
        assert not re.match(r"[345689]\. ", row)


def test_a_step_that_does_harm_is_never_shown_without_its_warning():
    for reply_text in (said(LOCK).text, everything(said(LOCK))):
        for step in LOCK.advice:
            if step.warning and escape(step.text)[:40] in reply_text:
                assert escape(step.text) in reply_text


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({"certainty": "likely"}, "Likely not disk space: filename.EXE was locked"),
        ({"certainty": "unknown"}, "Perhaps not disk space: filename.EXE was locked"),
        ({"resolved": True}, "Healed since. Not disk space: filename.EXE was locked"),
        (
            {"kind": "disk-space", "rule": "109-with-figures", "files": ()},
            "Disk space really is short: package DOG0005D on NTSITE1",
        ),
        (
            {
                "kind": "disk-space",
                "rule": "109-with-figures",
                "files": (),
                "certainty": "unknown",
                "contradiction": True,
            },
            "Disk space in doubt: package DOG0005D on NTSITE1",
        ),
        (
            {
                "kind": "disk-space",
                "rule": "109-with-figures",
                "files": (),
                "available_mb": 7,
                "required_mb": 81,
            },
            "Disk space really is short: package DOG0005D, 7 MB free, 81 MB needed",
        ),
        (
            {"failed": (Failure(path="E:\\b.cab", win32_error=112),), "certainty": "unknown"},
            "A lock and a full disk: filename.EXE was locked",
        ),
        (
            {
                "kind": "other-error",
                "rule": "other-win32-error",
                "files": (),
                "win32_error": 145,
                "failed": (Failure(path="E:\\SCCMBackup\\Backup", win32_error=145),),
            },
            "Not a lock: SCCMBackup\\Backup, error 145 (the directory is not empty)",
        ),
        ({"kind": "lock-only", "rule": "package-lock"}, "Locked: filename.EXE was in use"),
        (
            {"kind": "lock-only", "rule": "package-lock", "certainty": "likely"},
            "Likely locked: filename.EXE was in use",
        ),
        (
            {
                "kind": "other-error",
                "rule": "other-win32-error",
                "files": (),
                "win32_error": 5,
                "failed": (Failure(path="E:\\a.cab", win32_error=5),),
            },
            "Not a lock: a.cab, error 5 (access denied)",
        ),
        (
            {"kind": "event-only", "rule": "109-without-log", "certainty": "likely", "files": ()},
            "Likely not disk space: package DOG0005D, event 109 gives no figures",
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
        assert shown.startswith("Disk space in doubt: ")
        assert "900 MB free, 20.5 MB needed" in shown


def test_more_files_than_fit_are_counted():
    reply = said(replace(LOCK, files=MANY))
    assert "and 4,990 more in despool-findings.txt below" in everything(reply)
    assert "0000.dll and 4,999 more were locked" in reply.text
    assert "more" in reply.text.split("Locked: ")[-1]


def test_other_findings_follow_in_one_line_each():
    other = replace(LOCK, kind="lock-only", rule="package-lock", package="CAT00001")
    reply = said(LOCK, *[other] * 12)
    assert everything(reply).count("CAT00001") < 12
    assert re.search(r"\d+ more under Details", everything(reply).split("Also found")[1])
    assert "CAT00001" in reply.text


def test_other_packages_are_counted_in_the_headline():
    others = [
        replace(LOCK, kind="lock-only", rule="package-lock", package=f"CAT{number:05}")
        for number in range(14)
    ]
    shown = said(*others).text.split("\n")[0]
    assert shown == "Locked: filename.EXE was in use; 13 other packages too"
    assert "too" not in said(*others[:1], LOCK).text.split("\n")[0]
    assert said(*others[:2]).text.split("\n")[0].endswith("; 1 other package too")


def test_findings_that_would_read_alike_name_their_servers():
    one = replace(LOCK, kind="lock-only", rule="package-lock")
    reply = said(one, replace(one, server="NTSITE2"))
    for shown in (reply.text, everything(reply)):
        assert shown.startswith("Locked: filename.EXE on NTSITE1 was in use\n")
        assert "Locked: filename.EXE on NTSITE2 was in use" in shown
    assert said(one, replace(one, server="NTSITE2", files=("E:\\b.dll",))).text.startswith(
        "Locked: filename.EXE was in use\n"
    )


def test_other_findings_link_their_article_and_give_no_fraction_of_a_second():
    at = Stamp(value=datetime(1999, 10, 15, 17, 9, 46, 677000), milliseconds=True)
    denied = Failure(path="E:\\y.dll", win32_error=5)
    other = replace(
        LOCK,
        kind="other-error",
        rule="other-win32-error",
        files=(),
        failed=(denied,),
        win32_error=5,
        at=at,
    )
    reply = said(LOCK, other)
    row = "Not a lock: y.dll, error 5 (access denied); DOG0005D, NTSITE1, 1999-10-15 17:09:46; "
    assert f"• {row}<{article_url('Q193766')}|Q193766>" in everything(reply)
    assert f"Also: {row}Q193766" in reply.text


def test_failures_are_grouped_by_their_error():
    failed = tuple(Failure(path=f"E:\\{number}.hlp", win32_error=5) for number in range(3))
    reply = said(replace(LOCK, failed=(*failed, Failure(path="E:\\x.cab", win32_error=112))))
    assert everything(reply).count("access denied") == 1
    assert "*Also failed with Win32 error 5, access denied* (3)\n```\nE:\\0.hlp\n" in (
        everything(reply)
    )
    assert "*Also failed with Win32 error 112, there is not enough space on the disk:* `E:" in (
        everything(reply)
    )


def test_many_errors_stand_each_with_its_path():
    failed = tuple(Failure(path=f"E:\\{code}.hlp", win32_error=code) for code in (2, 3, 5, 112))
    shown = everything(said(replace(LOCK, failed=failed)))
    assert "*Also failed* (4)\n```\nE:\\2.hlp: Win32 error 2, file not found\n" in shown


def test_the_evidence_leads_where_nothing_is_proved_to_be_held():
    cut = replace(
        LOCK, kind="event-only", rule="cut-109-without-log", certainty="unknown", files=()
    )
    assert [one["action_id"] for one in buttons(said(cut))] == ["details", "who_holds", "more"]


def test_a_backtick_in_a_name_cannot_end_the_code():
    reply = said(replace(LOCK, files=("E:\\a```\n*out* <!channel>",)))
    sections = [block["text"] for block in reply.blocks[1:] if isinstance(block.get("text"), dict)]
    marked_up = [text["text"] for text in sections if text["type"] == "mrkdwn"]
    assert any("*out*" in text for text in marked_up)
    for text in marked_up:
        bare = "".join(text.split("```")[::2])
        assert "*out*" not in "".join(bare.split("`")[::2]), "it stands in code only"


def test_a_name_cannot_be_turned_around_for_the_eye():
    reply = said(replace(LOCK, files=("E:\\a\N{RIGHT-TO-LEFT OVERRIDE}exe.txt",)))
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in reply.text + everything(reply)
    assert "[U+202E]" in reply.text


def test_the_article_is_linked_only_where_it_is_an_article():
    assert article_url("Q193766") == "https://jeffpar.github.io/kbarchive/kb/193/Q193766/"
    assert article_url("Q42160") == "https://jeffpar.github.io/kbarchive/kb/042/Q42160/"
    assert article_url("Q1/../evil") is None
    assert article_url(None) is None


# ---- the first eighty characters

VERDICTS = ("Not disk space", "Likely not disk", "Perhaps not disk", "Locked", "Likely locked")
VERDICTS += ("Perhaps locked", "Not a lock", "Likely not a lock", "Perhaps not a lock")
VERDICTS += (
    "Disk space really ",
    "Disk space is likely",
    "Disk space was likely",
    "Disk space may",
    "Disk space in doubt",
)


@given(
    name=HOSTILE,
    certainty=st.sampled_from(["proved", "likely", "unknown"]),
    kind=st.sampled_from(["false-disk-space", "lock-only", "other-error", "disk-space"]),
    others=st.sampled_from([0, 1, 4999]),
    contradiction=st.booleans(),
    resolved=st.sampled_from(["", "Healed since. ", "Resolved. "]),
)
@SEARCH
def test_verdict_and_file_stand_in_what_a_phone_shows_however_long_the_name(
    name, certainty, kind, others, contradiction, resolved
):
    bare = re.sub(r"[/:\\]", "", name)  # what would part a path anew
    path = f"E:\\SMS_PKGE\\DOG0005D\\QQ{bare}.cab"
    finding = replace(
        LOCK,
        kind=kind,
        certainty=certainty,
        contradiction=contradiction,
        resolved=resolved == "Healed since. ",
        files=(path, *MANY[:others]),
    )
    shown = said(finding, status=ALEX if resolved == "Resolved. " else None).text[:SEEN]
    assert shown.startswith(resolved)
    assert shown.removeprefix(resolved).startswith(VERDICTS)
    assert "QQ" in shown
    assert ".cab" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("setup.exe", "setup.exe"),
        (
            f"{'Quarterly Reporting Client ' * 3}4.msi",
            "Quarterly Reporting Client Quart…porting Client 4.msi",
        ),
        ("a&b" * 40 + ".msi", "a&amp;ba&amp;ba&amp;ba&amp;ba…ba&amp;ba&amp;b.msi"),
    ],
)
def test_a_long_name_loses_its_middle_and_no_more(name, shown):
    reply = said(replace(LOCK, files=(f"E:\\SMS_PKGE\\DOG0005D\\{name}",)))
    assert reply.text.split("\n")[0] == f"Not disk space: {shown} was locked"
    assert reply.blocks[0]["text"]["text"] == reply.text.split("\n")[0]


# ---- buttons, status, notes


def test_two_buttons_and_a_menu_stand_above_the_steps():
    reply = said(LOCK)
    assert [one["action_id"] for one in buttons(reply)] == ["who_holds", "details", "more"]
    assert menu(reply) == ["resolve", "wrong"]
    shown = [block["type"] for block in reply.blocks]
    steps = next(i for i, block in enumerate(reply.blocks) if "Change nothing" in json.dumps(block))
    assert shown.index("actions") < steps


def test_a_button_says_aloud_which_verdict_it_belongs_to():
    labels = [one.get("accessibility_label") for one in buttons(said(LOCK))]
    assert labels[0] == "Who holds it? Not disk space: filename.EXE was locked"
    assert labels[1] == "Details: Not disk space: filename.EXE was locked"


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({"files": (), "kind": "event-only", "rule": "109-without-log"}, True),
        ({"files": (), "kind": "event-only", "rule": "109-without-log", "package": None}, False),
        ({"files": (), "kind": "disk-space", "rule": "109-with-figures"}, False),
        ({"files": (), "kind": "other-error", "rule": "other-win32-error"}, False),
        ({"kind": "lock-only", "rule": "package-lock"}, True),
    ],
)
def test_who_holds_it_is_asked_only_where_something_may_be_held(changes, offered):
    names = [one["action_id"] for one in buttons(said(replace(LOCK, **changes)))]
    assert ("who_holds" in names) is offered


def test_a_private_answer_has_no_buttons_and_names_none():
    reply = said(replace(LOCK, files=MANY), actions=False)
    assert buttons(reply) == []
    assert "Details" not in everything(reply) + reply.text
    assert "and 4,990 more in `despool explain`" in everything(reply)


def test_a_resolved_incident_says_so_first_and_can_be_reopened():
    reply = said(LOCK, status=ALEX)
    assert reply.text.startswith("Resolved. Not disk space: filename.EXE was locked\n")
    assert reply.blocks[0]["text"]["text"] == reply.text.split("\n")[0]
    assert "Marked resolved by Alex at 03:12" in reply.text
    assert reply.blocks[1]["elements"] == [
        {"type": "plain_text", "text": "Marked resolved by Alex at 03:12", "emoji": False}
    ]
    assert menu(reply) == ["reopen", "wrong"]


def test_a_name_of_a_person_pings_nobody():
    reply = said(LOCK, status=Status(resolved_by="<!channel> <@U1>", at="<!here>"))
    assert harmless(reply.text)
    assert all(map(harmless, words(reply)))


def test_notes_stand_before_the_article_and_in_the_text():
    reply = said(LOCK, notes=["No agent runs on NTSITE1.", "<!here>"])
    *_, notes, article = reply.blocks
    assert notes["elements"][0]["text"] == "No agent runs on NTSITE1.\n&lt;!here&gt;"
    assert notes["elements"][0]["type"] == "plain_text"
    assert "Q193766" in article["elements"][0]["text"]
    assert "No agent runs on NTSITE1." in reply.text


def test_what_was_withdrawn_quotes_nothing_and_offers_nothing():
    reply = withdrawn()
    check_message(reply.blocks)
    assert buttons(reply) == []
    assert everything(reply) == reply.text
    assert reply.text.startswith("Withdrawn: ")


def test_the_share_button_carries_the_name_of_the_draft():
    block = share_button("draft-7")
    check_blocks([block])
    assert [(one["action_id"], one["value"]) for one in block["elements"]] == [("share", "draft-7")]


def test_a_reply_cannot_be_changed_once_it_is_made():
    with pytest.raises(FrozenInstanceError):
        said(LOCK).text = "another"


# ---- ids, evidence, what is cut


def test_equal_content_has_equal_block_ids_and_changed_content_has_new_ones():
    first, again, changed = said(LOCK), said(LOCK), said(LOCK, notes=["one more"])
    ids = [{block["block_id"] for block in one.blocks} for one in (first, again, changed)]
    assert first == again
    assert ids[0] == ids[1]
    assert ids[0].isdisjoint(ids[2])


def test_only_the_lines_that_decide_are_quoted_and_the_others_are_counted():
    more = tuple(
        replace(COPY, line=number, text="~Copying z.dll, Failed, Win32 Error = 32")
        for number in range(20, 30)
    )
    shown = everything(said(replace(LOCK, evidence=(EVENT, COPY, *more))))
    assert "*Evidence* (2 of 12 lines, all under Details)" in shown
    assert "Event (events.txt, line 3): There isn't" in shown
    assert "Log line (despool.log, line 17): ~Copying" in shown
    assert "line 20" not in shown


def test_a_long_entry_is_quoted_where_it_decides():
    text = "Event Type: Error\n" * 40 + EVENT.text
    shown = everything(said(replace(LOCK, evidence=(replace(EVENT, text=text), COPY))))
    assert "(events.txt, line 3): …There isn't sufficient disk space" in shown


def test_the_line_of_another_error_is_not_taken_for_the_proof():
    denied = replace(COPY, line=99, text="~Copying z.cab to y.cab, Failed, Win32 Error = 5")
    unlike = replace(COPY, text="~Copying a to b, Failed, Win32 Error = 32")
    shown = everything(said(replace(LOCK, evidence=(EVENT, unlike, denied))))
    assert "(despool.log, line 17)" in shown
    assert "line 99" not in shown


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (
            "~Copying a to b, Failed, Win32 Error = 32  $$<SMS_DESPOOLER><thread=1D0>",
            "~Copying a to b, Failed, Win32 Error = 32…",
        ),
        (
            "the file is in use. ERROR: Could not delete filename.EXE: error 32: in use.",
            "…ERROR: Could not delete filename.EXE: error 32…",
        ),
        ("in use: filename.EXE, Win32 Error = 32", "…in use: filename.EXE, Win32 Error = 32"),
        (
            f"~{'word ' * 80}to filename.EXE, Win32 Error = 32",
            "…word word",
        ),
    ],
)
def test_a_quote_begins_at_a_word_and_ends_where_it_decides(text, quoted):
    shown = everything(said(replace(LOCK, evidence=(EVENT, replace(COPY, text=text)))))
    row = next(row for row in shown.split("\n") if "line 17" in row).partition("): ")[2]
    assert row.startswith(quoted)
    assert "Error = 32" in row or "error 32" in row
    assert len(row) <= 220


def test_a_record_of_an_event_file_is_called_a_record():
    event = replace(EVENT, source="logs.zip/App.EVTX", line=7)
    shown = everything(said(replace(LOCK, evidence=(event, COPY))))
    assert "Event (logs.zip/App.EVTX, record 7): " in shown


def test_what_upsets_a_verdict_is_quoted_with_it():
    full = replace(COPY, line=12, text="~Copying z.cab to y.cab, Failed, Win32 Error = 112")
    finding = replace(
        LOCK,
        certainty="unknown",
        failed=(Failure(path="E:\\y.cab", win32_error=112),),
        evidence=(EVENT, full, COPY),
    )
    shown = everything(said(finding))
    assert all(place in shown for place in ("(despool.log, line 12)", "(despool.log, line 17)"))
    assert "Freeing space will not help" not in shown
    assert "2 of 3 lines, all under Details" in shown


def test_nothing_is_cut_where_the_details_hold_the_rest():
    reply = said(replace(LOCK, files=MANY[:60]))
    assert not reply.cut
    assert "and 50 more under Details" in everything(reply)
    assert "despool-findings.txt" not in everything(reply) + reply.text


@pytest.mark.parametrize(
    "changes",
    [
        {"files": MANY},
        {"failed": tuple(Failure(path=path, win32_error=5) for path in MANY)},
        {"evidence": (COPY,) * 1000},
        {"files": ("E:\\" + "x" * 5000,)},
    ],
)
def test_what_stands_nowhere_is_said_to_be_in_the_file(changes):
    reply = said(replace(LOCK, **changes))
    assert reply.cut
    assert "Everything is in despool-findings.txt below." in everything(reply)
    assert "Everything is in despool-findings.txt below." in reply.text
    check_message(reply.blocks)


def test_more_findings_than_the_details_hold_are_in_the_file_too():
    reply = said(LOCK, *[replace(LOCK, rule="package-lock", kind="lock-only")] * 200)
    assert reply.cut


def test_a_path_in_a_sentence_is_code_so_that_its_signs_stay():
    path = "E:\\_pkg_\\*a*\\`b`.dll"
    finding = replace(
        LOCK,
        kind="other-error",
        rule="other-win32-error",
        files=(),
        win32_error=5,
        failed=(Failure(path=path, win32_error=5),),
    )
    finding = replace(finding, advice=KNOWLEDGE.advise(finding))
    shown = "`E:\\_pkg_\\*a*\\[U+0060]b[U+0060].dll`"
    assert f"for this path: {shown}" in everything(said(finding))


@SEARCH
@given(
    REPORTS,
    st.none() | st.builds(Status, resolved_by=HOSTILE, at=HOSTILE),
    st.lists(HOSTILE, max_size=6),
    st.booleans(),
)
def test_no_report_breaks_a_limit_or_speaks_to_slack(report, status, notes, actions):
    reply = render(report, KNOWLEDGE, status=status, notes=notes, actions=actions)
    check_message(reply.blocks)
    assert 0 < len(reply.text) <= TEXT
    assert all(map(harmless, words(reply)))
    assert harmless(reply.text)
    assert "<" not in reply.text
    assert len(reply.blocks[0]["text"]["text"]) <= HEADER
    labels = json.dumps([one.get("accessibility_label") for one in buttons(reply)])
    assert "<" not in labels
    reply.text.encode("utf-8")
    json.dumps(reply.blocks, ensure_ascii=False).encode("utf-8")
