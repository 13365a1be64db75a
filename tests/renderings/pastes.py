"""Put an incident's event and log together into one paste, and the paste through its damages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .container import Container
from .damage import Damage
from .expected import Expected, expect
from .incident import Entry, Incident, failures
from .layouts import LAYOUTS
from .letters import LETTERS
from .logs import Log
from .prose import bare

_ALL = (*LETTERS, *LAYOUTS)
DAMAGES = tuple(damage for damage in _ALL if not damage.cuts_words)
TERMINALS = tuple(damage for damage in _ALL if damage.cuts_words)  # lose words for good


@dataclass(frozen=True, kw_only=True)
class Paste:
    """One rendering: which forms, which damages, in which order, in which words."""

    incident: Incident
    container: Container | None = None
    log: Log | None = None
    damages: tuple[Damage, ...] = ()
    prose: Callable[[str], str] = bare
    entries: Callable[[Incident], list[Entry]] = failures
    newest_first: bool = False
    log_first: bool = False
    times: int = 1

    def parts(self) -> list[str]:
        """The event and the log, each undamaged."""
        parts = []
        if self.container is not None:
            parts.append(self.container.render(self.incident))
        if self.log is not None:
            entries = self.entries(self.incident)
            ordered = reversed(entries) if self.newest_first else entries
            parts.append("\n".join(map(self.log.entry, ordered)))
        return parts[::-1] if self.log_first else parts

    def text(self) -> str:
        """The paste as it arrives."""
        body = "\n\n".join(part.rstrip("\r\n") for part in self.parts() * self.times)
        return damaged(self.prose(body), self.damages)

    def expected(self) -> Expected:
        """What must be found in it."""
        return expect(self.incident, self.container, self.log, self.damages)

    def __str__(self) -> str:
        names = [item.name if item else "none" for item in (self.container, self.log)]
        return " / ".join([*names, *(damage.name for damage in self.damages)])


def damaged(text: str, damages: Sequence[Damage]) -> str:
    """Apply damages in the order given."""
    for damage in damages:
        text = damage.apply(text)
    return text
