"""Each folder under tests/cases is one paste and the answer it must get.

`expected.json` holds `why` (the rule in one sentence) and one of
- `findings`: a list of partial findings, compared in order and in number; `[]` is silence;
- `each`: one partial finding that all findings must match, `at_least` many of them (default 1);
and, if wanted, `leading`: a partial finding for the first one. A value in a partial finding is
compared as it stands, or is `{"in": […]}`, `{"starts": "…"}`, `{"set": […]}` or `{"has": […]}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import bot.knowledge
from bot.analysis import analyse
from bot.reading.sources import BytesSource

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.rglob("expected.json"))
SEVERAL = [folder for folder in FOLDERS if len(list(folder.iterdir())) > 2]
CORRELATED = [folder for folder in FOLDERS if folder.parent.name in {"correlation", "healing"}]
NAMES_WITHOUT_CASE = {"server", "share", "package", "component"}

BEFORE = """Good morning all,

this came in overnight. The volume was looked at first and has room; somebody on the night
shift thought of a file in use, somebody else of the network. Can you say which it is?

"""
AFTER = """

Ticket 4711 stays open until then. The last time it was 32 degrees in the server room.
Kind regards,
the night shift
"""

HEALTHY = (
    "~Waiting for ready instruction file....",
    "~Found ready instruction sni00000.sni",
    "~Despooler successfully executed one instruction.",
    "~Memory usage: blocks=0 bytes=0",
)
QUIET_NIGHT = "".join(
    f"{HEALTHY[second % 4]}  $$<SMS_DESPOOLER>"
    f"<Thu Sep 24 02:{second // 60 % 60:02d}:{second % 60:02d} 1998~><thread=DB>\n"
    for second in range(1600)
).encode()  # a log with one on either side is scanned, not read as a whole

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "in": lambda actual, wanted: actual in wanted,
    "starts": lambda actual, wanted: isinstance(actual, str) and actual.startswith(wanted),
    "set": lambda actual, wanted: sorted(map(repr, actual)) == sorted(map(repr, wanted)),
    "has": lambda actual, wanted: all(item in actual for item in wanted),
}


def agrees(field: str, actual: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and len(wanted) == 1 and next(iter(wanted)) in OPERATORS:
        ((operator, value),) = wanted.items()
        return OPERATORS[operator](actual, value)
    if field in NAMES_WITHOUT_CASE and isinstance(actual, str) and isinstance(wanted, str):
        return actual.casefold() == wanted.casefold()
    return bool(actual == wanted)


def differences(finding: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {
        field: {"wanted": value, "actual": finding.get(field, "<no such field>")}
        for field, value in wanted.items()
        if not agrees(field, finding.get(field, "<no such field>"), value)
    }


def outline(findings: list[dict[str, Any]]) -> str:
    fields: tuple[str, ...] = (
        "kind",
        "certainty",
        "server",
        "share",
        "package",
        "files",
        "failed",
        "win32_error",
    )
    fields += ("thread", "at", "resolved", "component", "rule", "article")
    rows = [{field: finding[field] for field in fields} for finding in findings]
    return json.dumps(rows, indent=1, ensure_ascii=False)


def read(folder: Path) -> tuple[list[tuple[str, bytes]], dict[str, Any]]:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    files = sorted(path for path in folder.iterdir() if path.name != "expected.json")
    return [(path.name, path.read_bytes()) for path in files], expected


def answer(inputs: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    sources = [BytesSource(name=name, data=data) for name, data in inputs]
    report = analyse(sources, bot.knowledge.load()).as_json()
    findings: list[dict[str, Any]] = report["findings"]
    return findings


def check(findings: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    said = f"{expected['why']}\n{outline(findings)}"
    if "leading" in expected:
        assert findings, said
        assert differences(findings[0], expected["leading"]) == {}, said
    if "each" in expected:
        assert len(findings) >= expected.get("at_least", 1), said
        assert [differences(one, expected["each"]) for one in findings] == [{}] * len(findings), (
            said
        )
    if "findings" in expected:
        wanted = expected["findings"]
        assert len(findings) == len(wanted), said
        for one, want in zip(findings, wanted, strict=True):
            assert differences(one, want) == {}, said


def name(folder: Path) -> str:
    return folder.relative_to(CASES).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_paste_gets_the_answer_of_its_case(folder: Path) -> None:
    inputs, expected = read(folder)
    check(answer(inputs), expected)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_letter_around_a_paste_changes_no_verdict(folder: Path) -> None:
    inputs, expected = read(folder)
    check(
        answer([(file, BEFORE.encode() + data + AFTER.encode()) for file, data in inputs]), expected
    )


@pytest.mark.parametrize("folder", CORRELATED, ids=name)
def test_a_long_log_around_a_paste_changes_no_verdict(folder: Path) -> None:
    inputs, expected = read(folder)
    plain = [(file, data) for file, data in inputs if file.endswith(".xml")]
    longer = [(file, QUIET_NIGHT + data + QUIET_NIGHT) for file, data in inputs]
    check(answer([item for item in longer if not item[0].endswith(".xml")] + plain), expected)


@pytest.mark.parametrize("folder", SEVERAL, ids=name)
def test_the_order_in_which_files_are_given_changes_no_verdict(folder: Path) -> None:
    inputs, expected = read(folder)
    check(answer(inputs[::-1]), expected)


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_every_quote_stands_at_the_line_it_names(folder: Path) -> None:
    inputs, _ = read(folder)
    lines = {file: data.decode("utf-8").splitlines() for file, data in inputs}
    for finding in answer(inputs):
        assert finding["evidence"], f"{finding['rule']} quotes nothing"
        for quote in finding["evidence"]:
            assert len(quote["text"]) <= 500
            there = lines[quote["source"]][quote["line"] - 1]
            assert quote["text"].splitlines()[0].strip() in there


def test_every_case_says_why_and_what() -> None:
    assert FOLDERS
    for folder in FOLDERS:
        _, expected = read(folder)
        assert expected["why"].strip(), folder
        assert {"findings", "each", "leading"} & expected.keys(), folder
        assert expected.keys() <= {"why", "findings", "each", "at_least", "leading"}, folder
