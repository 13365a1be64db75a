"""What goes wrong on demand: rate limits, server errors, cut connections, slowness."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a call of the Web API goes wrong."""

    status: int | None = None  # answer this instead of doing anything; 429 takes retry_after
    retry_after: int | None = None  # seconds
    error: str | None = None  # refuse with this error, as `invalid_auth`
    cut: Literal["before", "after"] | None = None  # "after": Slack has done it, nobody hears so
    delay: float = 0.0  # seconds before anything else happens


class Faults:
    """The faults waiting for the next calls of each method."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, list[Fault]] = defaultdict(list)
        self._lasting: dict[str, Fault] = {}

    def add(self, method: str, fault: Fault, times: int | None = 1) -> None:
        """Let the next calls of a method fail; `None` times means until `clear`."""
        if times is None:
            self._lasting[method] = fault
        else:
            self._queues[method].extend([fault] * times)

    def clear(self) -> None:
        """Let everything work again."""
        self._queues.clear()
        self._lasting.clear()

    def take(self, method: str) -> Fault | None:
        """Use up and return the fault that the next call of a method meets, if any."""
        queue = self._queues[method]
        return queue.pop(0) if queue else self._lasting.get(method)
