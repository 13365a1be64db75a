"""Samples of wrong verdicts: kept for the operator, without what tells whose log it was."""

import json
import stat

import pytest

from bot.feedback import Feedback, FeedbackFailed
from bot.model import Finding, Report
from bot.redaction import redact
from bot.samples import LOG, SEED

REPORT = Report(
    findings=(Finding(kind="lock-only", certainty="likely", rule="package-lock", server="NTSITE1"),)
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("\\\\NTSITE1\\SMS_PKGE\\DOG0005D", "NTSITE1"),
        ("Computer: ntsite1", "ntsite1"),
        ("at ntsite9.corp.example now", "ntsite9"),
        ("mail joe.bloggs@corp.example", "joe"),
        ("User: CORP\\jbloggs, since", "jbloggs"),
        ("by CORP\\jsmith at noon", "jsmith"),
        ("from fe80::1ff:fe23:4567:890a.", "890a"),
        ("C:\\Users\\jbloggs\\Desktop", "jbloggs"),
        ("S-1-5-21-1004336348-1177238915-682003330-512", "1004336348"),
        ("from 10.1.2.3 and fe80:0:0:0:1:2:3:4", "10.1.2.3"),
        ("xoxb-123-abc", "123-abc"),
    ],
)
def test_what_identifies_somebody_is_gone(text, hidden):
    assert hidden.casefold() in text.casefold()
    assert hidden.casefold() not in redact(text, ("NTSITE1",)).casefold()


@pytest.mark.parametrize(
    "text", ["at 09:55:37 1998", "E:\\SMS_PKGE\\DOG0005D\\a.exe", "thread=1D0", "12:00:00.123"]
)
def test_times_and_paths_are_no_addresses_and_no_accounts(text):
    assert redact(text) == text


def test_one_server_is_one_number_wherever_it_stands():
    text = "\\\\NTSITE1\\A and \\\\ntsite1\\B and \\\\OTHER\\C on NTSITE1"
    assert redact(text) == "\\\\SERVER1\\A and \\\\SERVER1\\B and \\\\SERVER2\\C on SERVER1"


@pytest.mark.parametrize("text", [SEED, LOG, "E:\\SMS_PKGE\\FORMAT.COM, Failed, Win32 Error = 32"])
def test_what_the_verdict_rests_on_stays(text):
    assert "Win32 Error = 32" in redact(text)
    assert "FORMAT.COM" in redact(text) or "filename.EXE" in redact(text)


def test_a_sample_is_a_file_only_the_operator_reads(tmp_path):
    reference = Feedback(tmp_path / "feedback").keep(REPORT, ["on NTSITE1: " + LOG])
    path = tmp_path / "feedback" / f"{reference}.json"
    row = json.loads(path.read_text("utf-8"))
    assert row["verdicts"] == [{"kind": "lock-only", "certainty": "likely", "rule": "package-lock"}]
    assert "NTSITE1" not in row["sample"]
    assert "filename.EXE" in row["sample"]
    assert stat.S_IMODE((tmp_path / "feedback").stat().st_mode) == 0o700


def test_a_long_sample_is_cut_and_says_so(tmp_path):
    reference = Feedback(tmp_path).keep(REPORT, ["x" * 1_000_000])
    row = json.loads((tmp_path / f"{reference}.json").read_text("utf-8"))
    assert row["cut"] is True
    assert len(row["sample"]) < 70_000


def test_a_folder_that_takes_no_file_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedbackFailed, match="could not be kept"):
        Feedback(tmp_path / "file" / "feedback").keep(REPORT, ["x"])
