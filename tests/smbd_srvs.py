"""A real smbd on the loopback, with two accounts and a share, for what asks a server over SMB."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("smbd", "smbpasswd", "net", "useradd")
MISSING = "a real smbd is needed, as root: apt-get install samba samba-common-bin"
ADMIN, PERSON, PASSWORD = "dpadmin", "dpalice", "pw1"
ADMINS = "dpsmbadmin"
PACKAGE = "DOG0005D"
PATIENCE = 30.0

# oplocks off, so that the server asks nobody to give one up before it answers
CONF = """\
[global]
  server role = standalone server
  smb ports = {port}
  interfaces = 127.0.0.1/8
  bind interfaces only = yes
  disable netbios = yes
  server min protocol = {oldest}
  server max protocol = {newest}
  ntlm auth = yes
  load printers = no
  printcap name = /dev/null
  disable spoolss = yes
  log file = {home}/log/log.%m
  state directory = {home}/state
  cache directory = {home}/cache
  lock directory = {home}/lock
  pid directory = {home}/pid
  private dir = {home}/private
  ncalrpc dir = {home}/ncalrpc
  passdb backend = tdbsam:{home}/private/passdb.tdb
[SMS_PKGE]
  path = {home}/share
  read only = no
  oplocks = no
  force create mode = 0666
"""


@dataclass(frozen=True, kw_only=True)
class Smbd:
    """A server that runs."""

    port: int
    folder: Path  # of the share SMS_PKGE, on the server's disk


def missing() -> str | None:
    """Say what to install, or None where all is there."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    here = all(shutil.which(program, path=path) for program in PROGRAMS)
    return None if here and os.geteuid() == 0 else MISSING


@contextmanager
def smbd(*, oldest: str = "SMB2_02", newest: str = "SMB3") -> Iterator[Smbd]:
    """Run a server, and end all of it; its folder can be entered by its users, as no test's can."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with _smbd(Path(folder).resolve(), oldest, newest) as server:
            yield server


@contextmanager
def _smbd(home: Path, oldest: str, newest: str) -> Iterator[Smbd]:
    for name in ("log", "state", "cache", "lock", "pid", "private", "ncalrpc", "share"):
        (home / name).mkdir(parents=True)
    package = home / "share" / PACKAGE
    package.mkdir()
    package.chmod(0o777)
    port = _free_port()
    conf = home / "smb.conf"
    conf.write_text(CONF.format(home=home, port=port, oldest=oldest, newest=newest))
    _people(conf)
    # in a session of its own, for on SIGTERM it ends the whole group it is in
    with (home / "log" / "smbd").open("wb") as log:
        server = subprocess.Popen(
            ["smbd", "-F", "--no-process-group", "-s", conf, "--debug-stdout"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_environment(),
        )
    try:
        _wait(port, server)
        yield Smbd(port=port, folder=home / "share")
    finally:
        _end(server, home / "pid" / "samba-dcerpcd.pid")


def _people(conf: Path) -> None:
    _run("groupadd", "-f", ADMINS)
    for person in (ADMIN, PERSON):
        _run("useradd", "-M", "-s", "/usr/sbin/nologin", person, allowed=(0, 9))  # 9: it exists
        said = f"{PASSWORD}\n{PASSWORD}\n"
        _run("smbpasswd", "-c", conf, "-s", "-a", person, said=said)
    _run("usermod", "-aG", ADMINS, ADMIN)
    # without this even an administrator of the share may not ask which files are open
    group = f"unixgroup={ADMINS}", "type=builtin", "ntgroup=Administrators"
    _run("net", "-s", conf, "groupmap", "add", "sid=S-1-5-32-544", *group)


def _run(*words: str | Path, said: str = "", allowed: tuple[int, ...] = (0,)) -> None:
    for _ in range(20):  # two tests at once may both want to change /etc/passwd
        run = subprocess.run(words, input=said, capture_output=True, text=True, env=_environment())
        if "cannot lock" not in run.stderr:
            break
        time.sleep(0.25)
    assert run.returncode in allowed, f"{words}: {run.stdout}{run.stderr}"


def _environment() -> dict[str, str]:
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    return {**os.environ, "PATH": path}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert server.poll() is None, "smbd ended at its start"
        time.sleep(0.05)
    raise AssertionError("smbd does not listen")


def _end(server: subprocess.Popen[bytes], helper: Path) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(OSError, ValueError):  # the helper of the pipes outlives the server
        os.kill(int(helper.read_text().split()[0]), signal.SIGTERM)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
