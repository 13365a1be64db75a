"""Clients of the Samba server of a test: each holds a file as another machine would."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from impacket.smbconnection import SMBConnection
from smbprotocol.connection import Connection
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from tests.samba import PASSWORD, SHARE, Samba

NOBODY_ELSE = 0
EVERYBODY = (
    ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
)
READ = FilePipePrinterAccessMask.GENERIC_READ
WRITE = FilePipePrinterAccessMask.GENERIC_WRITE


@contextmanager
def opened(
    samba: Samba,
    user: str,
    name: str,
    *,
    access: int = READ,
    share: int = NOBODY_ELSE,
    tree: str = SHARE,
) -> Iterator[Open]:
    """Hold a file of the share over SMB3; by default nobody else may open it."""
    connection = Connection(uuid.uuid4(), "127.0.0.1", samba.port)
    connection.connect()
    try:
        session = Session(connection, samba.users[user], PASSWORD)
        session.connect()
        connected = TreeConnect(session, rf"\\127.0.0.1\{tree}")
        connected.connect()
        file = Open(connected, name)
        file.create(
            ImpersonationLevel.Impersonation,
            access,
            0,
            share,
            CreateDisposition.FILE_OPEN,
            CreateOptions.FILE_NON_DIRECTORY_FILE,
        )
        yield file
        file.close()
    finally:
        connection.disconnect(close=True)


@contextmanager
def opened_nt1(samba: Samba, user: str, name: str) -> Iterator[SMBConnection]:
    """Hold a file of the share as Windows NT 4 would; nobody else may open it."""
    client = SMBConnection(
        "127.0.0.1", "127.0.0.1", sess_port=samba.port, preferredDialect="NT LM 0.12"
    )
    try:
        client.login(samba.users[user], PASSWORD)
        tree = client.connectTree(SHARE)
        file = client.openFile(tree, name, desiredAccess=0x1, shareMode=NOBODY_ELSE)
        yield client
        client.closeFile(tree, file)
    finally:
        client.close()
