"""Whether the socket to Slack is heard or deaf, told from times alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What is known of the socket at one moment."""

    heard_seconds_ago: float | None  # None: nothing was to be heard yet, or events come over HTTP
    is_deaf: bool
    is_open: bool


class Pulse:
    """Tells from the times at which something was heard whether the socket is deaf."""

    def __init__(self, deaf_after: float) -> None:
        self._deaf_after = deaf_after
        self._heard: float | None = None
        self._stamp: float | None = None

    def heard(self, at: float) -> None:
        """Note that something came, or that from now on something ought to come."""
        self._heard = at

    def pong(self, stamp: float | None, at: float) -> None:
        """Note which ping slack_sdk saw answered last.

        Only a change from one stamp to another proves an answer: where there is none, slack_sdk
        puts one in by itself when it sends a ping.
        """
        if None not in (stamp, self._stamp) and stamp != self._stamp:
            self.heard(at)
        self._stamp = stamp

    def silence(self, at: float) -> float | None:
        """Return for how many seconds nothing was heard; None before anything ought to be."""
        return None if self._heard is None else max(0.0, at - self._heard)

    def is_deaf(self, at: float) -> bool:
        """Tell whether the silence has lasted too long."""
        silence = self.silence(at)
        return silence is not None and silence > self._deaf_after
