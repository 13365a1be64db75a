"""The words for who holds a file claim no more than was seen, and harm no terminal."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terminal.held import lines
from bot.wire import Holder, ProbeReport, WhoHolds

NOW = datetime(2026, 11, 27, 9, 55, 37, tzinfo=UTC)
PATH = "/srv/sms_pkge/DOG0005D/filename.EXE"
ANSWER = WhoHolds(host="NTSITE1", path=PATH, resolved=PATH, state="held", complete=True)


def holder(kind: str = "process", **known: object) -> Holder:
    return Holder(**({"kind": kind, "via": ("a",), "first_seen": NOW, "last_seen": NOW} | known))


def told(*holders: Holder, is_root: bool = True, **known: object) -> list[str]:
    answer = replace(ANSWER, holders=holders, **known)
    return [line.text for line in lines(answer, is_root)]


REMOTE = holder(
    "smb",
    smb_user="alice",
    client_host="pc7",
    client_ip="192.0.2.7",
    access="read",
    mode="deny all",
)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (holder(pid=812, name="backup", user="root"), "backup, process 812 of root"),
        (holder(pid=812, name="a", access="read+write"), "a, process 812: read+write"),
        (holder(pid=812), "a process, process 812"),
        (holder("self", pid=7, name="despool"), "despool, process 7"),
        (holder("kernel", name="loop device loop0"), "the system itself: loop device loop0"),
        (holder("unknown"), "somebody who could not be seen"),
        (REMOTE, "alice from pc7, 192.0.2.7: read, deny all"),
        (replace(REMOTE, client_host="192.0.2.7"), "alice from 192.0.2.7: read, deny all"),
        (
            replace(REMOTE, client_host=None, client_ip=None, candidates=("PC1", "PC2")),
            "alice from PC1 or PC2: read, deny all",
        ),
        (holder("smb"), "an unknown user from anywhere"),
    ],
)
def test_a_holder_is_told_in_one_line(one, words):
    assert told(one)[1] == f"  {words}"


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"service": "backup", "unit": "backup.service"}, "service backup"),
        ({"unit": "session-3.scope"}, "unit session-3.scope"),
        ({"confidence": "inferred"}, "told by its name alone, which is no proof"),
        ({"exe": "/usr/bin/backup", "started": NOW}, "/usr/bin/backup, running since "),
        ({"started": NOW}, "running since "),
    ],
)
def test_what_else_is_known_of_a_process_stands_below(known, words):
    [_, _, *details] = told(holder(pid=812, name="backup", **known))
    assert [line for line in details if line.startswith(f"      {words}")]


def test_a_remote_user_is_told_with_since_when_and_who_serves():
    known = {"opened_at": NOW, "dialect": "SMB3_11", "file_id": 2, "pid": 900, "name": "smbd"}
    *_, since, served = told(replace(REMOTE, **known))
    assert since.startswith("      open since 2026-11-27 ")
    assert served == "      SMB3_11, file id 2, served by smbd 900"


PROBES = (
    ProbeReport(name="lease", error="only root may"),
    ProbeReport(name="proc", blind=("3 processes of 9 may not be looked into",)),
)


def test_what_was_not_seen_is_told_and_what_would_help():
    text = told(state="unknown", complete=False, probes=PROBES, is_root=False)
    assert text == [
        f"Unknown: nobody was seen holding {PATH}, but not everything could be looked at",
        "Looked with proc.",
        "Not seen by lease: only root may",
        "Not seen by proc: 3 processes of 9 may not be looked into",
        "Run it as root to see what is missing: only root may look at all users' processes.",
    ]


@pytest.mark.parametrize(("is_root", "complete"), [(True, False), (False, True)])
def test_nobody_is_sent_to_root_where_that_would_not_help(is_root, complete):
    text = told(state="held", complete=complete, probes=PROBES, is_root=is_root)
    assert [line for line in text if "as root" in line] == []


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_whatever_names_hold_comes_out_harmless_and_on_its_line(path, name, user):
    remote = replace(REMOTE, smb_user=user, client_host=name, dialect=name, opened_at=NOW, pid=9)
    local = holder(pid=812, name=name, exe=path, user=user, service=name, started=NOW, access=user)
    probe = ProbeReport(name="proc", blind=(name,), error=user)
    text = told(remote, local, path=path, resolved=f"{path}/", complete=False, probes=(probe,))
    assert all(one.isprintable() or unicodedata.category(one) == "Zs" for one in "".join(text))
    assert len(text) == len(told(REMOTE_PLAIN, LOCAL_PLAIN, path="p", resolved="q", **PLAIN))


REMOTE_PLAIN = replace(REMOTE, dialect="d", opened_at=NOW, pid=9)
LOCAL_PLAIN = holder(pid=812, name="n", exe="/e", user="u", service="s", started=NOW, access="a")
PLAIN = {"complete": False, "probes": (ProbeReport(name="proc", blind=("b",), error="e"),)}
