"""The agent as a service of Windows: registered, started, stopped and taken away again."""

import sys
import time
from contextlib import suppress

import pytest

from bot.agent.service import NAME, ServiceRefused, install, register, start, uninstall

PATIENCE = 60.0


def settled(path, text):
    """Wait until a file says something."""
    end = time.monotonic() + PATIENCE
    while not path.exists() or path.read_text() != text:
        assert time.monotonic() < end, "the service did nothing"
        time.sleep(0.1)


def status():
    import win32serviceutil

    return win32serviceutil.QueryServiceStatus(NAME)


@pytest.fixture
def place(tmp_path):
    import pathlib

    root = pathlib.Path(__file__).parents[2]
    place = tmp_path / "agent.toml"
    command = (
        f"import sys; sys.path.insert(0, {str(root)!r}); sys.argv[1:] = [{str(place)!r}];"
        "import runpy; runpy.run_module('tests.windows.serving', run_name='__main__')"
    )
    remarks = register(place, (sys.executable, "-c", command))
    assert not [one for one in remarks if "description" in one or "crash" in one], remarks
    yield place
    with suppress(ServiceRefused):
        uninstall()


def test_it_runs_until_it_is_stopped_and_leaves_nothing(place):
    import win32service

    start()
    settled(place, "running")
    assert status()[1] == win32service.SERVICE_RUNNING
    uninstall()
    assert place.read_text() == "stopped"
    with pytest.raises(ServiceRefused, match=NAME):
        start()


def test_an_agent_that_fails_is_told_to_windows_as_a_failure(place):
    import win32service

    place.with_suffix(".fails").touch()
    start()
    end = time.monotonic() + PATIENCE
    while status()[1] != win32service.SERVICE_STOPPED:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert status()[3] != 0


def test_a_second_one_is_refused_in_words(place):
    with pytest.raises(ServiceRefused, match=f"The service {NAME} was not installed"):
        install(place)


def test_what_windows_starts_is_this_python_with_the_config(tmp_path, capsys):
    import win32service

    config = tmp_path / "a folder" / "agent.toml"
    assert install(config) == 0
    assert f"sc start {NAME}" in capsys.readouterr().out
    try:
        manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_CONNECT)
        handle = win32service.OpenService(manager, NAME, win32service.SERVICE_QUERY_CONFIG)
        found = win32service.QueryServiceConfig(handle)
        win32service.CloseServiceHandle(handle)
        win32service.CloseServiceHandle(manager)
    finally:
        uninstall()
    assert found[1] == win32service.SERVICE_AUTO_START
    assert found[3] == f'{sys.executable} -P -m bot.agent.service "{config}"'
