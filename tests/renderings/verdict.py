"""The one place where the program under test is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.analysis import analyse
from bot.knowledge import load
from bot.reading.sources import BytesSource

from .expected import differences
from .pastes import Paste


def examine(*inputs: tuple[str, bytes | str]) -> dict[str, Any]:
    """Analyse inputs as one body of evidence, as `despool explain --json` does."""
    sources = [
        BytesSource(name=name, data=data.encode() if isinstance(data, str) else data)
        for name, data in inputs
    ]
    report: dict[str, Any] = json.loads(json.dumps(analyse(sources, load()).as_json()))
    return report


def findings(*texts: bytes | str) -> list[dict[str, Any]]:
    """The findings in some texts, each an input of its own."""
    named = ((f"{number}.txt", text) for number, text in enumerate(texts))
    found: list[dict[str, Any]] = examine(*named)["findings"]
    return found


def kinds(*texts: bytes | str) -> list[str]:
    """The verdicts on some texts, each an input of its own."""
    return [finding["kind"] for finding in findings(*texts)]


def verdicts(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings without their quotes, which rightly differ between renderings."""
    return [
        {name: value for name, value in finding.items() if name != "evidence"}
        | {"files": sorted(finding["files"])}
        for finding in report["findings"]
    ]


def faults(paste: Paste) -> list[str]:
    """In what points the report on a paste is not what its incident demands."""
    text = paste.text()
    report = examine(("paste.txt", text))
    found = differences(report, paste.expected(), {"paste.txt": text})
    return [f"{paste}: {line}" for line in found]
