"""How the stand-in says no, in Slack's words."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer `{"ok": false, "error": …}`."""

    def __init__(self, error: str, *details: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.details = details
        self.more = more

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer; details go where Slack's own validator puts them."""
        answer: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.details:
            answer["errors"] = list(self.details)
            messages = [f"[ERROR] {detail}" for detail in self.details]
            answer["response_metadata"] = {"messages": messages}
        return answer
