"""Each format reads its own samples, and only those.

`tests/logs/<format>/<case>.log` is a text as received; `<case>.json` beside it lists the records
that are read from it, `[]` where the format is recognised and nothing is to be said. A record
names its `format`, its `kind` and what was read; a field that is not written is empty.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.knowledge
import bot.reading.formats
from bot.correlation import RULES
from bot.model import EventRecord, Figures, LogRecord
from bot.reading import read, recognises
from bot.reading.decode import Text, unpack
from bot.reading.formats import EVENT_FORMATS, FORMATS, LOG_FORMATS, MARKS
from bot.reading.page import Page
from bot.reading.scan import Scan
from bot.reading.sources import BytesSource, Limits
from bot.reading.statements import statements
from bot.reading.unmangle import read_page

LOGS = Path(__file__).parent / "logs"
SAMPLES = sorted(LOGS.glob("*/*.log"))
# What takes a statement or a sentence that no other format knows is no claim to the sample.
FALLBACKS = {"unstamped", "bare_sentence"}
# Tables of causes; the other TOML files of the folder hold words and numbers all causes share.
KNOWLEDGE = Path(bot.knowledge.__file__).parent
SHARED = {"certainty", "retry", "win32"}

Row = dict[str, Any]


def name(sample: Path) -> str:
    return sample.relative_to(LOGS).with_suffix("").as_posix()


def source_of(sample: Path) -> BytesSource:
    return BytesSource(name=sample.name, data=sample.read_bytes())


def pages_of(sample: Path) -> list[Page]:
    (text,) = unpack(source_of(sample), Limits())
    assert isinstance(text, Text)
    return [read_page(text.name, passage.first_line, passage.text) for passage in Scan(text, MARKS)]


def readers(page: Page) -> Iterator[str]:
    """Yield the formats that frame a statement of the page, or find a container in it."""
    for statement in statements(page):
        for log_format in LOG_FORMATS:
            if log_format.frame(page, statement.start, statement.end) is not None:
                yield log_format.NAME
    for event_format in EVENT_FORMATS:
        for _ in event_format.containers(page):
            yield event_format.NAME


def filled(row: Row) -> Row:
    return {
        field: value
        for field, value in row.items()
        if value not in (None, "", []) and value is not False
    }


def written(figures: Figures) -> str | Row:
    if figures.state == "given":
        return {"available_mb": figures.available_mb, "required_mb": figures.required_mb}
    return "cut" if figures.cut else figures.state


def log_row(record: LogRecord) -> Row:
    return {
        "kind": "log",
        "line": record.quote.line,
        "at": str(record.at) if record.at else None,
        "component": record.component,
        "thread": record.thread,
        "operation": record.operation,
        "source_path": record.source_path,
        "path": record.path,
        "win32_error": record.win32_error,
        "succeeded": record.succeeded,
        "server": record.server,
        "share": record.share,
        "package": record.package,
    }


def event_row(record: EventRecord) -> Row:
    return {
        "kind": "event",
        "line": record.quote.line,
        "at": [str(at) for at in record.at],
        "component": record.component,
        "computer": record.computer,
        "server": record.server,
        "share": record.share,
        "package": record.package,
        "figures": written(record.figures),
    }


def records_of(sample: Path) -> list[Row]:
    rows: list[Row] = []
    for reading in read(source_of(sample), Limits()):
        assert reading.input.error is None
        rows += [log_row(record) for record in reading.logs]
        rows += [event_row(record) for record in reading.events]
    return [filled(row) for row in rows]


def expected_of(sample: Path) -> list[Row]:
    rows: list[Row] = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))
    return rows


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_a_sample_gives_the_records_beside_it(sample: Path) -> None:
    expected = [
        {field: row[field] for field in row if field != "format"} for row in expected_of(sample)
    ]
    assert records_of(sample) == expected


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_only_its_own_format_reads_a_sample(sample: Path) -> None:
    own = sample.parent.name
    assert {row["format"] for row in expected_of(sample)} <= {own}
    found = {reader for page in pages_of(sample) for reader in readers(page)}
    if own in FALLBACKS or not expected_of(sample):
        assert found - FALLBACKS <= {own} - FALLBACKS
    else:
        assert found - FALLBACKS == {own}


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_a_sample_with_a_record_is_worth_a_close_look(sample: Path) -> None:
    failures = [row for row in expected_of(sample) if not row.get("succeeded")]
    text = "\n".join("\n".join(page.raw) for page in pages_of(sample))
    assert recognises(text) or not failures


def test_every_module_of_a_format_is_listed_and_has_samples() -> None:
    modules = {module.name for module in pkgutil.iter_modules(bot.reading.formats.__path__)}
    listed = [form.NAME for form in LOG_FORMATS] + [form.NAME for form in EVENT_FORMATS]
    assert sorted(listed) == sorted(modules)
    assert (*LOG_FORMATS, *EVENT_FORMATS) == FORMATS
    assert {folder.name for folder in LOGS.iterdir()} == modules
    for module in modules:
        read_by_it = [sample for sample in (LOGS / module).glob("*.log") if expected_of(sample)]
        assert len(read_by_it) >= 2, f"{module} has no two samples with a record"


def test_every_sample_has_its_records_and_all_records_a_sample() -> None:
    expected = {path.with_suffix("") for path in LOGS.glob("*/*.json")}
    assert expected == {path.with_suffix("") for path in SAMPLES}


def test_every_rule_has_its_cause_and_every_cause_its_rule() -> None:
    causes = {path.stem for path in KNOWLEDGE.glob("*.toml")} - SHARED
    assert len(set(RULES)) == len(RULES)
    assert set(RULES) == causes
    assert set(RULES) == set(bot.knowledge.load().causes)
