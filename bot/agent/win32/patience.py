"""Ask many questions of which some may never be answered, and go on without those."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

Row = TypeVar("Row")
PATIENCE = 0.25  # seconds for one answer, which takes microseconds where it comes at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Generic[Row]):
    """What was found, and what could not be looked at."""

    found: tuple[Row, ...]
    silent: tuple[Row, ...]  # no answer came
    finished: bool  # false: the time was up


def ask_each(
    looks: Iterable[tuple[Row, Callable[[], bool]]], seconds: float, patience: float = PATIENCE
) -> Answers[Row]:
    """Ask until all is asked or the time is up; found are the rows that were answered with yes."""
    questions = iter(looks)
    found: list[Row] = []
    silent: list[Row] = []
    end = monotonic() + seconds
    worker = _Worker(questions)
    while not worker.done and (left := end - monotonic()) > 0:
        if not worker.gather(found, min(patience, left)) and monotonic() < end:
            silent += worker.dismiss(found)
            worker = _Worker(questions)
    finished = worker.done
    silent += worker.dismiss(found)
    return Answers(found=tuple(found), silent=tuple(silent), finished=finished)


class _Worker(Generic[Row]):
    """One thread that asks; one that got stuck is left alone, for killing it could hang us all."""

    def __init__(self, looks: Iterator[tuple[Row, Callable[[], bool]]]) -> None:
        self.done = False
        self._looks = looks
        self._answers: SimpleQueue[tuple[Row, bool] | None] = SimpleQueue()
        self._asked: list[Row] = []  # the one that is being asked
        self._turn = threading.Lock()
        self._dismissed = False
        threading.Thread(target=self._work, daemon=True).start()

    def gather(self, found: list[Row], patience: float) -> bool:
        """Take one answer; return whether it came in time."""
        try:
            answer = self._answers.get(timeout=patience)
        except Empty:
            return False
        if answer is None:
            self.done = True
        elif answer[1]:
            found.append(answer[0])
        return True

    def dismiss(self, found: list[Row]) -> list[Row]:
        """Let it end when it can, and return what it still waits for; another one goes on."""
        with self._turn:
            self._dismissed = True
            waiting = list(self._asked)
        with suppress(Empty):
            while answer := self._answers.get_nowait():
                found += [answer[0]] if answer[1] else []
        return waiting

    def _work(self) -> None:
        for row, ask in iter(self._next, None):
            answer = ask()
            with self._turn:  # an answer that comes too late was counted as none
                if self._dismissed:
                    return
                self._answers.put((row, answer))
                self._asked.clear()
        self._answers.put(None)

    def _next(self) -> tuple[Row, Callable[[], bool]] | None:
        with self._turn:
            if self._dismissed:
                return None
            look = next(self._looks, None)
            self._asked = [look[0]] if look else []
            return look
