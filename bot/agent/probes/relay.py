"""A server that is asked over the network because it has no agent of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import DespoolError


class RelayRefused(DespoolError):
    """A server does not say which of its files are open."""


class RelayUnreachable(RelayRefused):
    """A server did not answer; trying again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """One server without an agent of its own, and how this agent asks it."""

    host: str
    account: Path  # the file with the credential, mode 0600
    port: int = 445
    smb1: bool = False  # NT 4 speaks nothing newer, and nothing else should be spoken to like that
