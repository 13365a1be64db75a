"""The standard output and error: whoever reads them may be gone, or the disk full."""

from __future__ import annotations

import os
import sys


def write(data: bytes) -> bool:
    """Write to the standard output; a reader who has gone is no fault, a full disk is."""
    if sys.stdout is None:
        return True
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        complain(f"despool: the answer could not be written: {error.strerror or error}")
        return False
    return True


def complain(line: str) -> None:
    """Write a line to the standard error, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
