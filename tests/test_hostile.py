"""What must not be said: nothing of what is no incident, and nothing at all of hostile bytes."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from renderings import verdict
from renderings.damage import Damage
from renderings.incident import Incident, failures
from renderings.logs import LOGS
from renderings.lookalikes import LOCKS, NEIGHBOURS, OTHERS, POWER, SILENT
from renderings.messages import sentence
from renderings.monitors import beat_pretty, log_parser_csv, nsclient, splunk
from renderings.pastes import DAMAGES
from renderings.windows import (
    get_winevent,
    one_line,
    viewer_2008,
    viewer_nt,
    wevtutil,
    xml_rendered,
)

from bot.knowledge import load

KINDS = {"false-disk-space", "disk-space", "lock-only", "other-error", "event-only"}
MANY = settings(max_examples=120, deadline=None)


def examine(*inputs: bytes | str) -> dict[str, Any]:
    """Analyse inputs as one body of evidence and hold the answer against the contract."""
    report = verdict.examine(*((str(number), item) for number, item in enumerate(inputs)))
    assert report["version"] == 1
    assert len(report["inputs"]) >= len(inputs)
    for finding in report["findings"]:
        assert finding["kind"] in KINDS
        assert finding["evidence"], "a claim without a quote"
        assert all(0 < len(quote["text"]) <= 500 for quote in finding["evidence"])
        assert len({path.casefold() for path in finding["files"]}) == len(finding["files"])
    return report


def kinds(*inputs: bytes | str) -> list[str]:
    return [finding["kind"] for finding in examine(*inputs)["findings"]]


BLANK = viewer_nt(Incident(), sentence(Incident()))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_elsewhere_is_a_lock_and_never_false_disk_space(name: str) -> None:
    assert kinds(LOCKS[name]) == ["lock-only"]
    assert sorted(kinds(BLANK, LOCKS[name])) == ["event-only", "lock-only"]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_a_damaged_lock_elsewhere_is_never_false_disk_space(damage: Damage) -> None:
    for name, line in list(LOCKS.items())[DAMAGES.index(damage) % 3 :: 3]:
        assert kinds(damage.apply(line)) == ["lock-only"], name
        assert "false-disk-space" not in kinds(damage.apply(f"{BLANK}\r\n{line}")), name


@pytest.mark.parametrize("name", OTHERS)
def test_another_code_is_that_code_and_never_a_lock(name: str) -> None:
    line, kind, code = OTHERS[name]
    (finding,) = examine(line)["findings"]
    assert (finding["kind"], finding["win32_error"], finding["files"]) == (kind, code, [])
    assert "false-disk-space" not in kinds(BLANK, line)


@pytest.mark.parametrize("name", SILENT)
def test_what_is_no_incident_is_met_with_silence(name: str) -> None:
    assert kinds(SILENT[name]) == []
    assert kinds(SILENT[name].encode("utf-16")) == []
    assert kinds(f"Hello,\n\n{SILENT[name]}\n\nregards\n") == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_damage_makes_no_incident_of_what_is_none(damage: Damage) -> None:
    some = list(SILENT.items())[DAMAGES.index(damage) % 3 :: 3]
    assert [name for name, text in some if kinds(damage.apply(text))] == []


FRAMES: dict[str, Callable[[Incident, str], str]] = {
    "Event Viewer NT": viewer_nt,
    "Event Viewer 2008": viewer_2008,
    "one line": one_line,
    "wevtutil": wevtutil(":", ".000"),
    "Get-WinEvent": get_winevent(80),
    "XML": xml_rendered,
    "winlogbeat": beat_pretty,
    "Splunk": splunk,
    "Log Parser": log_parser_csv,
    "NSClient++": nsclient,
}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_reboot_is_no_incident_in_any_container(frame: str) -> None:
    text = FRAMES[frame](Incident(server="SITE1", share="x", package="y"), POWER)
    for said in ("SMS", '"SMS"', "'SMS'"):
        text = text.replace(said, said.replace("SMS", "Microsoft-Windows-Kernel-Power"))
    text = text.replace("\\\\SITE1\\x\\y", "5").replace("Application", "System")
    assert kinds(text) == []


@pytest.mark.parametrize("number", NEIGHBOURS)
@pytest.mark.parametrize("frame", FRAMES)
def test_a_neighbour_of_event_109_is_no_incident_in_any_container(frame: str, number: int) -> None:
    text = FRAMES[frame](Incident(), NEIGHBOURS[number]).replace("109", str(number))
    assert kinds(text) == []


def test_another_packages_lock_is_not_joined() -> None:
    other = Incident(package="CS100005")
    locked = LOGS[0].entry(failures(other)[0])
    assert kinds(BLANK, locked) == ["lock-only", "event-only"]


def test_a_package_is_a_whole_part_of_a_path() -> None:
    longer = LOGS[0].entry(failures(Incident())[0]).replace("DOG0005D", "DOG0005D.OLD")
    assert "false-disk-space" not in kinds(BLANK, longer)


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Copying ",
                " to ",
                ", Failed",
                ", OK",
                "Win32 Error = ",
                "Win32 Error = 32",
                "32",
                "\\\\",
                "E:\\SMS_PKGE\\DOG0005D\\a.exe",
                "$$<SMS_DESPOOLER>",
                "<",
                ">",
                "&amp;",
                "&#x0;",
                "&#99999999999;",
                "&lt;",
                "\r\n",
                "\r\r\n",
                "\x1a",
                "\0",
                "\ufeff",
                "~",
                "<![LOG[",
                "]LOG]!>",
                "<thread=1D0>",
                "<thread=",
                "<Thu Sep 10 09:55:37 1998~>",
                "<Thu Feb 31 25:61:61 0000~>",
                "Event ID: 109",
                "Source: SMS",
                "Event[0]:",
                "There isn't sufficient disk space on package server ",
                "\\\\A\\B\\DOG0005D",
                ". Disk space available on that server is  megabytes, space required is ",
                " megabytes.",
                "<Event xmlns=''>",
                "<EventID>109</EventID>",
                "</Event>",
                "{",
                "}",
                '{"event":{"code":"109"},"message":',
                '"',
                "[",
                "]",
                "```",
                "`",
                "> ",
                "=\n",
                "=3D",
                "<http://",
                "|",
                "<mailto:",
                "&nbsp;",
                "\u200b",
                "\u00a0",
                "'",
                "’",
                "<!--",
                "<!DOCTYPE x [<!ENTITY a 'aaaa'>]>",
                'time="',
                'date="99-99-9999"',
                "0x80070020",
                "9" * 50,
                "-99999999",
                "+99999",
                "Message=",
                "EventCode=109",
                "\ud7ff",
                "𝟛𝟚",
                "٣٢",
                "The description for Event ID ( 109 ) in Source ( SMS ) ",
                "\t",
                "        ",
                "\x85",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=40,
).map("".join)


@given(text=HOSTILE)
@MANY
def test_no_arrangement_of_the_grammars_own_words_makes_it_fail(text: str) -> None:
    examine(text)
    examine(text.encode("utf-16-le", "surrogatepass"), text.encode("cp1252", "replace"))


@given(data=st.binary(max_size=400))
@example(b"")
@example(b"\xff\xfe")
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf")
@example(b"\x1f\x8b")
@example(b"PK\x03\x04")
@example(b"LfLe")
@example(b"ElfFile\0")
@example(gzip.compress(b"Win32 Error = 32")[:-4])
@example(gzip.compress(gzip.compress(b"x" * 1000)))
@MANY
def test_no_bytes_make_it_fail(data: bytes) -> None:
    examine(data)
    examine(b"\x1f\x8b\x08" + data, b"PK\x03\x04" + data, b"0\0\0\0LfLe" + data)


GOOD = (BLANK + "\r\n" + LOGS[0].entry(failures(Incident())[0])).encode()


@given(place=st.integers(0, len(GOOD)), junk=st.binary(min_size=1, max_size=30))
@MANY
def test_junk_anywhere_in_a_good_paste_does_not_make_it_fail(place: int, junk: bytes) -> None:
    examine(GOOD[:place] + junk + GOOD[place:])
    examine(GOOD[:place] + junk)


FLOODS: dict[str, str] = {
    "blanks": " ",
    "line ends": "\n",
    "tabs": "\t",
    "NULs": "\0",
    "tildes": "~",
    "backslashes": "\\",
    "less-than signs": "<",
    "greater-than signs": "> ",
    "square brackets": "[",
    "braces": "{",
    "JSON lists": '["',
    "elements": "<a>",
    "quotes": '"',
    "backticks": "`",
    "dollars": "$",
    "digits": "9",
    "zero-width spaces": "\u200b",
    "no-break spaces": "\u00a0",
    "copies to nowhere": "Copying E:\\a to ",
    "to": " to ",
    "commas": ", ",
    "unfinished failures": ", Failed, ",
    "unfinished codes": "Win32 Error = ",
    "codes": "Win32 Error = 32 ",
    "escaped ampersands": "&amp;",
    "nested ampersands": "amp;",
    "unfinished entities": "&#",
    "stamps": "$$<A><",
    "threads": "<thread=",
    "records": "<![LOG[",
    "record ends": "]LOG]!>",
    "events": "<Event><EventID>109</EventID>",
    "sentences": "There isn't sufficient disk space ",
    "half sentences": "Disk space available on that server is ",
    "event ids": "Event ID: 109 ",
    "links": "<http://a.com|",
    "soft breaks": "=\n",
    "servers": "\\\\a",
    "drives": "E:\\",
    "paths": "E:\\SMS_PKGE\\DOG0005D\\",
    "fences": "```\n",
    "carriage returns": "\r",
}
SHELLS: dict[str, tuple[str, str]] = {
    "alone": ("", ""),
    "inside a copy": ("Copying E:\\a", " to E:\\SMS_PKGE\\DOG0005D\\a, Failed, Win32 Error = 32"),
    "inside a code": ("Copying E:\\a to E:\\SMS_PKGE\\DOG0005D\\a, Failed, Win32 Error =", "32"),
    "inside the sentence": ("There isn't sufficient disk space on package server ", " megabytes."),
    "between event and log": (BLANK, LOGS[0].entry(failures(Incident())[0])),
}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_is_answered_without_growing(flood: str, shell: str) -> None:
    """Memory is the work that can be counted: it must stay a small multiple of the input."""
    before, after = SHELLS[shell]
    size = 6_000
    text = before + FLOODS[flood] * (size // len(FLOODS[flood])) + after
    data = text.encode()
    load()
    tracemalloc.start()
    try:
        examine(data)
        grown = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert grown < 100 * len(data) + 2_000_000


def test_a_number_of_many_digits_is_no_figure_and_no_code() -> None:
    huge = "9" * 5000
    event = sentence(Incident(figures=(huge, huge)))
    report = examine(event, f"Copying E:\\a to E:\\b, Failed, Win32 Error = {huge}")
    assert all(finding["win32_error"] != 32 for finding in report["findings"])
