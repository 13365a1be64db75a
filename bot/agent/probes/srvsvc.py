"""Ask another server, over the network, which of its files remote users have open (MS-SRVS)."""

from __future__ import annotations

import importlib.util
from contextlib import suppress
from functools import partial
from ntpath import join
from threading import Lock
from typing import TYPE_CHECKING

from bot.agent.probes.credential import CredentialRefused, credential
from bot.agent.probes.opens import UNTOLD, Session, holders, same_path
from bot.agent.probes.port import Availability, Target
from bot.agent.probes.relay import Relay, RelayRefused, RelayUnreachable
from bot.agent.probes.timing import timed_aside
from bot.wire import ProbeReport

if TYPE_CHECKING:
    from bot.agent.probes.srvsvc_line import Line

GRACE = 0.5  # seconds
MISSING = "the relay's library is not installed: pip install 'despool[relay]'"


class SrvSvc:
    """NetrFileEnum joined with NetrSessionEnum, on a connection that is kept between looks."""

    name = "srvsvc"

    def __init__(self, relay: Relay) -> None:
        """Note whom to ask; nothing is connected before the first look."""
        self.relay = relay
        self._line: Line | None = None
        self._turn = Lock()

    def available(self) -> Availability:
        """Tell whether the library is installed, and the account can be read by us alone."""
        if importlib.util.find_spec("impacket") is None:
            return Availability(ok=False, reason=MISSING)
        try:
            credential(self.relay.account)
        except CredentialRefused as refused:
            return Availability(ok=False, reason=str(refused))
        return Availability(ok=True)

    async def run(self, target: Target, deadline: float) -> ProbeReport:
        """Name the remote users that have a file of that server open.

        The target is the server's: its own path of the file, or a share and the path in it.
        """
        return await timed_aside(self.name, deadline, partial(self._look, target, deadline))

    def close(self) -> None:
        """Hang up; a look that still waits for its server is left to its own end."""
        if self._turn.acquire(timeout=GRACE):
            self._hang_up()
            self._turn.release()

    def _look(self, target: Target, deadline: float) -> ProbeReport:
        with self._turn:
            if self._line is not None:
                with suppress(RelayUnreachable):  # a connection that was kept may have died since
                    return self._ask(target, deadline)
            return self._ask(target, deadline)

    def _ask(self, target: Target, deadline: float) -> ProbeReport:
        try:
            return self._answer(target, deadline)
        except RelayRefused:
            self._hang_up()
            raise

    def _answer(self, target: Target, deadline: float) -> ProbeReport:
        from bot.agent.probes.srvsvc_line import Line

        if self._line is None:
            self._line = Line(self.relay, credential(self.relay.account), deadline)
        opens = self._line.opens()
        path = _path(self._line, target)
        if not any(same_path(path, one.path) for one in opens):
            return ProbeReport(name=self.name)
        sessions = _sessions(self._line)
        found = holders(opens, sessions or (), partial(same_path, path), self.name)
        return ProbeReport(name=self.name, holders=found, blind=() if sessions else (UNTOLD,))

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def _path(line: Line, target: Target) -> str:
    """Return what the server itself calls the file."""
    if target.share is None:
        return target.path
    return join(line.folder(target.share), target.share_path or "")


def _sessions(line: Line) -> list[Session] | None:
    try:
        return line.sessions()
    except RelayUnreachable:
        raise
    except RelayRefused:
        return None
