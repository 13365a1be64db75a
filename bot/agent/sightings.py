"""What earlier looks have seen of each file, for those who ask when it is too late to look."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from bot.wire import WhoHolds
from bot.wire.talk import Sighting

FILES = 200
OF_ONE_FILE = 4


class Sightings:
    """The last sightings of the files that were locked last."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, list[Sighting]] = OrderedDict()

    def add(self, at: datetime, holds: WhoHolds) -> None:
        """Remember a sighting; a later one of the same moment takes its place."""
        key = (holds.resolved or holds.path).casefold()
        before = [one for one in self._files.pop(key, []) if one.at != at]
        self._files[key] = [*before, Sighting(at=at, holds=holds)][-OF_ONE_FILE:]
        if len(self._files) > FILES:
            self._files.popitem(last=False)

    def of(self, holds: WhoHolds) -> tuple[Sighting, ...]:
        """Return the sightings of the file that a look was at, the latest last."""
        return tuple(self._files.get((holds.resolved or holds.path).casefold(), ()))
