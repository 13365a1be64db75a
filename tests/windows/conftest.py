"""What is tested here runs on Windows: natively there, and elsewhere in a Windows made of Wine.

On another system pytest collects these tests as any other; the first one that is due has all that
were collected run by the Python of Windows, and each then reports what came of it there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import wine

HERE = Path(__file__).parent
ON_WINDOWS = sys.platform == "win32"
REPORTS = "WINE_REPORTS"  # names the file in which the Windows side leaves its reports
SECONDS = 300.0
RUN = ("-P", "-X", r"pycache_prefix=C:\pycache", "-m", "pytest", "-p", "no:cacheprovider", "-q")
UNASKED = pytest.StashKey[str]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on Windows, whatever it is run by."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.windows)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Report what came of a test on Windows, in place of running it here."""
    if ON_WINDOWS or HERE not in item.path.parents:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in _reports(item):
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _reports(item: pytest.Item) -> Iterator[pytest.TestReport]:
    if lacks := wine.missing():
        yield _report(item, "skipped", (str(item.path), 0, f"Skipped: {lacks}"))
        return
    found = [row for row in _played(item.session) if row["nodeid"] == item.nodeid]
    if not found:
        said = item.session.stash.get(UNASKED, "it was not run")
        yield _report(item, "failed", f"Windows reported nothing of this test:\n{said}")
    for row in found:
        read = item.config.hook.pytest_report_from_serializable
        yield read(config=item.config, data=row)


def _report(item: pytest.Item, outcome: Any, longrepr: Any) -> pytest.TestReport:
    if outcome == "skipped" and os.environ.get("CI") == "true":
        outcome, longrepr = "failed", f"CI=true allows no skips: {longrepr[2]}"
    return pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome=outcome,
        longrepr=longrepr,
        when="setup",
    )


PLAYED = pytest.StashKey[list[dict[str, Any]]]()


def _played(session: pytest.Session) -> list[dict[str, Any]]:
    """Return the reports of Windows; several processes of one pytest-xdist run share them."""
    if PLAYED not in session.stash:
        bed = wine.bed()
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}-{id(session)}")
        kept = bed.folder / f"reports-{run}.jsonl"
        with wine.locked(bed.folder / "playing"):
            if not kept.is_file():
                session.stash[UNASKED] = _play(session, bed, kept)
        rows = kept.read_text("utf-8").splitlines()
        session.stash[PLAYED] = [json.loads(row) for row in rows]
    return session.stash[PLAYED]


def _play(session: pytest.Session, bed: wine.Bed, kept: Path) -> str:
    nodes = [item.nodeid for item in session.items if HERE in item.path.parents]
    root = session.config.rootpath
    made = kept.with_suffix(".made")
    try:
        said = bed.run(
            *RUN, "--rootdir", wine.inside(root), "-c", wine.inside(root / "pyproject.toml"),
            *[f"{wine.inside(root)}\\{node}" for node in nodes],
            seconds=SECONDS,
            **{REPORTS: wine.inside(made)},
            **{name: os.environ[name] for name in ("CI",) if name in os.environ},
        )  # fmt: skip
    except (RuntimeError, subprocess.TimeoutExpired) as problem:
        said = str(problem)
    finally:
        bed.end()
    made.touch()
    made.rename(kept)
    return said


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Leave each report where the other side reads it."""
    if ON_WINDOWS and (place := os.environ.get(REPORTS)):
        row = CONFIG[0].hook.pytest_report_to_serializable(config=CONFIG[0], report=report)
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


CONFIG: list[pytest.Config] = []


def pytest_configure(config: pytest.Config) -> None:
    """Keep what turns a report into text."""
    CONFIG.append(config)
