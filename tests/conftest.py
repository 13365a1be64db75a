"""What holds for every test: in CI no skips, and never the proxies, tokens, tastes of a shell."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

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
