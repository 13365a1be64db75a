"""Ask many questions of which some may never be answered, and go on without those."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

Row = TypeVar("Row")
Look = tuple[Row, Callable[[], bool]]

PATIENCE = 0.02  # seconds after which somebody else asks on; an answer takes microseconds
GRACE = 0.25  # seconds more at the end for those that have not answered yet
MOST = 200  # threads that wait for an answer; more than so many pipes are no use to wait for


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Generic[Row]):
    """What was found, and what could not be looked at."""

    found: tuple[Row, ...]
    silent: tuple[Row, ...]  # no answer came
    finished: bool  # false: the time was up


def ask_each(
    looks: Iterable[Look[Row]],
    seconds: float,
    *,
    patience: float = PATIENCE,
    grace: float = GRACE,
) -> Answers[Row]:
    """Ask until all is asked or the time is up; found are the rows that were answered with yes.

    Where no answer comes another thread asks on. The one that waits is left alone, for to kill a
    thread inside a call to Windows could hang this whole process; its answer counts if it comes.
    """
    return _Asking(iter(looks)).until(monotonic() + seconds, patience, grace)


class _Asking(Generic[Row]):
    """The questions, the threads that ask them, and what was answered; all under one lock."""

    def __init__(self, looks: Iterator[Look[Row]]) -> None:
        self._looks = looks
        self._state = threading.Condition()
        self._turn = 0  # the thread that asks next; those before it wait, or have ended
        self._asked: dict[int, Row] = {}  # by the thread that waits for the answer
        self._answered = 0
        self._found: list[Row] = []
        self._exhausted = False

    def until(self, end: float, patience: float, grace: float) -> Answers[Row]:
        """Have all asked, if the time suffices."""
        with self._state:
            self._pass_on()
            while not self._exhausted and monotonic() < end and len(self._asked) < MOST:
                before = self._answered
                pause = min(patience, max(end - monotonic(), 0))
                self._state.wait_for(lambda: self._exhausted, pause)
                if before == self._answered and self._asked and monotonic() < end:
                    self._pass_on()
            self._turn += 1  # no more is asked
            self._state.wait_for(lambda: not self._asked, max(min(grace, end - monotonic()), 0))
            return Answers(
                found=tuple(self._found),
                silent=tuple(self._asked.values()),
                finished=self._exhausted,
            )

    def _pass_on(self) -> None:
        self._turn += 1
        threading.Thread(target=self._work, args=(self._turn,), daemon=True).start()

    def _work(self, turn: int) -> None:
        while (look := self._next(turn)) is not None:
            answer = look[1]()
            with self._state:
                row = self._asked.pop(turn)
                self._answered += 1
                self._found += [row] if answer else []
                if turn != self._turn:
                    self._state.notify_all()  # perhaps the last one that was waited for

    def _next(self, turn: int) -> Look[Row] | None:
        with self._state:
            if turn != self._turn:
                return None
            look = next(self._looks, None)
            if look is None:
                self._exhausted = True
                self._state.notify_all()
            else:
                self._asked[turn] = look[0]
            return look
