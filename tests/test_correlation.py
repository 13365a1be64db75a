"""Given records, when they are correlated, then these findings stand in this order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from bot.correlation import RULES, correlate, same_server
from bot.model import EventRecord, Failure, Figures, Finding, LogRecord, Quote, Stamp

NIGHT = "1998-03-03T02:10:41"
BLANK = Figures(state="blank")
BARE = Figures(state="unknown")
CUT = Figures(state="unknown", cut=True)


def stamp(text: str | None) -> Stamp | None:
    return Stamp(value=datetime.fromisoformat(text), milliseconds="." in text) if text else None


def given(available: float, required: float) -> Figures:
    return Figures(state="given", available_mb=available, required_mb=required)


def file(name: str, server: str | None = None, package: str = "HAL0002A") -> str:
    root = rf"\\{server}\SMS_PKGE" if server else r"E:\SMS_PKGE"
    return rf"{root}\{package}\{name}"


def package_file(
    name: str = "a.dll",
    *,
    server: str | None = None,
    package: str = "HAL0002A",
    at: str | None = NIGHT,
    **more: Any,
) -> LogRecord:
    """Return a copy into a package that failed with 32, or as `more` says."""
    return entry(
        path=file(name, server, package),
        package=package,
        server=server,
        share="SMS_PKGE" if server else None,
        at=at,
        **more,
    )


def entry(
    *, at: str | None = NIGHT, code: int | None = 32, operation: str = "copy", **more: Any
) -> LogRecord:
    """Return a failure with 32, or as `more` says, of a path that is no package's."""
    values: dict[str, Any] = {
        "quote": Quote(source="despool.log", line=1, text=f"{more.get('path')} {code} {at}"),
        "order": 0,
        "path": None,
        "operation": operation,
        "win32_error": code,
        "at": stamp(at),
        "component": "SMS_DESPOOLER",
        "thread": "DB",
    }
    return LogRecord(**(values | more))


def ok(name: str = "a.dll", **more: Any) -> LogRecord:
    return package_file(name, code=None, succeeded=True, **more)


def event(
    figures: Figures = BLANK,
    *at: str,
    server: str | None = "HALDEN",
    package: str | None = "HAL0002A",
    computer: str | None = None,
) -> EventRecord:
    """Return an event 109, at the night of the failures where `at` says nothing else."""
    times = [stamp(text) for text in at or (NIGHT,)]
    return EventRecord(
        quote=Quote(source="application.txt", line=1, text=f"109 {server} {package} {at}"),
        order=0,
        figures=figures,
        at=tuple(time for time in times if time),
        computer=computer,
        server=server,
        share="SMS_PKGE" if server else None,
        package=package,
    )


def untimed(figures: Figures = BLANK, **more: Any) -> EventRecord:
    return replace(event(figures, **more), at=())


