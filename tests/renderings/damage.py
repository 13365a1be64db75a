"""What a damage is: something that happens to text on its way, and what it makes unreadable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["letters", "escape", "layout", "outer"]
STAGES: tuple[Stage, ...] = ("letters", "escape", "layout", "outer")


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One thing that happens to text, and what it makes unreadable."""

    name: str
    stage: Stage
    apply: Callable[[str], str]
    breaks_syntax: bool = False  # JSON, XML or columns no longer parse
    cuts_words: bool = False  # a word may continue on the next line
    loses_apostrophe: bool = False
    recodes: bool = False  # letters beyond ASCII are written another way
    joins_lines: bool = False


def lines_of(text: str) -> list[str]:
    """The lines of a text, whatever ends them."""
    return text.replace("\r\n", "\n").split("\n")


UNDAMAGED = Damage(name="nothing", stage="outer", apply=str)
