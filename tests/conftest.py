"""What holds for every test: in CI no skips, and never the proxies, tokens, tastes of a shell."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from bot.app import Running
    from bot.incidents.opening import Store
    from bot.workspace import Workspace
    from tests.postgres import Server

CI = os.environ.get("CI") == "true"

# slack_sdk and aiohttp take a proxy even for 127.0.0.1, where the stand-in workspace listens
PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "WS_PROXY", "WSS_PROXY", "ALL_PROXY"})
# what a developer's shell may hold: no test may start a bot in a real workspace
OWN = ("SLACK_", "DESPOOL_")
OWN_NAMES = frozenset({"DATABASE_URL", "PORT"})
# what would change how an answer looks; each test says itself what it wants
LOOKS = frozenset({"FORCE_COLOR", "NO_COLOR", "COLUMNS", "LINES"})

for name in list(os.environ):
    if name.upper() in PROXIES or name.startswith(OWN) or name in OWN_NAMES | LOOKS:
        del os.environ[name]
os.environ["TERM"] = "xterm-256color"  # some CI systems say "dumb", which has no colours at all

# a busy machine is no failure, so nothing is timed; in CI every run tries the same examples
_QUIET = [HealthCheck.too_slow]
settings.register_profile("here", deadline=None, suppress_health_check=_QUIET)
settings.register_profile("ci", deadline=None, suppress_health_check=_QUIET, derandomize=True)
settings.load_profile("ci" if CI else "here")


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure where CI=true: a machine that lacks something must say so."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI=true allows no skips, and this was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[Any]:
    """Judge the skips of single tests."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[Any]:
    """Judge the skips of whole modules."""
    report = yield
    _refuse_skip(report)
    return report


# the tests of the core need no Slack, so what these import is imported where they are used


@pytest.fixture
async def ws() -> "AsyncIterator[Workspace]":
    """Give a stand-in workspace."""
    from bot.workspace import Workspace

    async with Workspace() as workspace:
        yield workspace


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> str:
    """Give each way in which events reach the bot."""
    return str(request.param)


@pytest.fixture
async def live(ws: "Workspace", mode: str, tmp_path: Path) -> "AsyncIterator[Running]":
    """Give a bot that hears the workspace and keeps its data in the test's folder."""
    from tests.surfaces import listening

    async with listening(ws, mode, tmp_path) as bot:
        yield bot


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Server]":
    """Give a PostgreSQL server that all tests of this worker share."""
    from tests.postgres import MISSING, binaries, server

    if binaries() is None:
        pytest.skip(MISSING)
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'despool.db'}"
    running: Server = request.getfixturevalue("postgres")
    return running.database()


@pytest.fixture
async def store(address: str) -> "AsyncIterator[Store]":
    """Give all that is kept, in a database of each kind."""
    from bot.incidents.opening import opened

    async with opened(address) as kept:
        yield kept