def findings(logs: Iterable[LogRecord], events: Iterable[EventRecord]) -> list[Finding]:
    return correlate(
        [replace(record, order=index) for index, record in enumerate(logs)],
        [replace(record, order=index) for index, record in enumerate(events)],
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    logs: list[LogRecord] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    then: list[dict[str, Any]]  # the fields that matter of each finding, the leading one first


def check(case: Case) -> None:
    found = findings(case.logs, case.events)
    shown = [
        {name: getattr(one, name) for name in wanted}
        for one, wanted in zip(found, case.then, strict=False)
    ]
    assert shown == case.then
    assert [one.rule for one in found[len(case.then) :]] == []


RULE_CASES: dict[str, Case] = {
    "blank-109-with-lock": Case(
        logs=[package_file()], events=[event()], then=[{"kind": "false-disk-space"}]
    ),
    "unread-109-with-lock": Case(
        logs=[package_file()], events=[event(CUT)], then=[{"kind": "false-disk-space"}]
    ),
    "109-with-figures": Case(events=[event(given(12, 240))], then=[{"kind": "disk-space"}]),
    "109-without-log": Case(events=[event()], then=[{"kind": "event-only"}]),
    "cut-109-without-log": Case(events=[event(CUT)], then=[{"kind": "event-only"}]),
    "package-lock": Case(logs=[package_file()], then=[{"kind": "lock-only"}]),
    "file-lock": Case(logs=[entry(path=r"E:\TOOLS\a.exe")], then=[{"kind": "lock-only"}]),
    "sender-retry-lock": Case(
        logs=[entry(path=r"\\HALDEN\SMS_SITE\1.PCK", component="SMS_LAN_SENDER")],
        then=[{"kind": "lock-only"}],
    ),
    "sender-file-lock": Case(
        logs=[entry(path=r"\\HALDEN\SMS_SITE\1.PCK", clue="remote", at="2000-07-04T09:46:43.146")],
        then=[{"kind": "lock-only"}],
    ),
    "instruction-file-lock": Case(
        logs=[entry(path=r"D:\SMS\DESPOOLR.BOX\1000tS01.INS", operation="open")],
        then=[{"kind": "lock-only"}],
    ),
    "inventory-inbox-lock": Case(
        logs=[entry(path=r"D:\SMS\inboxes\sinv.box\a.sic")], then=[{"kind": "lock-only"}]
    ),
    "status-inbox-lock": Case(
        logs=[entry(component="SMS_STATUS_MANAGER", clue="words")], then=[{"kind": "lock-only"}]
    ),
    "client-lookup-lock": Case(
        logs=[entry(path=r"\\HALDEN\CAP_HAL\clidata.box\client.lkp")],
        then=[{"kind": "lock-only"}],
    ),
    "cap-file-lock": Case(
        logs=[entry(path=r"D:\CAP_HAL\clicomp.box\swdist32.exe", clue="sharing")],
        then=[{"kind": "lock-only"}],
    ),
    "package-source-lock": Case(
        logs=[entry(component="SMS_DISTRIBUTION_MANAGER", clue="words")],
        then=[{"kind": "lock-only"}],
    ),
    "copy-disk-full": Case(logs=[package_file(code=112)], then=[{"kind": "disk-space"}]),
    "cap-disk-full": Case(
        logs=[entry(path=r"\\HALDEN\CAP_HAL\offerinf.box\1.OFR", code=112)],
        then=[{"kind": "disk-space"}],
    ),
    "source-access-denied": Case(
        logs=[entry(path=r"\\HALDEN\SOURCE\APP", code=5, operation="access")],
        then=[{"kind": "other-error"}],
    ),
    "temp-drive-missing": Case(
        logs=[entry(path="$:\\", code=3, operation="create")], then=[{"kind": "other-error"}]
    ),
    "decompress-bad-data": Case(
        logs=[entry(path=r"D:\_S M4.TMP", code=13, operation="decompress")],
        then=[{"kind": "other-error"}],
    ),
    "decompress-streams": Case(
        logs=[entry(path=r"D:\_S M4.TMP", code=998)], then=[{"kind": "other-error"}]
    ),
    "long-file-name": Case(logs=[package_file(code=123)], then=[{"kind": "other-error"}]),
    "other-win32-error": Case(logs=[package_file(code=64)], then=[{"kind": "other-error"}]),
}


@pytest.mark.parametrize("rule", RULE_CASES)
def test_a_rule_names_what_it_is_there_for(rule: str) -> None:
    case = RULE_CASES[rule]
    check(replace(case, then=[case.then[0] | {"rule": rule}]))


def test_every_rule_has_its_case() -> None:
    assert set(RULE_CASES) == set(RULES)


FALSE = {"kind": "false-disk-space"}
FULL = {"kind": "disk-space"}
LOCK = {"kind": "lock-only"}
OTHER = {"kind": "other-error"}
EVENT = {"kind": "event-only"}
PROVED = {"certainty": "proved"}
LIKELY = {"certainty": "likely"}
UNKNOWN = {"certainty": "unknown"}

JOINING: dict[str, Case] = {
    "the package joins an event and a lock": Case(
        logs=[package_file()],
        events=[event()],
        then=[FALSE | PROVED | {"package": "HAL0002A", "server": "HALDEN", "win32_error": 32}],
    ),
    "a lock on another package joins nothing": Case(
        logs=[package_file(package="HAL0002B")],
        events=[event()],
        then=[LOCK | {"package": "HAL0002B"}, EVENT | {"package": "HAL0002A"}],
    ),
    "a file that is no package's joins nothing": Case(
        logs=[entry(path=r"E:\SMS_PKGE\HAL0002A.BAK\a.dll")],
        events=[event()],
        then=[LOCK | {"package": None}, EVENT | {"package": "HAL0002A"}],
    ),
    "two servers by name are two incidents": Case(
        logs=[package_file(server="DIST04")],
        events=[event(server="DIST05")],
        then=[LOCK | {"server": "DIST04"}, EVENT | {"server": "DIST05"}],
    ),
    "a server's name has no case": Case(
        logs=[package_file(server="dist04")],
        events=[event(server="DIST04")],
        then=[FALSE | PROVED | {"server": "DIST04"}],
    ),
    "a short name is its long one": Case(
        logs=[package_file(server="DIST04")],
        events=[event(server="dist04.corp.example")],
        then=[FALSE | PROVED | {"server": "dist04.corp.example"}],
    ),
    "two long names of one beginning are two servers": Case(
        logs=[package_file(server="dist04.north.example")],
        events=[event(server="dist04.south.example")],
        then=[LOCK, EVENT],
    ),
    "a local drive takes the server of the event": Case(
        logs=[package_file()],
        events=[event(server="DIST04")],
        then=[FALSE | PROVED | {"server": "DIST04", "share": "SMS_PKGE"}],
    ),
    "a local drive of another computer than the event's server is only likely": Case(
        logs=[package_file()],
        events=[event(server="DIST04", computer="HALDEN")],
        then=[FALSE | LIKELY | {"server": "DIST04"}],
    ),
    "a local drive of the event's own server is sure": Case(
        logs=[package_file()],
        events=[event(server="HALDEN", computer="halden.corp.example")],
        then=[FALSE | PROVED | {"server": "HALDEN"}],
    ),
    "a share of the event's server is sure, whatever computer logged it": Case(
        logs=[package_file(server="DIST04")],
        events=[event(server="DIST04", computer="HALDEN")],
        then=[FALSE | PROVED | {"server": "DIST04"}],
    ),
    "a share in the log names the server where the event does not": Case(
        logs=[package_file(server="DIST04")],
        events=[event(server=None)],
        then=[FALSE | LIKELY | {"server": "DIST04", "share": "SMS_PKGE"}],
    ),
    "locks on two servers are two incidents, the event joins its own": Case(
        logs=[package_file(server="DIST04"), package_file(server="DIST05")],
        events=[event(server="DIST05")],
        then=[FALSE | {"server": "DIST05"}, LOCK | {"server": "DIST04"}],
    ),
    "the event joins the lock that names its server before a local one": Case(
        logs=[
            package_file("local.dll"),
            package_file("far.dll", server="DIST05", at="1998-03-03T02:10:59"),
        ],
        events=[event(server="DIST05"), event(server="DIST04")],
        then=[
            FALSE | {"server": "DIST04", "files": (file("local.dll"),)},
            FALSE | {"server": "DIST05", "files": (file("far.dll", "DIST05"),)},
        ],
    ),
    "the same day is the same incident, and sure": Case(
        logs=[package_file(at="1998-03-03T00:00:00")],
        events=[event(BLANK, "1998-03-03T23:59:59")],
        then=[FALSE | PROVED],
    ),
    "another day of the same month joins, but proves nothing": Case(
        logs=[package_file(at="1998-03-03T02:10:41")],
        events=[event(BLANK, "1998-03-09T02:10:41")],
        then=[FALSE | LIKELY],
    ),
    "a quarter of an hour over midnight is sure": Case(
        logs=[package_file(at="1998-03-03T23:55:00")],
        events=[event(BLANK, "1998-03-04T00:10:00")],
        then=[FALSE | PROVED],
    ),
    "31 days apart still join": Case(
        logs=[package_file(at="1998-03-01T02:00:00")],
        events=[event(BLANK, "1998-04-01T02:00:00")],
        then=[FALSE | LIKELY],
    ),
    "more than 31 days apart is another incident": Case(
        logs=[package_file(at="1998-03-01T02:00:00")],
        events=[event(BLANK, "1998-04-01T02:00:01")],
        then=[LOCK, EVENT],
    ),
    "an event without a time joins, but proves nothing": Case(
        logs=[package_file()], events=[untimed()], then=[FALSE | LIKELY | {"at": stamp(NIGHT)}]
    ),
    "a lock without a time joins, and takes the event's": Case(
        logs=[package_file(at=None)], events=[event()], then=[FALSE | LIKELY | {"at": stamp(NIGHT)}]
    ),
    "a date that reads both ways joins, and its first day proves nothing": Case(
        logs=[package_file(at="1998-03-04T12:00:00")],
        events=[event(BLANK, "1998-03-04T02:10:41", "1998-04-03T02:10:41")],
        then=[FALSE | LIKELY],
    ),
    "a date that reads both ways joins, and its second day proves nothing": Case(
        logs=[package_file(at="1998-04-03T12:00:00")],
        events=[event(BLANK, "1998-03-04T02:10:41", "1998-04-03T02:10:41")],
        then=[FALSE | LIKELY],
    ),
    "a date that reads both ways is sure when one reading is minutes away": Case(
        logs=[package_file(at="1998-04-03T02:09:00")],
        events=[event(BLANK, "1998-03-04T02:10:41", "1998-04-03T02:10:41")],
        then=[FALSE | PROVED],
    ),
    "a date that is months away either way is another incident": Case(
        logs=[package_file(at="1998-09-10T02:10:41")],
        events=[event(BLANK, "1998-03-04T02:10:41", "1998-04-03T02:10:41")],
        then=[LOCK, EVENT | {"at": None}],
    ),
    "a time in UTC and one without a zone may lie hours apart": Case(
        logs=[package_file(at="2018-06-14T23:00:00")],
        events=[event(BLANK, "2018-06-15T06:00:00+00:00")],
        then=[FALSE | PROVED],
    ),
    "a time in UTC and one without a zone may not lie a day apart": Case(
        logs=[package_file(at="2018-06-14T23:00:00")],
        events=[event(BLANK, "2018-06-15T23:00:00+00:00")],
        then=[FALSE | LIKELY],
    ),
    "locks months apart are two incidents, the event joins the near one": Case(
        logs=[package_file(at="1998-01-03T02:10:41"), package_file(at=NIGHT)],
        events=[event()],
        then=[FALSE | {"at": stamp(NIGHT)}, LOCK | {"at": stamp("1998-01-03T02:10:41")}],
    ),
    "an event that fits two incidents joins the nearer one": Case(
        logs=[package_file(at="1998-01-01T02:00:00"), package_file(at="1998-02-05T02:00:00")],
        events=[event(BLANK, "1998-01-20T02:00:00")],
        then=[
            FALSE | {"at": stamp("1998-02-05T02:00:00")},
            LOCK | {"at": stamp("1998-01-01T02:00:00")},
        ],
    ),
    "an event that names no package joins the only locked package": Case(
        logs=[package_file()],
        events=[untimed(server=None, package=None)],
        then=[FALSE | LIKELY | {"package": "HAL0002A", "server": None}],
    ),
    "an event that names no package joins the locked one of two that failed": Case(
        logs=[package_file(package="HAL0002B", code=112), package_file()],
        events=[untimed(server=None, package=None)],
        then=[FALSE | LIKELY | {"package": "HAL0002A"}, FULL | {"package": "HAL0002B"}],
    ),
    "an event that names no package does not choose between two": Case(
        logs=[package_file(), package_file(package="HAL0002B")],
        events=[untimed(server=None, package=None)],
        then=[LOCK | {"package": "HAL0002A"}, LOCK | {"package": "HAL0002B"}, EVENT],
    ),
    "an event that names no package does not join a full disk": Case(
        logs=[package_file(code=112)],
        events=[untimed(server=None, package=None)],
        then=[FULL | {"rule": "copy-disk-full"}, EVENT],
    ),
    "an event that names no package joins no look-alike": Case(
        logs=[entry(path=r"D:\SMS\DESPOOLR.BOX\1000tS01.INS", operation="open")],
        events=[untimed(server=None, package=None)],
        then=[LOCK | {"rule": "instruction-file-lock"}, EVENT],
    ),
    "events without a log are one incident a package": Case(
        events=[event(BLANK, "1998-03-03T02:10:41"), event(BLANK, "1998-03-03T03:10:41")],
        then=[EVENT | LIKELY | {"at": stamp("1998-03-03T03:10:41")}],
    ),
    "events of two packages or two servers are not one incident": Case(
        events=[
            event(),
            event(BLANK, "1998-03-03T02:10:43", package="HAL0002B"),
            event(BLANK, "1998-03-03T02:10:42", server="DIST05"),
        ],
        then=[
            EVENT | {"package": "HAL0002A", "server": "HALDEN"},
            EVENT | {"package": "HAL0002A", "server": "DIST05"},
            EVENT | {"package": "HAL0002B"},
        ],
    ),
}

JUDGING: dict[str, Case] = {
    "a lock beside figures is two findings, and the figures lead": Case(
        logs=[package_file()],
        events=[event(given(12, 240))],
        then=[
            FULL
            | {"rule": "109-with-figures", "available_mb": 12, "required_mb": 240, "files": ()},
            LOCK | {"rule": "package-lock", "files": (file("a.dll"),)},
        ],
    ),
    "figures lead also beside a false alarm of the same package": Case(
        logs=[package_file()],
        events=[event(given(12, 240)), event()],
        then=[FULL | {"rule": "109-with-figures"}, FALSE],
    ),
    "figures of another package stand behind a false alarm": Case(
        logs=[package_file()],
        events=[event(given(12, 240), package="HAL0002B"), event()],
        then=[FALSE | {"package": "HAL0002A"}, FULL | {"package": "HAL0002B"}],
    ),
    "figures with room enough contradict themselves": Case(
        events=[event(given(240, 240))], then=[FULL | UNKNOWN | {"contradiction": True}]
    ),
    "no room at all is a figure": Case(
        events=[event(given(0, 240))],
        then=[FULL | PROVED | {"contradiction": False, "available_mb": 0}],
    ),
    "figures are only likely where the event has no server": Case(
        events=[event(given(12, 240), server=None)], then=[FULL | LIKELY]
    ),
    "figures take the full disk of the log with them": Case(
        logs=[package_file(code=112)],
        events=[event(given(12, 240))],
        then=[
            FULL
            | PROVED
            | {"failed": (Failure(path=file("a.dll"), win32_error=112),), "available_mb": 12}
        ],
    ),
    "a blank event and a full disk is a shortage": Case(
        logs=[package_file(code=112)],
        events=[event()],
        then=[FULL | PROVED | {"rule": "copy-disk-full", "win32_error": 112, "files": ()}],
    ),
    "39 is a full disk as well": Case(
        logs=[package_file(code=39)], events=[event()], then=[FULL | {"win32_error": 39}]
    ),
    "a full disk is one also without a package": Case(
        logs=[entry(path=r"D:\_S M4.TMP", code=112)], then=[FULL | LIKELY | {"package": None}]
    ),
    "a blank event and another error is that error": Case(
        logs=[package_file(code=64)],
        events=[event()],
        then=[
            OTHER
            | PROVED
            | {"win32_error": 64, "failed": (Failure(path=file("a.dll"), win32_error=64),)}
        ],
    ),
    "a lock range is no lock of the file": Case(
        logs=[package_file(code=33)], events=[event()], then=[OTHER | {"win32_error": 33}]
    ),
    "a blank event alone asks for the log": Case(
        events=[event()], then=[EVENT | LIKELY | {"rule": "109-without-log", "win32_error": None}]
    ),
    "an event that was cut alone is unknown": Case(
        events=[event(CUT)], then=[EVENT | UNKNOWN | {"rule": "cut-109-without-log"}]
    ),
    "bare strings alone are no cut event": Case(
        events=[event(BARE)], then=[EVENT | LIKELY | {"rule": "109-without-log"}]
    ),
    "a cut event with a lock is false, but only likely": Case(
        logs=[package_file()],
        events=[event(CUT)],
        then=[FALSE | LIKELY | {"rule": "unread-109-with-lock"}],
    ),
    "bare strings with a lock are false, but only likely": Case(
        logs=[package_file()],
        events=[event(BARE)],
        then=[FALSE | LIKELY | {"rule": "unread-109-with-lock"}],
    ),
    "a blank event decides where another was cut": Case(
        logs=[package_file()],
        events=[event(CUT), event()],
        then=[FALSE | PROVED | {"rule": "blank-109-with-lock"}],
    ),
    "the event that proves names the server, not a later one that names none": Case(
        logs=[package_file()],
        events=[event(), event(BLANK, "1998-03-03T05:10:41", server=None)],
        then=[FALSE | PROVED | {"server": "HALDEN"}],
    ),
    "a sharing violation in words is of the access point also in another folder": Case(
        logs=[entry(path=r"D:\WEB\swdist32.exe", component=None, clue="sharing")],
        then=[LOCK | {"rule": "cap-file-lock"}],
    ),
    "a sharing violation in words on a package's file is the package's": Case(
        logs=[package_file(clue="sharing")], then=[LOCK | {"rule": "package-lock"}]
    ),
    "a lock alone is a lock": Case(
        logs=[package_file()], then=[LOCK | LIKELY | {"server": None, "files": (file("a.dll"),)}]
    ),
    "a lock alone on a share of a known server is proved": Case(
        logs=[package_file(server="DIST04")],
        then=[LOCK | PROVED | {"server": "DIST04", "share": "SMS_PKGE"}],
    ),
    "a lock and a full disk beside a blank event contradict each other": Case(
        logs=[package_file("a.dll"), package_file("b.dll", code=112)],
        events=[event()],
        then=[FALSE | UNKNOWN | {"files": (file("a.dll"),)}],
    ),
    "a full disk outweighs a lock where no event tells": Case(
        logs=[package_file("a.dll"), package_file("b.dll", code=112)],
        then=[FULL | {"win32_error": 112, "files": (file("a.dll"),)}],
    ),
    "a lock outweighs another error": Case(
        logs=[package_file("a.dll"), package_file("b.cab", code=5)],
        events=[event()],
        then=[
            FALSE
            | PROVED
            | {
                "win32_error": 32,
                "files": (file("a.dll"),),
                "failed": (Failure(path=file("b.cab"), win32_error=5),),
            }
        ],
    ),
    "an instruction file in a package's folder is the package's": Case(
        logs=[package_file("setup.ins")], events=[event()], then=[FALSE | PROVED]
    ),
    "a client.lkp in a package's folder is the package's": Case(
        logs=[package_file("client.lkp")], events=[event()], then=[FALSE | PROVED]
    ),
    "a sender's lock on a package's folder is still the sender's": Case(
        logs=[package_file(component="SMS_LAN_SENDER")],
        events=[event()],
        then=[LOCK | {"rule": "sender-retry-lock", "package": None}, EVENT],
    ),
}

FOLDING: dict[str, Case] = {
    "time and thread come from the latest failure of any kind": Case(
        logs=[
            package_file("a.dll", at="1998-03-03T02:10:41", thread="DB"),
            package_file("b.dll", code=5, at="1998-03-03T02:10:42", thread="E0"),
        ],
        then=[LOCK | {"at": stamp("1998-03-03T02:10:42"), "thread": "E0", "win32_error": 32}],
    ),
    "a later success heals": Case(
        logs=[package_file(), ok(at="1998-03-03T03:10:41")],
        events=[event()],
        then=[FALSE | PROVED | {"resolved": True}],
    ),
    "a success of the same second heals when it stands below": Case(
        logs=[package_file(), ok()], then=[LOCK | {"resolved": True}]
    ),
    "a success of the same second does not heal when it stands above": Case(
        logs=[ok(), package_file()], then=[LOCK | {"resolved": False}]
    ),
    "an earlier success does not heal": Case(
        logs=[package_file(), ok(at="1998-03-03T01:10:41")], then=[LOCK | {"resolved": False}]
    ),
    "a success without a time heals when it stands below": Case(
        logs=[package_file(), ok(at=None)], then=[LOCK | {"resolved": True}]
    ),
    "a success of another file does not heal": Case(
        logs=[package_file(), ok("b.dll", at="1998-03-03T03:10:41")],
        then=[LOCK | {"resolved": False}],
    ),
    "a success of the same name in another case heals": Case(
        logs=[package_file(), ok("A.DLL", at="1998-03-03T03:10:41")],
        then=[LOCK | {"resolved": True}],
    ),
    "one of two files that healed is not enough": Case(
        logs=[package_file(), package_file("b.dll"), ok(at="1998-03-03T03:10:41")],
        then=[LOCK | {"resolved": False}],
    ),
    "what was locked again is not healed": Case(
        logs=[
            package_file(),
            ok(at="1998-03-03T03:10:41"),
            package_file(at="1998-03-03T04:10:41"),
        ],
        then=[LOCK | {"resolved": False}],
    ),
    "another error does not keep a healed lock open": Case(
        logs=[package_file(), package_file("b.dll", code=5), ok(at="1998-03-03T03:10:41")],
        then=[LOCK | {"resolved": True}],
    ),
    "two files of no package are two findings": Case(
        logs=[entry(path=r"E:\TOOLS\a.exe"), entry(path=r"E:\TOOLS\b.exe")],
        then=[
            LOCK | {"files": (r"E:\TOOLS\a.exe",)},
            LOCK | {"files": (r"E:\TOOLS\b.exe",)},
        ],
    ),
    "one file of no package at every retry is one finding": Case(
        logs=[
            entry(path=r"E:\TOOLS\a.exe"),
            entry(path=r"E:\TOOLS\a.exe", at="1998-03-03T03:10:41"),
        ],
        then=[LOCK | {"files": (r"E:\TOOLS\a.exe",), "at": stamp("1998-03-03T03:10:41")}],
    ),
    "kinds stand in the order of their importance": Case(
        logs=[
            package_file(package="HAL00005", code=64),
            package_file(package="HAL00004"),
            package_file(package="HAL00003", code=112),
            package_file(package="HAL00002"),
        ],
        events=[event(package="HAL00001"), event(package="HAL00002")],
        then=[
            FALSE | {"package": "HAL00002"},
            FULL | {"package": "HAL00003"},
            LOCK | {"package": "HAL00004"},
            OTHER | {"package": "HAL00005"},
            EVENT | {"package": "HAL00001"},
        ],
    ),
    "equal kinds stand in the order of time, then of packages": Case(
        logs=[
            package_file(package="HAL00003", at=None),
            package_file(package="HAL00002", at="1998-03-03T02:00:00"),
            package_file(package="HAL00001", at="1998-03-03T02:00:00"),
            package_file(package="HAL00004", at="1998-03-03T01:00:00"),
        ],
        then=[
            LOCK | {"package": "HAL00004"},
            LOCK | {"package": "HAL00001"},
            LOCK | {"package": "HAL00002"},
            LOCK | {"package": "HAL00003"},
        ],
    ),
    "nothing gives nothing": Case(then=[]),
    "successes alone give nothing": Case(logs=[ok(), ok("b.dll")], then=[]),
}


@pytest.mark.parametrize("case", JOINING.values(), ids=JOINING)
def test_joining_says(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", JUDGING.values(), ids=JUDGING)
def test_judging_says(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", FOLDING.values(), ids=FOLDING)
def test_folding_says(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", [*JOINING.values(), *JUDGING.values()], ids=[*JOINING, *JUDGING])
def test_the_order_of_the_evidence_changes_no_verdict(case: Case) -> None:
    check(replace(case, logs=case.logs[::-1], events=case.events[::-1]))


def test_a_burst_of_files_is_one_finding_with_every_file_once() -> None:
    logs = [
        package_file("a.dll", at="1998-03-03T02:10:41"),
        package_file("b.dll", at="1998-03-03T02:10:42"),
        package_file("A.DLL", at="1998-03-03T03:10:41", thread="E0"),
    ]
    (finding,) = findings(logs, [event(), event(BLANK, "1998-03-03T03:10:42")])
    assert sorted(path.casefold() for path in finding.files) == [
        file("a.dll").casefold(),
        file("b.dll").casefold(),
    ]
    assert (finding.at, finding.thread) == (stamp("1998-03-03T03:10:41"), "E0")


def test_the_evidence_is_the_event_the_failures_and_what_healed_them() -> None:
    logs = [
        package_file(),
        package_file("b.dll", code=5),
        ok(at="1998-03-03T03:10:41"),
        ok("c.dll"),
    ]
    (finding,) = findings(logs, [event()])
    assert finding.evidence == tuple(
        quote for quote in (event().quote, logs[0].quote, logs[1].quote, logs[2].quote)
    )


def test_the_evidence_of_a_retry_is_the_latest_line_of_each_file() -> None:
    logs = [package_file(), package_file(at="1998-03-03T03:10:41")]
    (finding,) = findings(logs, [])
    assert finding.evidence == (logs[1].quote,)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("DIST04", "dist04", True, id="case does not count"),
        pytest.param("DIST04", "dist04.corp.example", True, id="a short name is its long one"),
        pytest.param("dist04.a.example", "DIST04.A.EXAMPLE", True, id="long names without case"),
        pytest.param("dist04.a.example", "dist04.b.example", False, id="two domains are two"),
        pytest.param("DIST04", "DIST040", False, id="a beginning is not the name"),
        pytest.param("DIST04", None, False, id="an unknown server is no known one"),
        pytest.param(None, None, True, id="two unknown servers are not told apart"),
    ],
)
def test_names_of_servers(one: str | None, other: str | None, same: bool) -> None:
    assert same_server(one, other) is same
