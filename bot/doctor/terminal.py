"""`despool doctor`: the rows as a table, as lines, or as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import journal
from bot.doctor.examination import examine, without_settings
from bot.doctor.row import Row
from bot.errors import SettingsError
from bot.settings import load


def consult(write: Callable[[bytes], bool], *, as_json: bool) -> int:
    """Examine, show the rows, and return the exit status: 0 all is well, 1 something is not."""
    journal.configure("CRITICAL")  # what goes wrong stands in the rows
    try:
        rows = asyncio.run(examine(load()))
    except SettingsError as error:
        rows = without_settings(error)
    if as_json:
        text = json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2)
        written = write(f"{text}\n".encode("utf-8", "backslashreplace"))
    elif sys.stdout is not None and sys.stdout.isatty():
        Console().print(table(rows))
        written = True
    else:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        written = write(plain(rows, encoding).encode(encoding, "backslashreplace"))
    return 0 if written and all(row.ok for row in rows) else 1


def plain(rows: Sequence[Row], encoding: str = "utf-8") -> str:
    """Return one line for each row, and one more for what mends it."""
    width = max(len(row.id) for row in rows)
    lines = []
    for row in rows:
        lines.append(f"{_mark(row, encoding):<8}  {row.id:<{width}}  {row.detail}")
        if row.fix is not None:
            lines.append(f"{'':<8}  {'':<{width}}  To mend it: {row.fix}")
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Row]) -> Table:
    """Return the rows as a table for a terminal."""
    shown = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for row in rows:
        text = Text(row.detail)
        if row.fix is not None:
            text.append(f"\nTo mend it: {row.fix}", "bold")
        shown.add_row(Text(_mark(row, "utf-8"), "green" if row.ok else "bold red"), row.id, text)
    return shown


def _mark(row: Row, encoding: str) -> str:
    sign, word = ("✓", "ok") if row.ok else ("✗", "FAILED")
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return word
    return f"{sign} {word}"
