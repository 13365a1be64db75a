"""The agent's configuration: written with comments, read again, and wrong keys are named."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.checking import troubles
from bot.agent.config import AgentConfig, AgentConfigError, load
from bot.agent.installing import unit
from bot.agent.writing import rendered

GOOD = """
name = "NTSITE1"
agent = "0123456789abcdef"
bot = "https://despool.example"
"""


def written(folder, text):
    (folder / "agent.toml").write_text(text, "utf-8")
    return folder / "agent.toml"


def test_what_is_not_said_has_its_default_beside_the_configuration(tmp_path):
    config = load(written(tmp_path, GOOD))
    assert config.bot == "https://despool.example/"
    assert config.key_file == tmp_path / "agent.key"
    assert config.state == tmp_path
    assert config.audit == tmp_path / "audit.jsonl"
    assert config.probes_per_second == 5
    assert config.deadline == 5
    assert config.roots == ()


WRONG = {
    'colour = "red"': "colour is no key",
    "roots = 5": "roots",
    'roots = ["share"]': "roots",
    "maps = { 'E:\\SMS_PKGE' = 5 }": "maps",
    "maps = { '/srv' = '/srv/pkge' }": "maps",
    "maps = { 'E:\\..\\x' = '/srv/pkge' }": "maps",
    "probes_per_second = 0": "probes_per_second",
    "buffer_pushes = -1": "buffer_pushes",
    "deadline = 'long'": "deadline",
    'aliases = ["two words"]': "aliases",
    "logs = [ ": "TOML",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_key_is_named(tmp_path, line):
    with pytest.raises(AgentConfigError, match=WRONG[line]):
        load(written(tmp_path, f"{GOOD}{line}\n"))


@pytest.mark.parametrize(
    ("bot", "why"),
    [
        pytest.param("http://despool.example/", "not encrypted", id="unencrypted, over a network"),
        pytest.param("ftp://despool.example/", "not the address", id="another scheme"),
        pytest.param("despool.example", "not the address", id="no scheme"),
        pytest.param("https://user@despool.example/", "user", id="with a user"),
        pytest.param("https://despool.example/?a=1", "query", id="with a query"),
        pytest.param("https://despool.example:99999/", "not the address", id="no such port"),
    ],
)
def test_a_wrong_address_of_the_bot_is_named(tmp_path, bot, why):
    text = GOOD.replace("https://despool.example", bot)
    with pytest.raises(AgentConfigError, match=f"bot: .*{why}"):
        load(written(tmp_path, text))


@pytest.mark.parametrize(
    "bot", ["http://127.0.0.1:3000", "http://localhost:3000/", "http://[::1]:3000/despool/"]
)
def test_on_this_machine_nothing_need_be_encrypted(tmp_path, bot):
    text = GOOD.replace("https://despool.example", bot)
    assert load(written(tmp_path, text)).bot == bot.rstrip("/") + "/"


def test_a_missing_key_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(AgentConfigError, match="agent is missing"):
        load(written(tmp_path, GOOD.replace("agent", "# agent")))
    with pytest.raises(AgentConfigError, match=r"none\.toml.*enroll"):
        load(tmp_path / "none.toml")


def test_what_would_keep_it_from_working_is_told_by_its_key(tmp_path):
    (tmp_path / "agent.key").write_text("")
    (tmp_path / "agent.key").chmod(0o644)
    text = (
        f"roots = ['{tmp_path}/none']\nlogs = ['{tmp_path}/none/Despool.log']\n"
        f"[maps]\n'E:\\SMS_PKGE' = '{tmp_path}'\n"
        f"[relays.NT4DP]\naccount = '{tmp_path}/none'\nshares = ['SMS_PKGE']\n"
    )
    faults = troubles(load(written(tmp_path, GOOD + text)))
    assert [fault.partition(":")[0] for fault in faults] == [
        *("key_file", "roots", "maps", "logs", "relays.NT4DP.account")
    ]


PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(root=PATHS, alias=st.from_regex(r"[\w.-]{1,20}", fullmatch=True), folder=PATHS)
def test_a_configuration_is_read_as_it_was_written(root, alias, folder):
    maps = {"E:\\SMS_PKGE": f"/{folder}", "\\\\NTSITE1\\It's": "/srv"}
    relays = {alias: {"account": f"/{folder}", "shares": ["SMS_PKGE"], "smb1": True}}
    held = tomllib.loads(GOOD) | {"aliases": [alias], "roots": [f"/{root}"]}
    held |= {"maps": maps, "relays": relays}
    config = AgentConfig.model_validate(held)
    assert AgentConfig.model_validate(tomllib.loads(rendered(config))) == config


def test_every_key_is_written_with_what_it_means():
    text = rendered(AgentConfig.model_validate(tomllib.loads(GOOD)))
    for key, field in AgentConfig.model_fields.items():
        assert f"# {field.description}\n" in text
        assert f"{key} = " in text or f"[{key}" in text


def test_the_service_gets_no_more_rights_than_it_needs(tmp_path):
    from pathlib import Path

    text = unit(Path("/etc/despool/100% agent.toml"), Path("/var/lib/despool"))
    assert 'run --config "/etc/despool/100%% agent.toml"' in text
    assert "DynamicUser=yes" in text
    assert "AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_LEASE\n" in text
    assert "NoNewPrivileges=yes" in text
    assert "ProtectSystem=strict" in text
    elsewhere = unit(Path("/etc/despool/agent.toml"), tmp_path)
    assert "DynamicUser" not in elsewhere
    assert f"ReadWritePaths={tmp_path}\n" in elsewhere
