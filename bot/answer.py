"""What the bot says in a thread, and the sign by which it is found there again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EVENT_TYPE = "despool_finding"
VERSION = 1

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The one reply to one thread, or with no `thread_ts` one post of the bot's own."""

    channel: str
    thread_ts: str | None  # of the thread's root
    key: str  # what is answered; the same key is never answered twice
    rule: str
    text: str
    blocks: list[Json]
    version: int = 0  # of the same key: the highest is what is to be seen in the end

    @property
    def metadata(self) -> Json:
        """Return what finds our own reply again; every app may read it, so it names nothing."""
        payload = {"key": self.key, "rule": self.rule, "version": VERSION}
        return {"event_type": EVENT_TYPE, "event_payload": payload}


def key_of(message: Json) -> str | None:
    """Return the key of the answer that a message is, None where it is none of ours."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    return dict(metadata.get("event_payload") or {}).get("key")
