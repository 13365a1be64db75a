"""The first frames of a connection: who speaks, proved, and which version of the protocol.

They are read by every version, so they ignore what a later one adds to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from bot.wire.terms import Code, Id, Name, Version, Words

# the versions of the protocol that this Despool speaks; the newest that both know is spoken
OLDEST = NEWEST = 1
RESTART = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """The bot's first word: which versions it speaks, and what is to be signed."""

    type: Literal["challenge"] = "challenge"
    oldest: Version
    newest: Version
    nonce: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The agent's answer to the challenge; the signature says who it is, and no other field."""

    type: Literal["hello"] = "hello"
    oldest: Version
    newest: Version
    agent: Id
    signature: Annotated[str, Field(max_length=200)]
    version: Name  # of Despool
    host: Name
    blind: Annotated[tuple[Words, ...], Field(max_length=32)] = ()  # probes that cannot look here


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """The bot has verified the agent; from here on both speak `protocol`."""

    type: Literal["welcome"] = "welcome"
    protocol: Version
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The bot does not go on with this agent, and says why; after RESTART it soon does."""

    type: Literal["refusal"] = "refusal"
    code: Code
    text: Words


def spoken(oldest: int, newest: int) -> int | None:
    """Return the newest version that the other side speaks too, None where there is none."""
    both = min(NEWEST, newest)
    return both if both >= max(OLDEST, oldest) else None
