"""The self-test that an admin runs on a server: it finds its own lock there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.agent.win32.calls import is_wine

CODE = "import bot.agent.selftest as s, sys; sys.exit(s.selftest({}))"


def selftest(program, as_json):
    python = Path(sys.executable).with_name(program) if is_wine() else sys.executable
    return subprocess.run([python, "-c", CODE.format(as_json)], capture_output=True, text=True)


def test_a_file_that_is_locked_here_is_found_out():
    run = selftest("plain.exe", True)
    told = json.loads(run.stdout)
    assert (run.returncode, told["ok"], told["violation"]) == (0, True, 32)
    results = {probe["name"]: probe["result"] for probe in told["probes"]}
    assert list(results) == ["nt_pids", "rm", "smb_wmi", "netfile", "nt_handles", "nt_modules"]
    assert results["nt_handles"] == results["nt_modules"] == "found"
    assert told["pid"] in [holder["pid"] for holder in told["look"]["holders"]]


@pytest.mark.skipif(not is_wine(), reason="the double stands in for Wine's Restart Manager")
def test_a_probe_that_does_not_find_it_is_told_and_is_a_failure():
    run = selftest("python.exe", False)  # there the double of the Restart Manager sees nobody
    assert run.returncode == 1
    assert "rm          missed" in run.stdout
    assert run.stdout.splitlines()[-1] == "It does not work here as it should."
