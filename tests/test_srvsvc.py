"""Who has a file of another server open, asked over SMB: of a real smbd, SMB3 and SMB1."""

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from impacket import smb, smb3
from impacket.smbconnection import SessionError, SMBConnection

from bot.agent.probes.opens import Open, Session, holders, same_path
from bot.agent.probes.port import Target
from bot.agent.probes.relay import Relay
from bot.agent.probes.srvsvc import SrvSvc
from bot.wire import ProbeReport
from tests.samba import PASSWORD, Samba, missing, program, serving

ADMIN, PERSON = "dpadmin", "alice"
FILE = r"DOG0005D\filename.EXE"
TARGET = Target(path="", device=0, inode=0, share="SMS_PKGE", share_path=FILE)
DEADLINE = 20.0
SHARING_VIOLATION = 0xC000_0043
READ_AND_WRITE = 0x3

LACKS = missing()
with_smbd = pytest.mark.skipif(LACKS is not None, reason=LACKS or "")


@pytest.fixture(scope="module")
def server() -> Iterator[Samba]:
    with smb_server() as samba:
        yield samba


@pytest.fixture(scope="module")
def old_server() -> Iterator[Samba]:
    with smb_server(smb1=True) as samba:
        yield samba


@contextmanager
def smb_server(*, smb1: bool = False) -> Iterator[Samba]:
    """Serve a package to a user and to an administrator; `smb1`: as NT 4 would, and no newer."""
    more = "  server max protocol = NT1\n" if smb1 else ""
    with serving((PERSON, ADMIN), nt1=smb1, more=more) as samba, administrator(samba, ADMIN):
        for name in ("filename.EXE", "other.cab"):
            samba.file(f"DOG0005D/{name}")
        yield samba


@contextmanager
def administrator(samba: Samba, user: str) -> Iterator[None]:
    """Make a user one of those to whom a server tells which files are open."""
    group = f"dpadmins{samba.port}"
    run("groupadd", group)
    try:
        run("usermod", "-aG", group, samba.users[user])
        names = f"unixgroup={group}", "type=builtin", "ntgroup=Administrators"
        run("net", "-s", samba.config, "groupmap", "add", "sid=S-1-5-32-544", *names)
        yield
    finally:
        run("groupdel", group)


def run(name: str, *words: str | Path) -> None:
    for _ in range(50):  # another test run may have the list of groups locked
        done = subprocess.run([str(program(name)), *words], capture_output=True, text=True)
        if "cannot lock" not in done.stderr:
            break
        time.sleep(0.1)
    assert done.returncode == 0, done.stderr


@contextmanager
def signed_in(
    samba: Samba, *, smb1: bool = False, user: str = PERSON, port: int = 0
) -> Iterator[Any]:
    """Connect as somebody who uses the share."""
    kind = smb.SMB if smb1 else smb3.SMB3
    session = kind("127.0.0.1", "127.0.0.1", sess_port=port or samba.port)
    client = SMBConnection(existingConnection=session)
    with ExitStack() as stack:
        stack.callback(client.close)
        client.login(samba.users[user], PASSWORD)
        yield client


@contextmanager
def held(client: Any, path: str = FILE) -> Iterator[None]:
    """Keep a file open and share it with nobody."""
    tree = client.connectTree("SMS_PKGE")
    handle = client.openFile(tree, path, desiredAccess=READ_AND_WRITE, shareMode=0)
    yield
    client.closeFile(tree, handle)


def account(folder: Path, user: str = "dpadmin", password: str = PASSWORD) -> Path:
    file = folder / "account"
    file.write_text(f"username = {user}\npassword = {password}\n")
    file.chmod(0o600)
    return file


def asking(samba: Samba, folder: Path, target: Target = TARGET, **more: Any) -> ProbeReport:
    """Look once as an administrator of a server."""
    return ask(samba.port, account(folder, samba.users[ADMIN]), target, **more)


def ask(port: int, file: Path, target: Target = TARGET, **more: Any) -> ProbeReport:
    """Look once, and hang up."""
    probe = SrvSvc(Relay(host="127.0.0.1", port=port, account=file, **more))
    try:
        return asyncio.run(probe.run(target, DEADLINE))
    finally:
        probe.close()


