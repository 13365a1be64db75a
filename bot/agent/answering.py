"""The operations: each question of the bot becomes one answer, and a line in the audit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.agent.aside import TooSlow, aside
from bot.agent.config import AgentConfig
from bot.agent.limits import Allowance, OneAtATime, TooOften
from bot.agent.looks import Looks
from bot.agent.outbox import Outbox
from bot.agent.recent import Heard, recent
from bot.agent.sightings import Sightings
from bot.agent.watches import TooManyWatches, Watches
from bot.audit import Audit, Entry
from bot.wire.frames import LARGEST_ANSWER, written
from bot.wire.talk import (
    MOST_HOLDS,
    MOST_RECORDS,
    Answer,
    AskHolds,
    AskRecent,
    Failed,
    Holds,
    Line,
    Ping,
    Pong,
    Question,
    Recent,
    Sighting,
    Unwatch,
    Watch,
    Watching,
)

LOOKED_AT = 5  # locked files that one check looks at
READING = 20.0  # seconds that reading the logs may take


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers the bot; what it may ask is decided here and in the policy, not by the bot."""

    config: AgentConfig
    looks: Looks
    allowance: Allowance
    sightings: Sightings
    watches: Watches
    outbox: Outbox
    audit: Audit
    readings: OneAtATime = field(default_factory=OneAtATime)

    async def answer(self, question: Question) -> Answer:
        """Answer a question; what went wrong is an answer too."""
        if isinstance(question, Ping):
            return Pong(id=question.id, waiting=self.outbox.waiting, lost=self.outbox.lost)
        started = time.monotonic()
        try:
            self.allowance.take()
            answer = await self._answer(question)
        except (TooOften, TooManyWatches) as error:
            answer = Failed(id=question.id, code="busy", text=str(error))
        except TooSlow as error:
            answer = Failed(id=question.id, code="slow", text=str(error))
        self._note(question, answer, time.monotonic() - started)
        return answer

    async def _answer(self, question: AskHolds | AskRecent | Watch | Unwatch) -> Answer:
        match question:
            case AskHolds():
                return await self._who_holds(question)
            case AskRecent():
                return await self._check(question)
            case Watch():
                self.watches.begin(question.id, question.path)
            case Unwatch():
                self.watches.end(question.watch)
        return Watching(id=question.id, files=len(self.watches))

    async def _who_holds(self, question: AskHolds) -> Answer:
        at = datetime.now(UTC)
        holds = await self.looks.at(question.path)
        earlier = () if holds.state == "refused" else self.sightings.of(holds)
        return _fitting(Holds(id=question.id, at=at, holds=holds, earlier=earlier))

    async def _check(self, question: AskRecent) -> Answer:
        at = datetime.now(UTC)
        back = timedelta(seconds=question.back)
        read = partial(recent, self.config.logs, self.config.events, back, at)
        async with self.readings.turn():
            heard = await aside(read, READING)
        paths = [question.path] if question.path else _locked(heard)
        seen: list[Sighting] = []
        for path in paths[:LOOKED_AT]:
            now = await self.looks.at(path)
            seen += self.sightings.of(now)[-1:] if now.state != "refused" else ()
            seen.append(Sighting(at=datetime.now(UTC), holds=now))
        lines = [
            Line(source=entry.source, line=entry.line, text=entry.text) for entry in heard.entries
        ]
        return _fitting(
            Recent(
                id=question.id,
                at=at,
                lines=tuple(lines[-MOST_RECORDS:]),
                sightings=tuple(seen[:MOST_HOLDS]),
                blind=heard.blind,
            )
        )

    def _note(self, question: Question, answer: Answer, seconds: float) -> None:
        self.audit.write(
            Entry(
                who=getattr(question, "asker", "bot"),
                operation=question.type,
                what=getattr(question, "path", None),
                answer=_summary(answer),
                ms=seconds * 1000,
            )
        )


def _locked(heard: Heard) -> list[str]:
    """Return the files that are reported as locked and not yet as copied, the latest first."""
    paths: dict[str, str] = {}
    for entry in heard.entries:
        if entry.path is None:
            continue
        key = entry.path.casefold()
        paths.pop(key, None)
        if entry.locked:
            paths[key] = entry.path
    return list(reversed(paths.values()))


def _summary(answer: Answer) -> str:
    match answer:
        case Holds():
            return answer.holds.state
        case Recent():
            states = " ".join(one.holds.state for one in answer.sightings)
            return f"{len(answer.lines)} entries {states}".strip()
        case Failed():
            return answer.code
        case _:
            return "done"


def _fitting(answer: Holds | Recent) -> Answer:
    """Return an answer that is not too long for one frame: what is oldest goes first."""
    while len(written(answer)) > LARGEST_ANSWER:
        if isinstance(answer, Recent) and answer.lines:
            answer = replace(answer, lines=answer.lines[1 + len(answer.lines) // 2 :])
        elif isinstance(answer, Recent) and answer.sightings:
            answer = replace(answer, sightings=answer.sightings[:-1])
        elif isinstance(answer, Holds) and answer.earlier:
            answer = replace(answer, earlier=())
        else:
            return Failed(id=answer.id, code="large", text="The answer is too large to be sent.")
    return answer
