"""A client of a real Samba server denies a file to all others, and `despool holders` names it."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests import samba
from tests.holding import as_nobody, held, look, pids, unseen

if missing := samba.missing():
    pytest.skip(missing, allow_module_level=True)

from impacket.smbconnection import SessionError
from smbprotocol.exceptions import SharingViolation

from tests.samba import Samba
from tests.smb_clients import EVERYBODY, READ, WRITE, opened, opened_nt1

NAME = r"DOG0005D\filename.EXE"


@pytest.fixture(scope="module")
def server() -> Iterator[Samba]:
    with samba.serving(nt1=True) as running:
        yield running


@pytest.fixture
def file(server: Samba) -> Path:
    return server.file("DOG0005D/filename.EXE")


def only(answer: dict) -> dict:
    [holder] = answer["holders"]
    return holder


def test_an_open_that_denies_all_over_smb3_names_user_and_client(server, file):
    with opened(server, "alice", NAME):
        with pytest.raises(SharingViolation), opened(server, "backup", NAME, access=WRITE):
            pass
        status, answer = look(file)
    holder = only(answer)
    assert (status, answer["state"], holder["kind"]) == (0, "held", "smb")
    assert holder["smb_user"] == server.users["alice"]
    assert holder["client_ip"] == "127.0.0.1"
    assert (holder["access"], holder["mode"]) == ("read", "deny all")
    assert holder["dialect"].startswith("SMB3")
    assert holder["file_id"] is not None
    assert holder["confidence"] == "exact"
    assert datetime.fromisoformat(holder["opened_at"]) <= datetime.fromisoformat(
        holder["last_seen"]
    )


def test_an_open_that_denies_all_over_smb1_names_user_and_client(server, file):
    with opened_nt1(server, "backup", NAME):
        with pytest.raises(SessionError, match="SHARING_VIOLATION"):
            opened_nt1(server, "alice", NAME).__enter__()
        status, answer = look(file)
    holder = only(answer)
    assert (status, holder["smb_user"]) == (0, server.users["backup"])
    assert (holder["client_ip"], holder["dialect"]) == ("127.0.0.1", "NT1")
    assert holder["mode"] == "deny all"


def test_the_smbd_that_serves_a_user_is_a_detail_and_no_holder_of_its_own(server, file):
    with opened(server, "alice", NAME):
        holder = only(look(file)[1])
    assert holder["via"] == ["smbstatus", "proc"]
    assert holder["name"] == "smbd"
    assert holder["pid"] != server.pid
    assert holder["exe"].endswith("/smbd")


def test_every_user_is_named_with_what_each_denies(server, file):
    with (
        opened(server, "alice", NAME, share=EVERYBODY),
        opened(server, "backup", NAME, access=READ | WRITE, share=EVERYBODY),
    ):
        answer = look(file)[1]
    told = {holder["smb_user"]: holder for holder in answer["holders"]}
    assert set(told) == {server.users["alice"], server.users["backup"]}
    assert told[server.users["alice"]]["access"] == "read"
    assert told[server.users["backup"]]["access"] == "read+write"
    assert {holder["mode"] for holder in told.values()} == {"deny none"}


def test_one_client_that_has_a_file_open_twice_is_named_for_each_open(server, file):
    with (
        opened(server, "alice", NAME, share=EVERYBODY),
        opened(server, "alice", NAME, access=WRITE, share=EVERYBODY),
    ):
        answer = look(file)[1]
    assert sorted(holder["access"] for holder in answer["holders"]) == ["read", "write"]


def test_a_process_of_the_server_itself_is_named_beside_the_remote_user(server, file):
    with opened(server, "alice", NAME, share=EVERYBODY), held(file) as pid:
        answer = look(file)[1]
    assert {holder["kind"] for holder in answer["holders"]} == {"smb", "process"}
    assert pid in pids(answer)


def test_in_a_share_that_forces_a_user_the_one_who_logged_in_is_named():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        file = Path(folder, "filename.EXE")
        file.write_bytes(b"MZ")
        more = f"[FORCED]\n  path = {folder}\n  read only = no\n  force user = nobody\n"
        with samba.serving(users=["alice"], more=more) as server:
            with opened(server, "alice", "filename.EXE", tree="FORCED"):
                holder = only(look(file)[1])
            assert holder["smb_user"] == server.users["alice"]
    assert (holder["confidence"], holder["client_ip"]) == ("exact", "127.0.0.1")


def test_who_has_another_file_open_is_not_named(server, file):
    server.file("DOG0005D/other.EXE")
    with opened(server, "alice", r"DOG0005D\other.EXE"):
        assert look(file)[1]["holders"] == []


def test_a_hard_link_outside_the_share_leads_to_the_same_user(server, file):
    link = server.folder / "outside.EXE"
    link.hardlink_to(file)
    try:
        with opened(server, "alice", NAME):
            assert only(look(link)[1])["smb_user"] == server.users["alice"]
    finally:
        link.unlink()


def test_a_file_in_a_share_is_free_after_the_close_where_all_processes_are_seen(server, file):
    with opened(server, "alice", NAME):
        pass
    assert only_when_let_go(file) == ((2, "unknown") if unseen() else (1, "free"))


def only_when_let_go(file: Path) -> tuple[int, str]:
    """Look until the server has handled the close, which it does after it has answered."""
    for _ in range(100):
        status, answer = look(file)
        if not answer["holders"]:
            break
        time.sleep(0.1)
    return status, answer["state"]


def test_no_lease_is_asked_for_in_a_share_and_one_is_beside_it(server, file):
    beside = server.folder / "beside.EXE"
    beside.write_bytes(b"MZ")
    reports = {probe["name"]: probe for probe in look(file)[1]["probes"]}
    assert "could stall a client of the Samba share" in reports["lease"]["error"]
    assert list(reports) == ["lease", "smbstatus", "kernel", "proc"]
    assert look(beside)[1]["state"] == "free"


def test_a_share_whose_path_depends_on_the_user_is_a_share_too(server):
    more = f"[homes]\n  path = {server.folder}/users/%U/files"
    with samba.serving(users=[], more=more):
        inside = server.folder / "users" / "alice" / "files"
        inside.mkdir(parents=True)
        (inside / "a").write_bytes(b"x")
        lease = look(inside / "a")[1]["probes"][0]
    assert "Samba share" in lease["error"]


def test_folders_that_users_share_themselves_are_shares_and_printers_are_none():
    with samba.serving(users=[], more="usershare max shares = 9") as server:
        users, spool = server.folder / "usershares", server.folder / "spool"
        for folder in (users, spool, server.folder / "own"):
            folder.mkdir()
            (folder / "a").write_bytes(b"x")
        (users / "own").write_text(f"#VERSION 2\npath={server.folder}/own\nsharename=own\n")
        with server.config.open("a") as config:
            config.write(f"[printers]\n  path = {spool}\n  printable = yes\n")
            config.write(f"[global]\n  usershare path = {users}\n")
        own, printed = (look(folder / "a")[1] for folder in (server.folder / "own", spool))
    assert "Samba share" in own["probes"][0]["error"]
    assert printed["state"] == "free"


def test_a_service_with_mounts_of_its_own_asks_samba_all_the_same(server, file):
    """So systemd starts it with ProtectSystem: smbd's files are where it sees them too."""
    with opened(server, "alice", NAME):
        holder = only(look(file, "unshare", "--mount")[1])
    assert holder["smb_user"] == server.users["alice"]


