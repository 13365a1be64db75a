"""Single facts of the contract, each in its plainest rendering."""

from __future__ import annotations

from datetime import timedelta

import pytest

from .incident import Incident, failures
from .logs import LOGS
from .messages import SENTENCE, orphaned_nt, sentence
from .verdict import findings, kinds
from .windows import WINDOWS, viewer_2008, viewer_nt, wevtutil

INCIDENT = Incident()
OLD = LOGS[0]


def event(incident: Incident) -> str:
    return viewer_nt(incident, sentence(incident))


def log(incident: Incident) -> str:
    return "\r\n".join(map(OLD.entry, failures(incident)))


@pytest.mark.parametrize(
    ("have", "need", "available", "required", "contradiction"),
    [
        ("12", "340", 12, 340, False),
        ("0", "5", 0, 5, False),
        ("0", "0", 0, 0, True),
        ("500", "340", 500, 340, True),
        ("340", "340", 340, 340, True),
        ("1,024", "12,345", 1024, 12345, False),
        ("1.024", "12.345", 1024, 12345, False),
        ("1\u00a0024", "12\u00a0345", 1024, 12345, False),
        ("1,234,567", "2,000,000", 1234567, 2000000, False),
    ],
)
def test_figures_are_read_in_every_locale(
    have: str, need: str, available: int, required: int, contradiction: bool
) -> None:
    (finding,) = findings(event(INCIDENT.but(figures=(have, need))))
    assert finding["kind"] == "disk-space"
    assert (finding["available_mb"], finding["required_mb"]) == (available, required)
    assert finding["contradiction"] is contradiction
    assert finding["package"] == "DOG0005D"


@pytest.mark.parametrize("figures", [("12", ""), ("", "340")], ids=["available", "required"])
def test_one_figure_alone_does_not_prove_a_lock(figures: tuple[str, str]) -> None:
    found = findings(event(INCIDENT.but(figures=figures)), log(INCIDENT))
    assert all(
        (finding["kind"], finding["certainty"]) != ("false-disk-space", "proved")
        for finding in found
    )


def test_figures_beside_a_lock_are_two_findings_and_the_shortage_leads() -> None:
    assert kinds(event(INCIDENT.but(figures=("12", "340"))), log(INCIDENT)) == [
        "disk-space",
        "lock-only",
    ]


@pytest.mark.parametrize("code", [112, 39])
def test_blank_figures_and_a_full_disk_in_the_log_are_a_shortage(code: int) -> None:
    (finding,) = findings(event(INCIDENT), log(INCIDENT.but(error=code)))
    assert (finding["kind"], finding["win32_error"]) == ("disk-space", code)
    assert finding["files"] == []
    assert finding["failed"] == [{"path": INCIDENT.target("filename.EXE"), "win32_error": code}]


@pytest.mark.parametrize("code", [2, 3, 5, 53, 59, 64, 67, 71, 80, 86, 123, 206, 998, 1326, 320])
def test_blank_figures_and_another_code_are_that_code(code: int) -> None:
    (finding,) = findings(event(INCIDENT), log(INCIDENT.but(error=code)))
    assert (finding["kind"], finding["win32_error"]) == ("other-error", code)
    assert finding["files"] == []
    assert finding["failed"] == [{"path": INCIDENT.target("filename.EXE"), "win32_error": code}]


@pytest.mark.parametrize(
    "spelling",
    [
        "Win32 Error = 32",
        "WIN32 ERROR = 32",
        "Win32 error = 32.",
        "Win32 = 32",
        "(Win32 error: 32)",
        "win32 error=32",
        "0x80070020",
    ],
)
def test_every_known_spelling_of_the_error_is_the_error(spelling: str) -> None:
    line = log(INCIDENT).replace("Win32 Error = 32", spelling)
    (finding,) = findings(event(INCIDENT), line)
    assert (finding["kind"], finding["win32_error"]) == ("false-disk-space", 32)
    assert finding["files"] == [INCIDENT.target("filename.EXE")]


def test_a_lock_among_other_failures_is_listed_apart() -> None:
    denied = log(INCIDENT.but(files=("a.cab",), error=5, at=INCIDENT.at - timedelta(seconds=9)))
    (finding,) = findings(event(INCIDENT), f"{denied}\r\n{log(INCIDENT)}")
    assert finding["kind"] == "false-disk-space"
    assert finding["files"] == [INCIDENT.target("filename.EXE")]
    assert finding["failed"] == [{"path": INCIDENT.target("a.cab"), "win32_error": 5}]


def test_another_server_keeps_two_findings_apart() -> None:
    far = INCIDENT.but(server="OTHER", over_network=True)
    assert kinds(event(INCIDENT), log(far)) == ["lock-only", "event-only"]


def test_months_apart_keep_two_findings_apart() -> None:
    later = INCIDENT.but(at=INCIDENT.at + timedelta(days=92))
    assert kinds(event(INCIDENT), log(later)) == ["lock-only", "event-only"]


