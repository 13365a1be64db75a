"""Verdicts that people called wrong, kept for the operator without what tells whose log it was."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.errors import DespoolError
from bot.model import Report
from bot.redaction import redact

log = logging.getLogger(__name__)

LONGEST = 64 * 1024  # characters of one sample
MOST = 500  # samples; then the folder is the operator's to empty


class FeedbackFailed(DespoolError):
    """A sample could not be kept."""


class Feedback:
    """Samples of wrong verdicts, one file each in a folder of the operator's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, report: Report, texts: Sequence[str]) -> str:
        """Write down what was read and judged, redacted; return the reference of the sample."""
        row = _row(report, texts)
        reference = secrets.token_hex(4)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if sum(1 for _ in self._folder.glob("*.json")) >= MOST:
                raise FeedbackFailed(
                    f"There are {MOST} samples already; the operator reads them first."
                )
            path = self._folder / f"{reference}.json"
            path.write_text(json.dumps(row, ensure_ascii=True, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            log.error("A sample could not be kept: %s", error.strerror)
            raise FeedbackFailed(
                "The sample could not be kept: the data folder takes no file."
            ) from None
        log.info("Kept a sample of a wrong verdict", extra={"reference": reference})
        return reference


def _row(report: Report, texts: Sequence[str]) -> dict[str, Any]:
    names = tuple({one.server for one in report.findings if one.server})
    verdicts = [
        {"kind": one.kind, "certainty": one.certainty, "rule": one.rule} for one in report.findings
    ]
    text = "\n\n".join(texts)
    sample = redact(text[: 2 * LONGEST], names)
    return {
        "version": 1,
        "verdicts": verdicts,
        "sample": sample[:LONGEST],
        "cut": len(sample) > LONGEST or len(text) > 2 * LONGEST,
    }
