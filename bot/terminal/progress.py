"""A bar on the error stream while large inputs are read."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0  # seconds before a bar appears


class ReadingBar:
    """Counts bytes; shows a bar after a second, on a terminal only, and removes it at the end."""

    def __init__(self, total: int) -> None:
        self._total = total or None
        self._read = 0
        self._start = monotonic()
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._bar: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar[0].stop()

    def __call__(self, count: int) -> None:
        """Count bytes that were read since the call before."""
        self._read += count
        if self._total:  # a second look at the same bytes is not more of them
            self._read = min(self._read, self._total)
        if self._bar:
            self._bar[0].update(self._bar[1], completed=self._read)
        elif self._terminal and monotonic() - self._start > PATIENCE:
            self._show()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        bar = Progress(
            TextColumn("Reading"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar = (bar, bar.add_task("", total=self._total, completed=self._read))
        bar.start()
