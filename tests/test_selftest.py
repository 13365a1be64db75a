"""The self-test finds its own lock on this machine, and says so when a probe does not."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from bot.agent.selftest import WORKS, Trial, attempt, selftest
from tests.wine import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="tests/windows has its own")


def test_the_object_names_each_probe_of_this_system_and_what_it_found():
    run = subprocess.run(
        [sys.executable, "-c", "import bot.agent.selftest as s, sys; sys.exit(s.selftest(True))"],
        capture_output=True,
        cwd=ROOT,
    )
    told = json.loads(run.stdout)
    assert (run.returncode, run.stderr) == (WORKS, b"")
    assert (told["version"], told["ok"], told["violation"]) == (1, True, None)
    results = {probe["name"]: probe["result"] for probe in told["probes"]}
    assert results["lease"] == results["proc"] == "found"
    assert results["smbstatus"] in ("nothing to find", "not available")
    assert not {"missed", "failed"} & set(results.values())
    assert told["look"]["state"] == "held"
    assert told["pid"] in [holder["pid"] for holder in told["look"]["holders"]]


def test_the_words_tell_the_same(capsys):
    assert selftest(as_json=False) == WORKS
    said = capsys.readouterr().out
    assert "proc        found" in said
    assert said.splitlines()[-1] == "It works here."


async def test_a_probe_that_missed_or_a_lock_nobody_named_is_a_failure():
    good = await attempt()
    assert good.is_good
    missed = Trial(name="proc", result="missed", ms=1)
    failed = Trial(name="smb_wmi", result="failed", ms=1, error="no answer within 5 s")
    away = Trial(name="rm", result="not available", ms=0, error="not Windows")
    free = replace(good.look, holders=(), state="unknown")
    other = replace(good.look, holders=tuple(replace(one, pid=1) for one in good.look.holders))
    for bad in (
        replace(good, trials=(*good.trials, missed)),
        replace(good, trials=(*good.trials, failed)),
        replace(good, violation=0),
        replace(good, look=free),
        replace(good, look=other),
    ):
        assert not bad.is_good
    assert replace(good, trials=(*good.trials, away)).is_good