# ---- against a real server


@with_smbd
@pytest.mark.parametrize("smb1", [False, True], ids=["SMB3", "NT1"])
def test_the_user_that_holds_a_file_is_named_with_his_machine(request, tmp_path, smb1):
    server = request.getfixturevalue("old_server" if smb1 else "server")
    with signed_in(server, smb1=smb1) as client, held(client):
        with signed_in(server, smb1=smb1, user=ADMIN) as second:
            assert refusal(second) == SHARING_VIOLATION
        report = asking(server, tmp_path, smb1=smb1)
    assert report.error is None
    assert report.blind == ()
    [holder] = report.holders
    assert (holder.kind, holder.via, holder.confidence) == ("smb", ("srvsvc",), "inferred")
    assert (holder.smb_user, holder.client_ip, holder.client_host) == (
        server.users[PERSON],
        "127.0.0.1",
        None,
    )
    assert holder.access == "read+write"
    assert holder.file_id
    assert holder.locks == 0


def refusal(client: Any) -> int:
    tree = client.connectTree("SMS_PKGE")
    with pytest.raises(SessionError) as error:
        client.openFile(tree, FILE)
    return int(error.value.getErrorCode())


@with_smbd
def test_a_file_that_nobody_holds_has_no_holders_though_others_are_open(server, tmp_path):
    with signed_in(server) as client, held(client, r"DOG0005D\other.cab"):
        report = asking(server, tmp_path)
        other = asking(server, tmp_path, replace(TARGET, share_path=r"DOG0005D\other.cab"))
    assert (report.holders, report.blind, report.error) == ((), (), None)
    assert len(other.holders) == 1


@with_smbd
def test_a_path_is_found_in_any_case_and_as_the_server_itself_calls_it(server, tmp_path):
    share = str(server.share).replace("/", "\\")
    own = Target(path=rf"C:{share}\dog0005d\FILENAME.exe", device=0, inode=0)
    lower = Target(path="", device=0, inode=0, share="sms_pkge", share_path=FILE.lower())
    with signed_in(server) as client, held(client):
        for target in (own, lower):
            assert len(asking(server, tmp_path, target).holders) == 1


@with_smbd
def test_a_user_at_two_machines_is_named_with_both_and_with_neither_as_a_fact(server, tmp_path):
    with (
        forwarded(server.port, "127.0.0.2") as port,
        signed_in(server) as one,
        signed_in(server, port=port) as two,
        held(one),
        held(two, r"DOG0005D\other.cab"),
    ):
        [holder] = asking(server, tmp_path).holders
    assert sorted(holder.candidates) == ["127.0.0.1", "127.0.0.2"]
    assert holder.confidence == "inferred"
    assert (holder.client_ip, holder.client_host) == (None, None)


@with_smbd
def test_a_connection_is_kept_and_made_anew_when_it_has_died(server, tmp_path):
    async def look() -> list[ProbeReport]:
        reports = [await probe.run(TARGET, DEADLINE)]
        kept = probe._line
        reports.append(await probe.run(TARGET, DEADLINE))
        assert probe._line is kept
        kept._connection._SMBConnection._NetBIOSSession.get_socket().shutdown(socket.SHUT_RDWR)
        reports.append(await probe.run(TARGET, DEADLINE))
        assert probe._line is not kept
        return reports

    file = account(tmp_path, server.users[ADMIN])
    probe = SrvSvc(Relay(host="127.0.0.1", port=server.port, account=file))
    with signed_in(server) as client, held(client):
        for report in asyncio.run(look()):
            assert [one.smb_user for one in report.holders] == [server.users[PERSON]]
    probe.close()


@with_smbd
def test_what_went_wrong_is_said_in_words(server, tmp_path):
    said = [
        ask(server.port, account(tmp_path, server.users[PERSON])).error,
        ask(server.port, account(tmp_path, server.users[ADMIN], "wrong")).error,
        asking(server, tmp_path, nowhere).error,
    ]
    assert said == [
        "127.0.0.1 tells only its administrators which files are open: "
        "make the relay's account one, or a Server Operator.",
        "127.0.0.1 does not let the relay's account in: the user name or the password is wrong.",
        "127.0.0.1 has no share of that name.",
    ]


