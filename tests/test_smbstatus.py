"""What `smbstatus --json` prints is read as Samba means it, also where no test server does it."""

from __future__ import annotations

import json
import os
import sys

import pytest

if sys.platform != "linux":
    pytest.skip("asks Samba on Linux", allow_module_level=True)

from datetime import UTC, datetime

from bot.agent.opens import holders
from bot.agent.probes import Target

HERE = {"pid": str(os.getpid()), "task_id": "0", "vnn": "4294967295", "unique_id": "1"}
TARGET = Target(path="/srv/sms_pkge/DOG0005D/filename.EXE", device=65024, inode=2359916)
NOW = datetime(2026, 11, 27, 9, 55, 37, tzinfo=UTC)


def session(user: str, uid: int, hostname: str = "ipv4:192.0.2.7:50123", **known: object) -> dict:
    told = {"server_id": HERE, "uid": uid, "username": user, "hostname": hostname}
    return told | {"remote_machine": "pc7", "session_dialect": "SMB3_11"} | known


def opened(uid: int = 1001, **known: object) -> dict:
    told = {"server_id": HERE, "uid": uid, "share_file_id": "2", "sharemode": {}, "access_mask": {}}
    return told | {"opened_at": "2026-11-27T09:50:00.5+00:00"} | known


def seen(*sessions: dict, path: str = TARGET.path, inode: int = TARGET.inode, **known: object):
    file = {"fileid": {"devid": TARGET.device, "inode": inode}, "opens": {"1/2": opened(**known)}}
    told = {"sessions": dict(enumerate(sessions)), "open_files": {path: file}}
    return list(holders(json.loads(json.dumps(told)), TARGET, NOW))


@pytest.mark.parametrize(
    ("hostname", "address"),
    [
        ("ipv4:192.0.2.7:50123", "192.0.2.7"),
        ("ipv6:2001:db8::7:50123", "2001:db8::7"),
        ("pc7.example", "pc7.example"),
        ("", None),
        (None, None),
    ],
)
def test_the_address_of_a_client_is_told_without_its_port(hostname, address):
    [holder] = seen(session("alice", 1001, hostname))
    assert (holder.client_ip, holder.client_host) == (address, "pc7")


@pytest.mark.parametrize(
    ("shared", "mode"),
    [
        ("", "deny all"),
        ("READ", "deny write+delete"),
        ("READ WRITE", "deny delete"),
        ("WRITE DELETE", "deny read"),
        ("READ WRITE DELETE", "deny none"),
    ],
)
def test_what_an_open_denies_is_told_from_what_it_shares(shared, mode):
    [holder] = seen(session("alice", 1001), sharemode=dict.fromkeys(shared.split(), True))
    assert holder.mode == mode


@pytest.mark.parametrize(
    ("asked", "access"),
    [
        ("READ_DATA", "read"),
        ("EXECUTE", "read"),
        ("WRITE_DATA", "write"),
        ("APPEND_DATA", "write"),
        ("READ_DATA WRITE_DATA DELETE", "read+write"),
        ("DELETE", "delete"),
        ("READ_ATTRIBUTES", None),
    ],
)
def test_how_a_file_is_open_is_told_from_the_rights_that_were_asked_for(asked, access):
    [holder] = seen(session("alice", 1001), access_mask=dict.fromkeys(asked.split(), True))
    assert holder.access == access


def test_of_two_users_on_one_connection_the_one_who_opened_it_is_named():
    [holder] = seen(session("alice", 1001), session("svc", 1002), uid=1002)
    assert (holder.smb_user, holder.confidence) == ("svc", "exact")


def test_where_none_of_several_users_fits_they_are_all_named_and_it_is_no_proof():
    [holder] = seen(session("alice", 1001), session("svc", 1002), uid=65534)
    assert (holder.smb_user, holder.confidence) == ("alice or svc", "inferred")
    assert holder.client_ip == "192.0.2.7"


def test_a_session_of_another_connection_is_not_joined():
    elsewhere = HERE | {"unique_id": "2"}
    [holder] = seen(session("alice", 0, server_id=elsewhere), uid=0)
    assert (holder.smb_user, holder.client_ip, holder.confidence) == ("root", None, "inferred")


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(HERE | {"vnn": "1"}, id="on another node of a cluster"),
        pytest.param(HERE | {"pid": "18446744073709551615"}, id="a client that may come back"),
        pytest.param({}, id="none told"),
    ],
)
def test_a_process_that_is_not_here_is_not_named(server):
    [holder] = seen(server_id=server)
    assert holder.pid is None


def test_a_made_up_identity_is_known_by_its_path_and_another_file_is_not():
    assert len(seen(inode=1)) == 1
    assert seen(inode=1, path="/srv/sms_pkge/other.EXE") == []
    assert len(seen(path="/srv/sms_pkge/link.EXE")) == 1


@pytest.mark.parametrize("told", [{}, {"open_files": None, "sessions": None}, {"open_files": {}}])
def test_where_nothing_is_open_nobody_is_named(told):
    assert list(holders(told, TARGET, NOW)) == []


def test_a_moment_that_cannot_be_read_is_left_out():
    [holder] = seen(session("alice", 1001), opened_at="yesterday")
    assert holder.opened_at is None
