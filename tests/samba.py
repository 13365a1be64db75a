"""A real Samba server for one test: its own users, port and folders, and nothing left of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
NEEDED = ("smbd", "smbstatus", "smbpasswd", "testparm", "net", "useradd", "userdel")
SHARE = "SMS_PKGE"
PASSWORD = "pw-of-a-test"  # of a user that lives as long as the test
PATIENCE = 30.0  # seconds for what is awaited; a busy machine is no failure

_numbers = count(1)
CONFIG = """\
[global]
  server role = standalone server
  smb ports = {port}
  interfaces = 127.0.0.1/8
  bind interfaces only = yes
  disable netbios = yes
  server min protocol = {oldest}
  ntlm auth = {ntlm}
  load printers = no
  printcap name = /dev/null
  disable spoolss = yes
  log file = {folder}/log/log.%m
  state directory = {folder}/state
  cache directory = {folder}/cache
  lock directory = {folder}/lock
  pid directory = {folder}/pid
  private dir = {folder}/private
  ncalrpc dir = {folder}/ncalrpc
  passdb backend = tdbsam:{folder}/private/passdb.tdb
  usershare max shares = 0
{more}
[{share}]
  path = {folder}/share
  read only = no
  oplocks = no
"""


def missing() -> str | None:
    """Say in one line what a machine lacks to run this, None where it lacks nothing."""
    if not hasattr(os, "geteuid") or os.geteuid():
        return "needs root: a Samba server for several users is started"
    lacking = [name for name in NEEDED if program(name) is None]
    if lacking:
        return f"no {lacking[0]} was found: apt-get install samba smbclient samba-common-bin passwd"
    return None


def program(name: str) -> str | None:
    """Return where a program of Samba is."""
    return shutil.which(name, path=PLACES)


@dataclass(frozen=True, kw_only=True)
class Samba:
    """A server that runs; each user's password is PASSWORD."""

    folder: Path
    port: int
    pid: int
    users: dict[str, str] = field(default_factory=dict)  # the name asked for, and what it became

    @property
    def config(self) -> Path:
        """Return its smb.conf."""
        return self.folder / "smb.conf"

    @property
    def share(self) -> Path:
        """Return the folder behind the share SHARE."""
        return self.folder / "share"

    def file(self, name: str, data: bytes = b"MZ package\n") -> Path:
        """Make a file in the share that every user may write."""
        path = self.share / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o666)
        return path


@contextmanager
def serving(
    users: Sequence[str] = ("alice", "backup"), *, nt1: bool = False, more: str = ""
) -> Iterator[Samba]:
    """Run a server with these users; `nt1` lets SMB1 in, `more` is added to its [global]."""
    made: dict[str, str] = {}
    folder = Path(tempfile.mkdtemp(prefix="despool-smbd-"))
    folder.chmod(0o755)  # users come in here, and pytest's own folders are closed to them
    try:
        port = _lay_out(folder, nt1=nt1, more=more)
        for user in users:
            made[user] = _add_user(folder, user)
        with _running(folder) as smbd:
            _wait_for(port, smbd)
            yield Samba(folder=folder, port=port, pid=smbd.pid, users=made)
    finally:
        for name in made.values():
            _run("userdel", name)
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(folder: Path, *, nt1: bool, more: str) -> int:
    for name in ("share", "log", "state", "cache", "lock", "pid", "private", "ncalrpc"):
        (folder / name).mkdir()
    (folder / "share").chmod(0o777)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    oldest, ntlm = ("NT1", "yes") if nt1 else ("SMB2", "ntlmv2-only")
    text = CONFIG.format(folder=folder, port=port, oldest=oldest, ntlm=ntlm, share=SHARE, more=more)
    (folder / "smb.conf").write_text(text, encoding="utf-8")
    return port


def _add_user(folder: Path, user: str) -> str:
    """Make a Unix user for this server alone, and tell Samba its password."""
    name = f"{user}{os.getpid()}x{next(_numbers)}"
    added = _run("useradd", "-M", "-s", "/usr/sbin/nologin", name)
    for _ in range(50):
        if added.returncode in (0, 9):  # 9: it is there
            break
        time.sleep(0.1)  # another test run has the list of users locked
        added = _run("useradd", "-M", "-s", "/usr/sbin/nologin", name)
    words = f"{PASSWORD}\n{PASSWORD}\n"
    known = _run("smbpasswd", "-c", str(folder / "smb.conf"), "-s", "-a", name, said=words)
    assert known.returncode == 0, known.stdout
    return name


def _run(name: str, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program(name)), *words],
        input=said,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@contextmanager
def _running(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [str(program("smbd")), "-F", "--no-process-group", "-s", str(folder / "smb.conf")]
    with (folder / "log" / "stdout").open("wb") as log:
        # at its end smbd ends its whole process group: that must not be ours
        smbd = subprocess.Popen(
            [*command, "--debug-stdout"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield smbd
    finally:
        with suppress(ProcessLookupError):
            os.killpg(smbd.pid, signal.SIGTERM)
        smbd.wait(PATIENCE)
        _end(folder / "pid" / "samba-dcerpcd.pid")


def _end(pid_file: Path) -> None:
    """End the RPC server, which lives in a session of its own and outlives smbd."""
    with suppress(FileNotFoundError, ProcessLookupError, ValueError):
        os.kill(int(pid_file.read_text()), signal.SIGTERM)


def _wait_for(port: int, smbd: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert smbd.poll() is None, "smbd has ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("smbd does not listen")
