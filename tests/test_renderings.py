"""However an incident reaches the reader, the verdict on it is the same."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from renderings.carriers import CARRIERS, Carrier
from renderings.container import Container
from renderings.damage import STAGES, UNDAMAGED, Damage
from renderings.expected import differences
from renderings.incident import Incident, burst, failures, healed, incidents
from renderings.logs import LOGS, Log, status
from renderings.monitors import MONITORS
from renderings.pastes import DAMAGES, TERMINALS, Paste
from renderings.prose import PROSE
from renderings.verdict import examine, faults, verdicts
from renderings.windows import WINDOWS, viewer_nt

CONTAINERS = (*WINDOWS, *MONITORS)
INCIDENTS = (
    Incident(),
    Incident(
        server="dp01.corp.example.com",
        share="SMSPKGF$",
        files=("FORMAT.COM", "R&D;x.cab", "read me, first.txt", "copy a to b.cmd"),
        over_network=True,
        day_first=True,
    ),
    Incident(
        server="srv-01",
        package="CS100005",
        files=("PROGRA~1\\SETUP~1.EXE", "back`tick.dll", "A0100100\\new\\Bob's a$b.txt", "README"),
        temporary="_SM4YZ5.TMP",
    ),
)
FEW = settings(max_examples=20, deadline=None)


def possible(container: Container, damage: Damage) -> bool:
    """Leave out what nobody could read back: JSON whose own escapes were doubled again."""
    return not ("winlogbeat" in container.name and damage.name == "backslashes doubled")


def turning(items: Sequence[Any], start: int) -> Iterable[Any]:
    return itertools.islice(itertools.cycle(items), start, None)


def share(items: Sequence[Any], number: int, of: int) -> Sequence[Any]:
    """The part of a table that falls to one test, so that all tests together see all of it."""
    return items[number % of :: of]


def all_faults(pastes: Iterable[Paste]) -> list[str]:
    return [fault for paste in pastes for fault in faults(paste)]


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_an_event_in_any_container_survives_damage(container: Container) -> None:
    number = CONTAINERS.index(container)
    pastes = [
        Paste(incident=incident, container=container, log=log, damages=(damage,))
        for damage, incident, log in zip(
            share((UNDAMAGED, *DAMAGES), number, 3),
            turning(INCIDENTS, number),
            turning(LOGS, number),
            strict=False,
        )
        if possible(container, damage)
    ]
    assert all_faults(pastes) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.name)
def test_a_log_in_any_grammar_survives_damage(damage: Damage) -> None:
    number = DAMAGES.index(damage)
    pastes = [
        Paste(incident=incident, log=log, container=container, damages=(damage,), entries=entries)
        for log, incident, container, entries in zip(
            share(LOGS, number, 2),
            turning(INCIDENTS[::-1], number),
            turning(CONTAINERS[::-1], number * 5),
            itertools.cycle((burst, failures)),
            strict=False,
        )
        if possible(container, damage)
    ]
    assert all_faults(pastes) == []


@pytest.mark.parametrize("terminal", TERMINALS, ids=lambda damage: damage.name)
def test_a_terminal_that_cuts_words_may_cost_facts_but_invents_no_other_code(
    terminal: Damage,
) -> None:
    pastes = [
        Paste(incident=incident, container=container, log=log, damages=(terminal,))
        for incident, log, container in zip(
            itertools.cycle(INCIDENTS), LOGS, turning(CONTAINERS, 7), strict=False
        )
    ]
    codes = [
        (str(paste), finding["win32_error"])
        for paste in pastes
        for finding in examine(("paste.txt", paste.text()))["findings"]
    ]
    assert [(name, code) for name, code in codes if code not in {32, None}] == []


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_an_event_in_any_container_meets_a_log_in_any_grammar(container: Container) -> None:
    number = CONTAINERS.index(container)
    pastes = [
        Paste(incident=INCIDENTS[number % 3], container=container, log=log, entries=burst)
        for log in share(LOGS, number, 5)
    ]
    assert all_faults(pastes) == []


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_an_event_without_a_log_is_not_called_a_lock(container: Container) -> None:
    incident = INCIDENTS[CONTAINERS.index(container) % 3]
    assert faults(Paste(incident=incident, container=container)) == []


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_a_log_without_an_event_is_a_lock_and_no_more(log: Log) -> None:
    pastes = [Paste(incident=incident, log=log, entries=burst) for incident in INCIDENTS]
    assert all_faults(pastes) == []


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container.name)
def test_figures_are_believed_where_the_event_gives_them(container: Container) -> None:
    incident = INCIDENTS[1].but(figures=("12", "340"))
    (finding,) = examine(("alert", container.render(incident)))["findings"]
    if container.figures_told:
        told = (finding["kind"], finding["available_mb"], finding["required_mb"])
        assert told == ("disk-space", 12, 340)
        assert finding["contradiction"] is False
    else:
        assert finding["kind"] == "event-only"


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.name)
def test_the_bytes_a_text_arrives_as_change_nothing(carrier: Carrier) -> None:
    names = ("Größe für Äpfel.xls", "read me, first.txt")
    found = []
    some = share(CONTAINERS, CARRIERS.index(carrier), 8)
    for container, log in zip(some, turning(LOGS, CARRIERS.index(carrier)), strict=False):
        paste = Paste(incident=Incident(files=names), container=container, log=log)
        report = examine((f"paste{carrier.suffix}", carrier.pack(paste.text())))
        (given_input,) = report["inputs"]
        if carrier.encoding and given_input["encoding"] != carrier.encoding:
            found.append(f"{paste}: encoding {given_input['encoding']}")
        texts = {given_input["name"]: paste.text()}
        if carrier.inner and given_input["name"] != f"paste{carrier.suffix}/{carrier.inner}":
            found.append(f"{paste}: name {given_input['name']}")
        found += [f"{paste}: {line}" for line in differences(report, paste.expected(), texts)]
    assert found == []


@st.composite
def pastes(draw: st.DrawFn) -> Paste:
    """Any incident in any forms, with up to three damages in an order in which they happen."""
    container = draw(st.sampled_from(CONTAINERS))
    stages = draw(st.lists(st.sampled_from(STAGES), max_size=3, unique=True))
    damages = tuple(
        draw(st.sampled_from([damage for damage in DAMAGES if damage.stage == stage]))
        for stage in STAGES
        if stage in stages
    )
    log = draw(st.sampled_from(LOGS))
    return Paste(
        incident=draw(incidents()),
        container=container,
        log=log,
        damages=tuple(damage for damage in damages if possible(container, damage)),
        prose=draw(st.sampled_from(list(PROSE.values()))),
        entries=draw(st.sampled_from((burst, failures))),
        newest_first=log.clock and draw(st.booleans()),  # without times nobody can tell
        log_first=draw(st.booleans()),
        times=draw(st.sampled_from((1, 1, 2))),
    )


@given(paste=pastes())
@settings(max_examples=150, deadline=None)
def test_any_rendering_of_an_incident_gives_the_identical_finding(paste: Paste) -> None:
    assert faults(paste) == []


@given(paste=pastes(), order=st.randoms(use_true_random=False))
@FEW
def test_several_files_in_any_order_are_one_body_of_evidence(paste: Paste, order: Any) -> None:
    assert paste.container is not None
    assert paste.log is not None
    together = examine(
        (
            "whole",
            Paste(
                incident=paste.incident,
                container=paste.container,
                log=paste.log,
                entries=paste.entries,
            ).text(),
        )
    )
    pieces = [paste.container.render(paste.incident)]
    pieces += [paste.log.entry(entry) for entry in paste.entries(paste.incident)]
    if paste.log.clock and paste.log.clock_readable:
        order.shuffle(pieces)
    apart = examine(*((f"{number}.log", piece) for number, piece in enumerate(pieces)))
    assert verdicts(apart) == verdicts(together)


@given(paste=pastes(), times=st.integers(2, 5))
@FEW
def test_saying_it_again_adds_nothing(paste: Paste, times: int) -> None:
    once = paste.text()
    assert verdicts(examine(("a", f"{once}\n\n" * times))) == verdicts(examine(("a", once)))
    assert verdicts(examine(*((str(n), once) for n in range(times)))) == verdicts(
        examine(("a", once))
    )


@pytest.mark.parametrize("prose", PROSE)
@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_prose_around_the_lines_changes_no_verdict(log: Log, prose: str) -> None:
    number = LOGS.index(log)
    found = [
        fault
        for container in share(CONTAINERS, number, 20)
        for fault in faults(
            Paste(incident=INCIDENTS[1], container=container, log=log, prose=PROSE[prose])
        )
    ]
    assert found == []


@pytest.mark.parametrize(
    "log", [log for log in LOGS if log.clock and log.clock_readable], ids=lambda log: log.name
)
@pytest.mark.parametrize("newest_first", [False, True], ids=["oldest first", "newest first"])
def test_a_later_copy_that_works_resolves_the_finding(log: Log, newest_first: bool) -> None:
    incident = INCIDENTS[0]
    entries = [*failures(incident), healed(incident, incident.files[0])]
    lines = [log.entry(entry) for entry in entries]
    if newest_first:
        lines.reverse()
    (finding,) = examine(("despool.log", "\r\n".join(lines)))["findings"]
    assert (finding["kind"], finding["resolved"]) == ("lock-only", True)
    assert finding["files"] == [incident.target("filename.EXE")]


def test_a_copy_that_worked_before_the_failure_resolves_nothing() -> None:
    incident = INCIDENTS[0]
    earlier = healed(incident.but(at=incident.at.replace(hour=2)), "filename.EXE")
    lines = map(LOGS[0].entry, [earlier, *failures(incident)])
    (finding,) = examine(("despool.log", "\r\n".join(lines)))["findings"]
    assert finding["resolved"] is False


def test_status_messages_between_the_entries_change_nothing() -> None:
    incident = INCIDENTS[1]
    for log in LOGS:
        entries = failures(incident)
        plain = "\n".join(map(log.entry, entries))
        noisy = "\n".join(f"{status(entry)}\n{log.entry(entry)}" for entry in entries)
        noisy += "\n" + status(entries[-1])
        assert verdicts(examine(("a", noisy))) == verdicts(examine(("a", plain))), log.name


def test_the_two_halves_of_a_week_are_put_in_order_by_their_stamps() -> None:
    incident = INCIDENTS[0]
    later = incident.but(at=incident.at.replace(hour=15), thread=0xDB)
    lines = [LOGS[0].entry(entry) for entry in (*failures(later), *failures(incident))]
    (finding,) = examine(("Despool.lo_", lines[1]), ("Despool.log", lines[0]))["findings"]
    assert (finding["at"], finding["thread"]) == ("1998-09-24T15:55:37", "DB")
    (finding,) = examine(("Despool.log", "\n".join(lines)))["findings"]
    assert (finding["at"], finding["thread"]) == ("1998-09-24T15:55:37", "DB")


def test_an_input_is_described_as_the_contract_says() -> None:
    data = Paste(incident=INCIDENTS[0], log=LOGS[0]).text().encode() + b"\r\n"
    assert examine(("despool.log", data))["inputs"] == [
        {"name": "despool.log", "bytes": len(data), "lines": 1, "encoding": "utf-8"}
    ]


def explain(*arguments: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bot", "explain", "--json", *arguments]
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False)


ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("given_as", ["two files", "one file", "standard input", "a dash"])
def test_the_command_gives_the_finding_the_library_gives(given_as: str, tmp_path: Path) -> None:
    event = viewer_nt(INCIDENTS[2], WINDOWS[0].render(INCIDENTS[2]))
    log = "\r\n".join(map(LOGS[0].entry, burst(INCIDENTS[2])))
    whole = f"{event}\r\n{log}\r\n".encode("utf-16")
    alert, despool, both = (tmp_path / name for name in ("alert.txt", "despool.log", "both"))
    alert.write_bytes(event.encode())
    despool.write_bytes(log.encode())
    both.write_bytes(whole)
    arguments, stdin = {
        "two files": ((str(alert), str(despool)), b""),
        "one file": ((str(both),), b""),
        "standard input": ((), whole),
        "a dash": (("-",), whole),
    }[given_as]
    done = explain(*arguments, cwd=ROOT, stdin=stdin)
    assert done.returncode == 0
    assert verdicts(json.loads(done.stdout)) == verdicts(examine(("both", whole)))
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["kind"], finding["certainty"]) == ("false-disk-space", "proved")


def test_the_command_says_with_its_status_that_there_is_nothing_to_say(tmp_path: Path) -> None:
    done = explain("-", cwd=ROOT, stdin=b"All quiet on the distribution server.\n")
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"] == []
    missing = explain(str(tmp_path / "no such.log"), cwd=ROOT)
    assert missing.returncode == 2
