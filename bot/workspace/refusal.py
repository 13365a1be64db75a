"""How the stand-in says no in Slack's words, and what goes wrong with it on demand."""

from dataclasses import dataclass
from typing import Any, Literal


class Refusal(Exception):
    """An answer `{"ok": false, "error": …}`; details go where Slack's own validator puts them."""

    def __init__(self, error: str, *details: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: dict[str, Any] = {"ok": False, "error": error, **more}
        if details:
            messages = [f"[ERROR] {detail}" for detail in details]
            self.answer |= {"errors": details, "response_metadata": {"messages": messages}}


def check(holds: object, error: str, *details: str, **more: Any) -> None:
    """Refuse unless something holds."""
    if not holds:
        raise Refusal(error, *details, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way in which a call of the Web API goes wrong."""

    status: int | None = None  # answer this instead of doing anything; 429 takes retry_after
    retry_after: int | None = None  # seconds
    error: str | None = None  # refuse with this error, as `invalid_auth`
    cut: Literal["before", "after"] | None = None  # "after": Slack has done it, nobody hears so
    delay: float = 0.0  # seconds before anything else happens