@pytest.mark.parametrize("month", [5, 9])
def test_a_date_that_may_be_read_two_ways_still_joins(month: int) -> None:
    at = INCIDENT.at.replace(month=month, day=14 - month)
    seen = INCIDENT.but(at=INCIDENT.at.replace(month=9, day=5), day_first=True)
    (finding,) = findings(viewer_2008(seen, sentence(seen)), log(INCIDENT.but(at=at)))
    assert finding["kind"] == "false-disk-space"
    assert finding["certainty"] in {"proved", "likely"}


def test_a_package_on_netware_lies_deeper() -> None:
    share = "APPL\\SMS\\logon.srv\\pcmpkg.src"
    deep = INCIDENT.but(server="Jamal", share=share, package="CS100005", over_network=True)
    line = log(deep).replace(f"{deep.drive}:", "E:")
    (finding,) = findings(event(deep), line)
    assert finding["kind"] == "false-disk-space"
    assert (finding["server"], finding["share"], finding["package"]) == (
        "Jamal",
        "APPL",
        "CS100005",
    )


def test_a_nameless_event_joins_the_only_locked_package() -> None:
    nameless = sentence(INCIDENT).replace(INCIDENT.unc, "\\\\<Server>\\<Share>\\<PackageID>")
    (finding,) = findings(nameless, log(INCIDENT))
    assert (finding["kind"], finding["certainty"]) == ("false-disk-space", "likely")
    assert (finding["server"], finding["share"], finding["package"]) == (None, None, "DOG0005D")


def test_a_nameless_event_does_not_choose_between_two_locked_packages() -> None:
    nameless = sentence(INCIDENT).replace(INCIDENT.unc, "\\\\<Server>\\<Share>\\<PackageID>")
    found = kinds(nameless, log(INCIDENT), log(INCIDENT.but(package="CS100005")))
    assert found == ["lock-only", "lock-only", "event-only"]


def test_names_agree_without_case() -> None:
    (finding,) = findings(
        event(INCIDENT.but(over_network=True)),
        log(
            INCIDENT.but(over_network=True, server="ntsite1", share="sms_pkge", package="dog0005d")
        ),
    )
    assert (finding["kind"], finding["certainty"]) == ("false-disk-space", "proved")


def test_a_file_locked_on_every_try_is_listed_once() -> None:
    tries = [log(INCIDENT.but(at=INCIDENT.at + timedelta(minutes=26 * n))) for n in range(9)]
    tries[4] = tries[4].replace("filename.EXE", "FILENAME.exe")
    (finding,) = findings(event(INCIDENT), "\r\n".join(tries))
    assert len(finding["files"]) == 1
    assert finding["at"] == "1998-09-24T13:23:37"


def test_findings_stand_in_order_of_importance() -> None:
    letters = "ABCDE"
    of = {letter: INCIDENT.but(package=f"DOG0000{letter}") for letter in letters}
    texts = [
        event(of["A"]),
        log(of["B"].but(error=5)),
        log(of["C"]),
        log(of["D"].but(error=112)),
        event(of["E"]),
        log(of["E"]),
    ]
    found = findings(*texts)
    assert [(finding["kind"], finding["package"][-1]) for finding in found] == [
        ("false-disk-space", "E"),
        ("disk-space", "D"),
        ("lock-only", "C"),
        ("other-error", "B"),
        ("event-only", "A"),
    ]
    assert [finding["kind"] for finding in findings(*reversed(texts))] == [
        finding["kind"] for finding in found
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Report, Failed.doc",
        "all, OK.txt",
        "two  blanks.txt",
        "x to E.txt",
        "semi;colon & $money `tick.txt",
        "&amp.txt",
        "~tilde~.txt",
        "~$temp.doc",
        "trailing~1",
        "_under_score_.txt",
        "star'd quote.txt",
    ],
)
def test_an_undamaged_path_is_given_back_as_written(name: str) -> None:
    odd = INCIDENT.but(files=(name,))
    (finding,) = findings(event(odd), log(odd))
    assert finding["files"] == [odd.target(name)]
    assert finding["kind"] == "false-disk-space"


def test_an_event_that_says_its_zone_agrees_with_a_log_of_the_same_day() -> None:
    text = wevtutil("", ".9510000Z")(INCIDENT, SENTENCE.text(INCIDENT))
    (finding,) = findings(text, log(INCIDENT))
    assert (finding["kind"], finding["certainty"]) == ("false-disk-space", "proved")
    (finding,) = findings(text)
    assert finding["at"].startswith("1998-09-24T09:55:40.951")


def test_bare_strings_of_another_source_are_nothing() -> None:
    assert kinds(orphaned_nt(INCIDENT).replace("SMS )", "ESENT )").replace("SMS_", "DATA_")) == []


def test_every_advice_that_can_do_harm_carries_its_warning() -> None:
    found = findings(WINDOWS[4].render(INCIDENT), log(INCIDENT))
    steps = found[0]["advice"]
    words = ("disconnect", "restart")
    assert steps
    for step in steps:
        assert isinstance(step["warning"], bool)
        if step["id"].startswith(words):
            assert step["warning"] is True
