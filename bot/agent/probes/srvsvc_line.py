"""One connection to the srvsvc pipe of a server; needs the extra `relay`."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from impacket import nmb, smb, smb3
from impacket.dcerpc.v5 import srvs, transport
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.smbconnection import SessionError, SMBConnection

from bot.agent.probes.credential import Credential
from bot.agent.probes.opens import Open, Session
from bot.agent.probes.relay import Relay, RelayRefused, RelayUnreachable
from bot.agent.win32.calls import MORE_DATA

# what a server that answers rubbish makes of a parser that trusts it
RUBBISH = (struct.error, ValueError, LookupError, TypeError, AttributeError)
NO_SHARE = (123, 2_310)  # Samba's answer, and that of Windows
SERVER_DENIED = (5, 0xC000_0022)
NOT_SIGNED_IN = {
    0xC000_006D: "the user name or the password is wrong",
    0xC000_006A: "the password is wrong",
    0xC000_0064: "there is no such user",
    0xC000_0072: "the account is disabled",
    0xC000_0071: "the password has expired",
    0xC000_0234: "the account is locked out",
    0xC000_015B: "the account may not sign in over the network",
}

_ALL = 0xFFFF_FFFF


class Line:
    """A signed-in connection; every call of it raises RelayRefused or RelayUnreachable."""

    def __init__(self, relay: Relay, account: Credential, seconds: float) -> None:
        """Connect, sign in and open the pipe; `seconds` bound each wait for the server."""
        self._relay = relay
        with self._in_words():
            self._connection = _connect(relay, seconds)
        try:
            with self._in_words():
                self._connection.login(account.username, account.password, account.domain)
                pipe = transport.SMBTransport(
                    relay.host, filename=r"\srvsvc", smb_connection=self._connection
                )
                self._rpc = pipe.get_dce_rpc()
                self._rpc.connect()
                self._rpc.bind(srvs.MSRPC_UUID_SRVS)
        except RelayRefused:
            self.close()
            raise

    def opens(self) -> list[Open]:
        """Return every file that is open over SMB.

        A base path is not given: Samba ignores it, and whether Windows compares its case is not
        known, so that with one an empty answer would prove nothing.
        """
        with self._in_words():
            rows = list(self._pages(srvs.hNetrFileEnum, 3, ("FileInfo", "Level3")))
            return [
                Open(
                    file_id=row["fi3_id"],
                    path=_text(row["fi3_path_name"]),
                    user=_text(row["fi3_username"]),
                    permissions=row["fi3_permissions"],
                    locks=row["fi3_num_locks"],
                )
                for row in rows
            ]

    def sessions(self) -> list[Session]:
        """Return the machines that are connected."""
        with self._in_words():
            rows = list(self._pages(srvs.hNetrSessionEnum, 1, ("SessionInfo", "Level1")))
            return [
                Session(
                    client=_text(row["sesi1_cname"]),
                    user=_text(row["sesi1_username"]),
                    opens=row["sesi1_num_opens"],
                )
                for row in rows
            ]

    def folder(self, share: str) -> str:
        """Return where a share lies, in the server's own words."""
        with self._in_words():
            answer = srvs.hNetrShareGetInfo(self._rpc, f"{share}\0", 2)
            return _text(answer["InfoStruct"]["ShareInfo2"]["shi2_path"])

    def close(self) -> None:
        """Hang up, whatever the server says to it."""
        with suppress(RelayRefused), self._in_words():
            self._connection.close()

    def _pages(self, call: Any, level: int, names: tuple[str, str]) -> Iterator[Any]:
        resume = 0
        while True:
            answer, more = _answer(call, self._rpc, level, resume)
            yield from answer["InfoStruct"][names[0]][names[1]]["Buffer"]
            if not more:
                return
            resume = answer["ResumeHandle"]

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        host = self._relay.host
        try:
            yield
        except SessionError as error:
            raise RelayRefused(_refused(host, error.getErrorCode())) from error
        except (smb3.SessionError, smb.SessionError) as error:
            raise RelayRefused(_refused(host, error.get_error_code())) from error
        except DCERPCException as error:
            raise RelayRefused(_denied(host, error)) from error
        except (OSError, nmb.NetBIOSError, nmb.NetBIOSTimeout) as error:
            raise RelayUnreachable(_unreachable(self._relay, error)) from error
        except RUBBISH as error:
            raise RelayUnreachable(f"{host} answered what is not SMB.") from error


def _connect(relay: Relay, seconds: float) -> SMBConnection:
    """Connect with the one family of dialects that was chosen; there is no falling back."""
    # impacket says less of why nobody is there, and leaves the socket open
    socket.create_connection((relay.host, relay.port), seconds).close()
    kind: Any = smb.SMB if relay.smb1 else smb3.SMB3
    session = kind.__new__(kind)
    with ExitStack() as undo:  # it connects as it is made, and leaves the socket open if that fails
        undo.callback(_hang_up, session)
        session.__init__(relay.host, relay.host, sess_port=relay.port, timeout=seconds)
        undo.pop_all()
    return SMBConnection(existingConnection=session)


def _hang_up(session: Any) -> None:
    with suppress(AttributeError):  # not even begun
        session.close_session()


def _answer(call: Any, rpc: Any, level: int, resume: int) -> tuple[Any, bool]:
    """Return one page, and whether there are more; impacket takes that for an error."""
    try:
        return call(rpc, NULL, NULL, level, resumeHandle=resume, preferedMaximumLength=_ALL), False
    except DCERPCException as error:
        if error.get_error_code() != MORE_DATA:
            raise
        return error.get_packet(), True


def _text(value: str) -> str:
    return value.rstrip("\0")


def _refused(host: str, code: int) -> str:
    reason = NOT_SIGNED_IN.get(code)
    if reason:
        return f"{host} does not let the relay's account in: {reason}."
    if code in SERVER_DENIED:
        return f"{host} denied access to the relay's account."
    return f"{host} refused the relay with status 0x{code:08x}."


def _denied(host: str, error: DCERPCException) -> str:
    if error.get_error_code() in NO_SHARE:
        return f"{host} has no share of that name."
    if "access_denied" in str(error).lower() or error.get_error_code() in SERVER_DENIED:
        return (
            f"{host} tells only its administrators which files are open: "
            "make the relay's account one, or a Server Operator."
        )
    return f"{host} does not say which files are open ({error})."


def _unreachable(relay: Relay, error: OSError | nmb.NetBIOSError | nmb.NetBIOSTimeout) -> str:
    reason = getattr(error, "strerror", None) or type(error).__name__
    cut = isinstance(error, nmb.NetBIOSError) and not relay.smb1
    hint = "; if it is NT 4, which knows only SMB1, allow that with smb1" if cut else ""
    return f"{relay.host} port {relay.port} did not answer ({reason}){hint}."
