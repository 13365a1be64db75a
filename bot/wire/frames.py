"""The frames of the protocol between an agent and the bot: JSON objects, parsed strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.errors import DespoolError
from bot.wire.holders import State, WhoHolds

# the versions of the protocol that this Despool speaks; the newest that both know is spoken
OLDEST = NEWEST = 1
LARGEST_QUESTION = 16 * 1024  # bytes of a frame that an agent takes
LARGEST_ANSWER = 512 * 1024  # and of one that the bot takes
RESTART = "restart"
MOST_RECORDS = 200
MOST_HOLDS = 16

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Path = Annotated[str, Field(min_length=1, max_length=4096)]
Words = Annotated[str, Field(max_length=2000)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Seconds = Annotated[float, Field(ge=0, le=90 * 86400)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
# such as "busy": what a program may act on; the text beside it is for people
Code = Annotated[str, Field(pattern=r"^[a-z-]{1,32}$")]


T = TypeVar("T")


class FrameRefused(DespoolError):
    """What came from the other side is no frame of this protocol."""


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


# The frames above are read by every version, so they ignore what a later one adds to them. Those
# below are spoken after the versions have been agreed on: there a field nobody knows is a fault.


class _Agreed:
    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHolds(_Agreed):
    """Who holds this file?"""

    type: Literal["who_holds"] = "who_holds"
    id: Id
    path: Path
    asker: Name  # for the agent's audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRecent(_Agreed):
    """What do the named logs report of the last `back` seconds, and who holds those files?"""

    type: Literal["check"] = "check"
    id: Id
    path: Path | None = None
    back: Seconds
    asker: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch(_Agreed):
    """Tell when this file is released."""

    type: Literal["watch"] = "watch"
    id: Id
    path: Path
    asker: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch(_Agreed):
    """Stop a watch that was asked for under `watch`."""

    type: Literal["unwatch"] = "unwatch"
    id: Id
    watch: Id
    asker: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(_Agreed):
    """Is the agent itself awake, not only its socket?"""

    type: Literal["ping"] = "ping"
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack(_Agreed):
    """The bot has taken a push: it need not come again."""

    type: Literal["ack"] = "ack"
    id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting(_Agreed):
    """What one look, or several within some seconds, saw of a file."""

    at: datetime  # of the first look
    holds: WhoHolds


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds(_Agreed):
    """The answer to `who_holds`: now, and what was seen of the same file before."""

    type: Literal["holds"] = "holds"
    id: Id
    at: datetime
    holds: WhoHolds
    earlier: Annotated[tuple[Sighting, ...], Field(max_length=MOST_HOLDS)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(_Agreed):
    """One entry of a named log or event log, as it stands there."""

    source: Name
    line: Annotated[int, Field(ge=0)]  # from 1; 0 where the source has no lines
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent(_Agreed):
    """The answer to `check`: entries for the bot's own analysis, and looks at locked files."""

    type: Literal["recent"] = "recent"
    id: Id
    at: datetime
    lines: Annotated[tuple[Line, ...], Field(max_length=MOST_RECORDS)] = ()
    sightings: Annotated[tuple[Sighting, ...], Field(max_length=MOST_HOLDS)] = ()
    blind: Annotated[tuple[Words, ...], Field(max_length=32)] = ()  # sources that were not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching(_Agreed):
    """The answer to `watch` and `unwatch`: how many files are watched now."""

    type: Literal["watching"] = "watching"
    id: Id
    files: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(_Agreed):
    """The answer to `ping`."""

    type: Literal["pong"] = "pong"
    id: Id
    waiting: Annotated[int, Field(ge=0)]  # pushes that the bot has not yet taken
    lost: Annotated[int, Field(ge=0)] = 0  # pushes that no longer fitted while the bot was away


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(_Agreed):
    """The agent has no answer to a question, and says why."""

    type: Literal["error"] = "error"
    id: Id
    code: Code
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPush(_Agreed):
    """An entry that a named log or event log has just got; the id is never used for another."""

    type: Literal["record"] = "record"
    id: Id
    seen_at: datetime  # by the server's clock
    entry: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePush(_Agreed):
    """Who was seen on the file of a record; the last one of a record is `final`."""

    type: Literal["capture"] = "capture"
    id: Id
    record: Id  # the push it belongs to
    at: datetime  # of the first look
    holds: WhoHolds  # all looks together: somebody seen once is in it
    now: State  # what the last look saw
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedPush(_Agreed):
    """A watched file is free, or the watch has ended without that: see the state."""

    type: Literal["released"] = "released"
    id: Id
    watch: Id
    at: datetime
    after: Seconds
    holds: WhoHolds


Question = AskHolds | AskRecent | Watch | Unwatch | Ping
Answer = Holds | Recent | Watching | Pong | Failed
Push = RecordPush | CapturePush | ReleasedPush
FromBot = Challenge | Welcome | Refusal | Question | Ack
FromAgent = Hello | Answer | Push

_from_bot: TypeAdapter[FromBot] = TypeAdapter(Annotated[FromBot, Field(discriminator="type")])
_from_agent: TypeAdapter[FromAgent] = TypeAdapter(Annotated[FromAgent, Field(discriminator="type")])
_any: TypeAdapter[FromBot | FromAgent] = TypeAdapter(
    Annotated[FromBot | FromAgent, Field(discriminator="type")]
)


def said_by_bot(data: str) -> FromBot:
    """Parse a frame from the bot, or raise FrameRefused."""
    return _parsed(_from_bot, data, LARGEST_QUESTION)


def said_by_agent(data: str) -> FromAgent:
    """Parse a frame from an agent, or raise FrameRefused."""
    return _parsed(_from_agent, data, LARGEST_ANSWER)


def written(frame: FromBot | FromAgent) -> str:
    """Return the text of a frame; what no encoding can say becomes a question mark."""
    try:
        return _any.dump_json(frame).decode()
    except PydanticSerializationError:  # a name on disk that is not UTF-8
        text = json.dumps(_any.dump_python(frame, mode="json"), ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


def spoken(oldest: int, newest: int) -> int | None:
    """Return the newest version that the other side speaks too, None where there is none."""
    both = min(NEWEST, newest)
    return both if both >= max(OLDEST, oldest) else None


def _parsed(kind: TypeAdapter[T], data: str, largest: int) -> T:
    if len(data) > largest:
        raise FrameRefused(f"A frame of more than {largest} characters came.")
    try:
        return kind.validate_json(data, strict=True)
    except ValidationError as error:
        # the input itself is not repeated: it may be anything
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the frame"
        raise FrameRefused(f"What came is no frame of this protocol: {where}.") from None
