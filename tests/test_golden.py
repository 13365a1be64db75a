"""Each folder under tests/replies is one log and the reply it gets, word for word.

`input.txt` is the paste; `asked.json`, where there is one, holds the `status` and the `notes` the
reply is rendered with. `text.txt`, `blocks.json` and `details.json` are what Slack is sent;
`findings.txt`, where there is one, is the file. A folder without `input.txt` is the reply whose
log was taken back. Run with UPDATE_GOLDEN=1 to write all of them anew, then read what
`git diff` shows: a change here is a change of what people see.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from slack_limits import check_message, check_view, texts

from bot.analysis import analyse
from bot.knowledge import load
from bot.model import Report
from bot.reading.sources import BytesSource
from bot.rules import RULES
from handlers.blocks import Reply, Status, render, withdrawn
from handlers.details import details_text, details_view
from handlers.report_file import report_file

REPLIES = Path(__file__).parent / "replies"
CASES = sorted(path.parent for path in REPLIES.glob("*/text.txt"))
LOGS = [case for case in CASES if (case / "input.txt").exists()]
UPDATE = "UPDATE_GOLDEN"
KNOWLEDGE = load()


@cache
def report_of(case: Path) -> Report:
    source = BytesSource(name="message", data=(case / "input.txt").read_bytes())
    return analyse([source], KNOWLEDGE)


def reply_to(case: Path) -> Reply:
    if case not in LOGS:
        return withdrawn()
    asked = case / "asked.json"
    options = json.loads(asked.read_text("utf-8")) if asked.exists() else {}
    status = Status(**options["status"]) if "status" in options else None
    return render(report_of(case), KNOWLEDGE, status=status, notes=options.get("notes", ()))


def sent(case: Path) -> dict[str, str]:
    """Return the files a case must hold, with their content."""
    reply = reply_to(case)
    files = {"text.txt": f"{reply.text}\n", "blocks.json": as_json(reply.blocks)}
    if case in LOGS:
        files["details.json"] = as_json(details_view(report_of(case), KNOWLEDGE))
    if (case / "findings.txt").exists():
        files["findings.txt"] = report_file(report_of(case), KNOWLEDGE)[1].decode()
    return files


def as_json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture(scope="module", autouse=True)
def rewritten() -> None:
    for case in CASES if os.environ.get(UPDATE) else ():
        for name, content in sent(case).items():
            (case / name).write_text(content, "utf-8")


def named(case: Path) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_reply_is_word_for_word_the_one_that_was_looked_at(case):
    for name, content in sent(case).items():
        kept = (case / name).read_text("utf-8")
        assert content == kept, f"{UPDATE}=1 writes {case.name}/{name} anew"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_slack_takes_every_reply_with_its_modal(case):
    check_message(json.loads((case / "blocks.json").read_text("utf-8")))
    assert 0 < len((case / "text.txt").read_text("utf-8")) <= 4000
    if case in LOGS:
        check_view(json.loads((case / "details.json").read_text("utf-8")))
        assert len(details_text(report_of(case), KNOWLEDGE)) <= 3900


@pytest.mark.parametrize("case", LOGS, ids=named)
def test_what_the_reply_claims_stands_in_a_quoted_line(case):
    leading = report_of(case).findings[0]
    quoted = [text["text"] for text in texts(reply_to(case).blocks) if "*Evidence*" in text["text"]]
    assert len(quoted) == 1
    lines = {f"({quote.source}, line {quote.line}): " for quote in leading.evidence}
    assert any(line in quoted[0] for line in lines)
    assert sum(line in quoted[0] for line in lines) <= 2
    if leading.kind == "false-disk-space":
        assert "Error = 32" in quoted[0]
        doubted = "112" if leading.certainty == "unknown" else "disk"
        assert (", OK" if leading.resolved else doubted) in quoted[0]


def test_every_rule_has_its_reply():
    shown = {finding.rule for case in LOGS for finding in report_of(case).findings}
    assert shown == set(RULES)


def test_every_kind_leads_a_reply_in_every_certainty_it_has():
    leading = {
        (report_of(case).findings[0].kind, report_of(case).findings[0].certainty) for case in LOGS
    }
    assert leading == {
        ("false-disk-space", "proved"),
        ("false-disk-space", "likely"),
        ("false-disk-space", "unknown"),
        ("disk-space", "proved"),
        ("disk-space", "likely"),
        ("disk-space", "unknown"),
        ("lock-only", "proved"),
        ("lock-only", "likely"),
        ("other-error", "proved"),
        ("other-error", "likely"),
        ("event-only", "likely"),
        ("event-only", "unknown"),
    }


def test_nothing_stands_in_the_folder_of_a_reply_that_nobody_compares():
    known = {"input.txt", "asked.json", "text.txt", "blocks.json", "details.json", "findings.txt"}
    found = {path.name for path in REPLIES.glob("*/*")}
    assert found == known
    assert {path.name for path in REPLIES.iterdir()} == {case.name for case in CASES}