# ---- when Samba cannot be asked


PROGRAMS = {
    "fails": "echo 'unknown option --json' >&2; exit 1",
    "is too old for JSON": "echo 'Samba version 4.9'",
    "says nothing in time": "sleep 60",
}


@pytest.mark.parametrize(("what", "code"), PROGRAMS.items())
def test_a_smbstatus_that_does_not_answer_is_said_and_nobody_is_called_absent(
    server, file, tmp_path, what, code
):
    program = tmp_path / "smbstatus"
    program.write_text(f"#!/bin/sh\n{code}\n")
    program.chmod(0o755)
    with opened(server, "alice", NAME, share=EVERYBODY):
        status, answer = look(file, options=["--smbstatus", str(program)])
    [told] = [probe for probe in answer["probes"] if probe["name"] == "smbstatus"]
    assert (status, answer["state"], answer["complete"]) == (0, "held", False)
    assert told["blind"]
    assert [holder["name"] for holder in answer["holders"]] == ["smbd"]


def test_only_root_can_ask_samba_and_that_is_said(server, file):
    status, answer = look(file, *as_nobody())
    [told] = [probe for probe in answer["probes"] if probe["name"] == "smbstatus"]
    assert (status, answer["state"]) == (2, "unknown")
    assert told["error"] == "only root may ask Samba for its sessions"


def test_the_human_answer_names_the_user_first_and_smbd_below(server, file):
    import subprocess

    with opened(server, "alice", NAME):
        ended = subprocess.run(
            [sys.executable, "-m", "bot", "holders", file], capture_output=True, text=True
        )
    lines = ended.stdout.splitlines()
    assert lines[0] == f"Held: {file}"
    assert f"  {server.users['alice']} from 127.0.0.1: read, deny all" in lines
    assert any("served by smbd" in line for line in lines)
    assert os.linesep.join(lines).count(server.users["alice"]) == 1
