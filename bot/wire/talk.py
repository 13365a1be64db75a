"""What agent and bot say once they have agreed on a version: questions, answers, pushes.

A field that this version does not know is a fault: nobody who has agreed on it would send one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from bot.wire.holders import State, WhoHolds
from bot.wire.terms import Code, Id, Name, Path, Seconds, Text, Words

MOST_RECORDS = 200
MOST_HOLDS = 16


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
