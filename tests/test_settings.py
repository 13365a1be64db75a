"""Settings: what is read, what is refused, and that a secret never shows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, load, load_kept, variables

ROOT = Path(__file__).parent.parent
BOT = {"SLACK_BOT_TOKEN": "xoxb-1-2-secretvalue"}
SOCKET = {**BOT, "SLACK_APP_TOKEN": "xapp-1-secretvalue"}
HTTP = {**BOT, "SLACK_SIGNING_SECRET": "0123456789abcdef"}


@pytest.fixture
def loaded(monkeypatch, tmp_path):
    """Load the settings of exactly these variables, in an empty folder."""
    for name in [*variables(), "DATABASE_URL"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def loaded_with(variables: dict[str, str]) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return load()

    return loaded_with


def test_socket_mode_needs_no_signing_secret(loaded):
    settings = loaded(SOCKET)
    assert settings.socket_mode
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert settings.database_url.get_secret_value().startswith("sqlite:///")


def test_without_an_app_token_events_come_over_http(loaded):
    assert not loaded(HTTP).socket_mode


def test_an_empty_variable_is_one_that_is_not_set(loaded):
    assert not loaded({**HTTP, "SLACK_APP_TOKEN": "", "PORT": ""}).socket_mode


def test_a_dotenv_file_in_the_working_folder_is_read(loaded, tmp_path):
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-a\nSLACK_APP_TOKEN=xapp-b\nPORT=3001\n")
    assert loaded({}).port == 3001


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        pytest.param({}, "SLACK_BOT_TOKEN is not set", id="no token at all"),
        pytest.param(BOT, "SLACK_SIGNING_SECRET is not set", id="neither socket nor secret"),
        pytest.param(
            {**SOCKET, "SLACK_BOT_TOKEN": "xapp-secretvalue"}, "SLACK_BOT_TOKEN", id="wrong token"
        ),
        pytest.param(
            {**BOT, "SLACK_APP_TOKEN": "xoxb-secretvalue"}, "SLACK_APP_TOKEN", id="tokens swapped"
        ),
        pytest.param(
            {**SOCKET, "SLACK_BOT_TOKEN": "xoxb-secret value"}, "SLACK_BOT_TOKEN", id="blank inside"
        ),
        pytest.param({**SOCKET, "PORT": "secretvalue"}, "PORT", id="port is no number"),
        pytest.param({**SOCKET, "PORT": "65536"}, "PORT", id="port out of range"),
        pytest.param(
            {**SOCKET, "DESPOOL_SLACK_API_URL": "ftp://x/"}, "DESPOOL_SLACK_API_URL", id="no http"
        ),
        pytest.param(
            {**SOCKET, "DESPOOL_PUBLIC_URL": "http://x:secretvalue/"},
            "DESPOOL_PUBLIC_URL",
            id="address with a port that is no number",
        ),
        pytest.param(
            {**SOCKET, "DATABASE_URL": "mysql://u:secretvalue@h/d"},
            "DESPOOL_DATABASE_URL",
            id="a database nobody can use",
        ),
        pytest.param({**SOCKET, "DESPOOL_TLS_CERT": "c"}, "DESPOOL_TLS_KEY", id="cert, no key"),
        pytest.param({**SOCKET, "DESPOOL_TLS_KEY": "k"}, "DESPOOL_TLS_CERT", id="key, no cert"),
        pytest.param(
            {**SOCKET, "DESPOOL_TLS_CERT": "/no/c", "DESPOOL_TLS_KEY": "/no/k"},
            "DESPOOL_TLS_CERT",
            id="files that are not there",
        ),
        pytest.param({**SOCKET, "DESPOOL_LOG_LEVEL": "loud"}, "DESPOOL_LOG_LEVEL", id="log level"),
        pytest.param({**SOCKET, "DESPOOL_DATA_DIR": __file__}, "DESPOOL_DATA_DIR", id="a file"),
    ],
)
def test_what_is_wrong_is_named_and_its_value_is_not(loaded, variables, named):
    with pytest.raises(SettingsError) as caught:
        loaded(variables)
    text = str(caught.value)
    assert text.startswith(named)
    assert len(text) > len(named) + 20, "it says how to repair it"
    assert "secret" not in text.replace("signing secret", "").replace("secretvalues", "")


def test_no_secret_shows_when_settings_are_printed(loaded):
    settings = loaded({**SOCKET, "DATABASE_URL": "postgres://u:secretvalue@h/d"})
    assert "secretvalue" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
        ("sqlite:////srv/despool.db", "sqlite:////srv/despool.db"),
    ],
)
def test_the_database_is_taken_from_either_variable(loaded, given, used):
    assert loaded({**SOCKET, "DATABASE_URL": given}).database_url.get_secret_value() == used


def test_our_own_variable_goes_before_the_common_one(loaded):
    settings = loaded(
        {**SOCKET, "DATABASE_URL": "mysql://h/d", "DESPOOL_DATABASE_URL": "sqlite:///a.db"}
    )
    assert settings.database_url.get_secret_value() == "sqlite:///a.db"


def test_the_address_of_the_web_api_ends_with_a_slash(loaded):
    settings = loaded({**SOCKET, "DESPOOL_SLACK_API_URL": "http://127.0.0.1:1/api"})
    assert settings.slack_api_url == "http://127.0.0.1:1/api/"


def test_every_variable_is_described_and_stands_in_the_example():
    example = (ROOT / ".env.example").read_text("utf-8")
    for name, description in variables().items():
        assert description, name
        assert f"{name}=" in example


def test_every_variable_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in variables() if name not in readme] == []


def test_the_example_names_nothing_that_is_not_read():
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    named = {line.removeprefix("#").partition("=")[0] for line in lines if "=" in line}
    assert named == set(variables())


def test_a_wrong_setting_ends_the_command_with_status_2_and_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "SLACK_BOT_TOKEN": "xoxp-secretvalue", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "SLACK_BOT_TOKEN" in done.stderr
    assert "secretvalue" not in json.dumps([done.stdout, done.stderr])
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("24h", 24),
        ("90m", 1.5),
        ("7d", 168),
        ("30s", 1 / 120),
        ("48", 48),
        ("PT1H", 1),
        ("1.5 h", 1.5),
    ],
)
def test_a_time_span_is_written_as_people_write_it(loaded, text, hours):
    settings = loaded({**SOCKET, "DESPOOL_INCIDENT_WINDOW": text, "DESPOOL_RETENTION": text})
    assert settings.incident_window.total_seconds() == pytest.approx(hours * 3600)
    assert settings.retention == settings.incident_window


@pytest.mark.parametrize("text", ["0", "-1h", "soon", "9999999d"])
def test_a_span_that_is_none_is_refused(loaded, text):
    with pytest.raises(SettingsError, match="DESPOOL_INCIDENT_WINDOW"):
        loaded({**SOCKET, "DESPOOL_INCIDENT_WINDOW": text})


def test_people_and_groups_are_listed_by_their_ids(loaded):
    listed = "U0ALEX, S0ADMINS <@U0SAM>,<!subteam^S0MORE>"
    settings = loaded({**SOCKET, "DESPOOL_ADMINS": listed})
    assert settings.admins == ("U0ALEX", "S0ADMINS", "U0SAM", "S0MORE")
    assert settings.allowed_users == ()
    with pytest.raises(SettingsError, match="DESPOOL_ADMINS"):
        loaded({**SOCKET, "DESPOOL_ADMINS": "alex"})
    with pytest.raises(SettingsError, match="DESPOOL_ALERT_CHANNEL"):
        loaded({**SOCKET, "DESPOOL_ALERT_CHANNEL": "#alerts"})


def test_the_place_of_the_database_is_read_without_any_token(loaded, tmp_path, monkeypatch):
    monkeypatch.setenv("DESPOOL_DATA_DIR", str(tmp_path))
    assert load_kept() == (tmp_path, f"sqlite:///{tmp_path}/despool.db")
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@h/d")
    assert load_kept()[1] == "postgresql://u:p@h/d"
