"""The despooler's clock: when SMS 1.x tries a package again, forces users off it, and gives up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The numbers of Q128458 (interval, forced disconnect) and Q182414, Q140374 (tries)."""

    interval_minutes: Mapping[str, int]  # by the site's Response setting: "very-fast", "fast", …
    retries_before_disconnect: int
    disconnect_delay_minutes: int
    tries: int
    period: str  # how the article puts the whole time, where the Response setting is not known
    sources: tuple[str, ...]

    @property
    def outlook(self) -> str:
        """Say how long the despooler goes on, for a reader whose Response setting is unknown."""
        return (
            f"SMS 1.x tries {self.tries} times, over {self.period}, and then fails the job "
            f"({', '.join(self.sources)})"
        )

    def interval(self, response: str) -> timedelta:
        """Return the time between two tries; KeyError for a Response setting SMS does not have."""
        return timedelta(minutes=self.interval_minutes[response])

    def next_try(self, failed: datetime, response: str) -> datetime:
        """Return when a package that failed at that time is tried again."""
        return failed + self.interval(response)

    def forced_disconnect(
        self,
        first_failure: datetime,
        response: str,
        *,
        retries: int | None = None,
        delay_minutes: int | None = None,
    ) -> datetime:
        """Return when users are cut off, where that is switched on: `(x * (y + 1)) + z`.

        The two registry values default to those SMS is installed with (12 and 5).
        """
        count = self.retries_before_disconnect if retries is None else retries
        delay = self.disconnect_delay_minutes if delay_minutes is None else delay_minutes
        return first_failure + self.interval(response) * (count + 1) + timedelta(minutes=delay)

    def gives_up(self, first_failure: datetime, response: str) -> datetime:
        """Return when the last try has failed, counted from the first and with no restart."""
        return first_failure + self.interval(response) * self.tries