nowhere = Target(path="", device=0, inode=0, share="NO_SUCH", share_path=FILE)


@with_smbd
def test_smb1_is_spoken_only_where_it_was_asked_for_and_then_nothing_else(
    server, old_server, tmp_path
):
    newer = asking(old_server, tmp_path)
    assert newer.holders == ()
    assert newer.error is not None
    assert "smb1" in newer.error
    older = asking(server, tmp_path, smb1=True)
    assert older.holders == ()
    assert older.error is not None


# ---- servers that are none


def test_a_server_that_is_away_or_talks_rubbish_is_an_error_and_no_crash(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    away = ask(port, account(tmp_path))
    assert (away.error or "").startswith(f"127.0.0.1 port {port} did not answer")
    for words in (
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0\0\0\x20" + b"\xfeSMB" + b"\1" * 28,
    ):
        with talking(words) as port:
            report = ask(port, account(tmp_path))
        assert report.holders == ()
        assert report.error


# ---- the account


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_an_account_that_others_can_read_is_refused(tmp_path, mode):
    file = account(tmp_path)
    file.chmod(mode)
    answer = SrvSvc(Relay(host="127.0.0.1", account=file)).available()
    assert not answer.ok
    assert answer.reason == f"{file} can be read by others, and holds a password: chmod 600 {file}"
    report = ask(9, file)
    assert report.error == answer.reason


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "does not hold an account"),
        ("username = dpadmin\n", "does not hold an account"),
        ("password = x\n", "does not hold an account"),
        ("\xff", "is not UTF-8"),
    ],
)
def test_a_malformed_account_is_refused_and_its_form_is_told(tmp_path, text, word):
    file = account(tmp_path)
    file.write_bytes(text.encode("latin-1"))
    answer = SrvSvc(Relay(host="127.0.0.1", account=file)).available()
    assert not answer.ok
    assert word in (answer.reason or "")


def test_an_account_that_is_missing_is_named(tmp_path):
    answer = SrvSvc(Relay(host="127.0.0.1", account=tmp_path / "none")).available()
    assert not answer.ok
    assert str(tmp_path / "none") in (answer.reason or "")


def test_an_account_may_have_a_password_with_an_equals_sign_and_is_never_shown(tmp_path):
    from bot.agent.probes.credential import credential

    file = account(tmp_path, password="a=b= c")
    found = credential(file)
    assert found.password == "a=b= c"
    assert "a=b" not in repr(found)


# ---- joining opens with sessions


def test_an_open_whose_user_has_no_session_is_named_without_a_machine():
    [holder] = join("alice", [Session(client=r"\\PC1", user="bob", opens=1)])
    assert (holder.confidence, holder.client_host, holder.candidates) == ("exact", None, ())


def test_a_session_without_open_files_is_no_candidate():
    idle = Session(client=r"\\PC2", user="alice", opens=0)
    [holder] = join("alice", [Session(client=r"\\PC1", user="ALICE", opens=1), idle])
    assert (holder.confidence, holder.client_host) == ("inferred", "PC1")


def join(user: str, sessions: list[Session]) -> Any:
    path = r"E:\SMS_PKGE\DOG0005D\filename.EXE"
    opens = [Open(file_id=7, path=path.lower(), user=user, permissions=1, locks=0)]
    return holders(opens, sessions, lambda other: same_path(path, other), "netfile")


# ---- sockets


@contextmanager
def talking(words: bytes) -> Iterator[int]:
    """Listen, say some words to whoever calls, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = door.accept()
                    with caller:
                        caller.recv(4_096)
                        caller.sendall(words)

        thread = threading.Thread(target=answer)
        thread.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def forwarded(port: int, source: str) -> Iterator[int]:
    """Listen, and pass on what comes to a port from another address of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as door, ExitStack() as stack:

        def serve() -> None:
            caller, _ = door.accept()
            onward = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
            with caller, onward:
                back = threading.Thread(target=pump, args=(onward, caller))
                back.start()
                pump(caller, onward)
                back.join()

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        yield door.getsockname()[1]


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
