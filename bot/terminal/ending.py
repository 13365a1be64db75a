"""How a command ends: its exit status, and one line in place of a trace."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import DespoolError
from bot.terminal.output import complain

UNUSABLE = 2  # the exit status where a setting or an input cannot be used
INTERRUPTED = 130


def status_of(command: Callable[[], int]) -> int:
    """Return the status of a command; what the reader can mend becomes one line, not a trace."""
    try:
        return command()
    except DespoolError as error:
        complain(f"despool: {error}")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
