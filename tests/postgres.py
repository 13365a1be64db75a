"""A PostgreSQL of the tests' own: found where Debian puts it, on 127.0.0.1, ended by its pid."""

from __future__ import annotations

import os
import pwd
import secrets
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

import psycopg

MISSING = "PostgreSQL is not installed: apt-get install postgresql"
PATIENCE = 30.0  # seconds until the server answers
OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300")


def binaries() -> Path | None:
    """Return the folder with initdb and postgres, the newest one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@dataclass(slots=True)
class Server:
    """One server; it can be stopped and started again on the same port."""

    folder: Path
    port: int
    binaries: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it takes connections."""
        options = [word for option in OPTIONS for word in ("-c", option)]
        command = [self.binaries / "postgres", "-D", self.folder, "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, user=_account(), cwd=self.folder
            )
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=1).close()
                return
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.1)

    def stop(self) -> None:
        """End at once, as a power cut would leave it for the clients."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(PATIENCE)
            self.process = None

    def database(self) -> str:
        """Make an empty database and return its address."""
        name = f"d{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


def _account() -> str | None:
    """Return the account to run as: the server refuses to be root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server() -> Iterator[Server]:
    """Run a server as long as the context lasts."""
    place = binaries()
    assert place is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="despool-postgres-"))
    if (account := _account()) is not None:
        shutil.chown(folder, account)
    initdb = [place / "initdb", "-D", folder, "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=account, cwd=folder)
    running = Server(folder=folder, port=port, binaries=place)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        with suppress(OSError):
            shutil.rmtree(folder)
