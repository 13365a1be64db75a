"""Which paths an agent looks at: every way to name a file elsewhere is refused, in one text."""

import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.agent.config import AgentConfig
from bot.agent.names import REFUSED, PathRefused, taken_apart
from bot.agent.policy import Elsewhere, Gone, Policy

FILE = "DOG0005D/Filename.EXE"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Give a folder with a share that may be asked about, and things beside it that may not."""
    folder = tmp_path_factory.mktemp("server").resolve()
    (folder / "pkge" / "DOG0005D" / "Sub Folder").mkdir(parents=True)
    (folder / "pkge" / FILE).write_text("MZ")
    (folder / "pkge" / "DOG0005D" / "Sub Folder" / "a b.cab").write_text("")
    (folder / "pkge" / "two.txt").write_text("")
    (folder / "pkge" / "TWO.TXT").write_text("")
    (folder / "secret").mkdir()
    (folder / "secret" / "key.pem").write_text("")
    (folder / "pkge-not").mkdir()
    (folder / "pkge-not" / "key.pem").write_text("")
    (folder / "pkge" / "out").symlink_to(folder / "secret")
    (folder / "pkge" / "out.pem").symlink_to(folder / "secret" / "key.pem")
    (folder / "pkge" / "dangling").symlink_to(folder / "secret" / "none")
    (folder / "pkge" / "loop").symlink_to(folder / "pkge" / "loop")
    (folder / "pkge" / "inner").symlink_to(folder / "pkge" / "DOG0005D")
    os.mkfifo(folder / "pkge" / "pipe")
    return folder


@pytest.fixture(scope="module")
def policy(server):
    return made(server)


def made(server, **more):
    held = {
        "name": "NTSITE1",
        "agent": "a" * 8,
        "bot": "https://despool.example/",
        "aliases": ["ntsite1.corp.example", "DP-OLD"],
        "roots": [server / "pkge"],
        "maps": {"E:\\SMS_PKGE": server / "pkge", "\\\\NTSITE1\\SMS_PKGE": server / "pkge"},
    }
    return Policy(AgentConfig.model_validate(held | more))


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("E:\\SMS_PKGE\\DOG0005D\\Filename.EXE", id="as the log writes it"),
        pytest.param("e:\\sms_pkge\\dog0005d\\FILENAME.exe", id="in other letters"),
        pytest.param("E:/SMS_PKGE/DOG0005D/Filename.EXE", id="with slashes"),
        pytest.param("\\\\NTSITE1\\SMS_PKGE\\DOG0005D\\Filename.EXE", id="by its share"),
        pytest.param("\\\\ntsite1.corp.example\\sms_pkge\\DOG0005D\\Filename.EXE", id="by FQDN"),
        pytest.param("\\\\dp-old\\SMS_PKGE\\DOG0005D\\Filename.EXE", id="by an alias"),
        pytest.param("//NTSITE1/SMS_PKGE/DOG0005D/Filename.EXE", id="by its share, with slashes"),
        pytest.param("\\\\NTSITE1\\E$\\SMS_PKGE\\DOG0005D\\Filename.EXE", id="by the drive share"),
        pytest.param("E:\\SMS_PKGE\\inner\\Filename.EXE", id="over a link that stays inside"),
    ],
)
def test_one_file_is_found_however_it_is_written(policy, server, asked):
    target = policy.locate(asked)
    assert target.path == str(server / "pkge" / FILE)
    assert target.inode == (server / "pkge" / FILE).stat().st_ino


def test_a_path_of_this_machine_is_taken_as_it_is(policy, server):
    path = server / "pkge" / FILE
    assert policy.locate(str(path)).path == str(path)
    assert policy.locate(str(path.parent)).path == str(path.parent)


def test_a_share_is_told_to_the_probes(policy):
    target = policy.locate("\\\\NTSITE1\\SMS_PKGE\\DOG0005D\\Filename.EXE")
    assert (target.share, target.share_path) == ("SMS_PKGE", "DOG0005D\\Filename.EXE")


def test_a_share_of_the_server_is_mapped_by_itself(server):
    policy = made(server)
    config_shares = Policy(
        AgentConfig.model_validate(
            {
                "name": "NTSITE1",
                "agent": "a" * 8,
                "bot": "https://despool.example/",
                "roots": [server / "pkge"],
            }
        ),
        lambda: {"pkgs": server / "pkge"},
    )
    found = config_shares.locate(f"\\\\{socket.gethostname()}\\PKGS\\dog0005d\\filename.exe")
    assert found.path == str(server / "pkge" / FILE)
    with pytest.raises(PathRefused):
        policy.locate("\\\\NTSITE1\\PKGS\\dog0005d\\filename.exe")


WRONG = {
    "outside": "{server}/secret/key.pem",
    "outside, and not there": "{server}/secret/none",
    "outside, beside the root": "{server}/pkge-not/key.pem",
    "above": "{server}/pkge/../secret/key.pem",
    "above, in Windows' way": "E:\\SMS_PKGE\\..\\secret\\key.pem",
    "above, from the share": "\\\\NTSITE1\\SMS_PKGE\\..\\secret\\key.pem",
    "here": "E:\\SMS_PKGE\\.\\DOG0005D\\Filename.EXE",
    "a link out of the root": "E:\\SMS_PKGE\\out\\key.pem",
    "a link out, to nothing": "E:\\SMS_PKGE\\out\\none",
    "a linked file": "{server}/pkge/out.pem",
    "a link to nothing": "{server}/pkge/dangling",
    "a link to itself": "{server}/pkge/loop",
    "a pipe": "{server}/pkge/pipe",
    "another server": "\\\\NTSITE2\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "another server's address": "\\\\10.0.0.9\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a longer name that begins alike": "\\\\NTSITE1.evil.example@80\\SMS_PKGE\\a",
    "WebDAV": "\\\\NTSITE1@SSL\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a share nobody mapped": "\\\\NTSITE1\\C$\\WINNT\\system32\\config\\SAM",
    "a server alone": "\\\\NTSITE1",
    "another drive": "C:\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a folder that begins alike": "E:\\SMS_PKGE2\\DOG0005D\\Filename.EXE",
    "the long form": "\\\\?\\E:\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "the long form with slashes": "//?/E:/SMS_PKGE/DOG0005D/Filename.EXE",
    "GLOBALROOT": "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\x",
    "the long form of a share": "\\\\?\\UNC\\NTSITE1\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a device": "\\\\.\\PhysicalDrive0",
    "a device with slashes": "//./PhysicalDrive0",
    "the object manager": "\\??\\E:\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a stream": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE:hidden",
    "the default stream": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE::$DATA",
    "a short name": "E:\\SMS_PKGE\\DOG000~1\\FILENA~1.EXE",
    "a device's name": "E:\\SMS_PKGE\\DOG0005D\\CON",
    "a device's name with an ending": "E:\\SMS_PKGE\\DOG0005D\\nul.txt",
    "wildcards": "E:\\SMS_PKGE\\DOG0005D\\*.EXE",
    "a wildcard": "{server}/pkge/DOG0005D/Filename.EX?",
    "a NUL": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE\0.txt",
    "a line break": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE\n",
    "a dot at the end": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE.",
    "a blank at the end": "E:\\SMS_PKGE\\DOG0005D\\Filename.EXE ",
    "a drive without a root": "E:SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a root without a drive": "\\SMS_PKGE\\DOG0005D\\Filename.EXE",
    "a relative path": "pkge/DOG0005D/Filename.EXE",
    "a relative path of Windows": "DOG0005D\\Filename.EXE",
    "backslashes in a path of this machine": "{server}/pkge\\..\\secret",
    "doubled slashes": "E:\\SMS_PKGE\\\\DOG0005D\\Filename.EXE",
    "a URL": "file:///etc/passwd",
    "nothing": "",
    "far too long": "E:\\SMS_PKGE\\" + "a" * 5000,
}


@pytest.mark.parametrize("case", WRONG)
def test_it_is_refused_in_one_text(policy, server, case):
    with pytest.raises(PathRefused) as refusal:
        policy.locate(WRONG[case].replace("{server}", str(server)))
    assert str(refusal.value) == REFUSED


@pytest.mark.parametrize(
    "asked", ["E:\\SMS_PKGE\\DOG0005D\\gone.EXE", "E:\\SMS_PKGE\\CAT00012\\sub\\gone.EXE"]
)
def test_a_file_that_is_not_there_is_gone_inside_the_roots_alone(policy, server, asked):
    found = policy.locate(asked)
    assert isinstance(found, Gone)
    assert found.path.startswith(str(server / "pkge"))


def test_the_case_that_is_written_wins_and_two_that_fit_are_none(policy, server):
    assert policy.locate("E:\\SMS_PKGE\\two.txt").path == str(server / "pkge" / "two.txt")
    assert policy.locate("E:\\SMS_PKGE\\TWO.TXT").path == str(server / "pkge" / "TWO.TXT")
    assert isinstance(policy.locate("E:\\SMS_PKGE\\Two.Txt"), Gone)


def test_without_roots_nothing_may_be_asked(server):
    with pytest.raises(PathRefused):
        made(server, roots=[]).locate("E:\\SMS_PKGE\\DOG0005D\\Filename.EXE")


def test_a_root_that_is_a_link_holds_what_it_leads_to(server, tmp_path):
    (tmp_path / "root").symlink_to(server / "pkge")
    policy = made(server, roots=[tmp_path / "root"])
    assert policy.locate(f"{tmp_path}/root/{FILE}").path == str(server / "pkge" / FILE)


def test_the_longest_map_counts(server):
    maps = {"E:\\": server / "secret", "E:\\SMS_PKGE": server / "pkge"}
    found = made(server, maps=maps).locate("E:\\SMS_PKGE\\DOG0005D\\Filename.EXE")
    assert found.path == str(server / "pkge" / FILE)


NAMES = "DOG0005D Filename.EXE out out.pem secret key.pem pkge inner loop E: NTSITE1 C$ CON a:b"
MARKS = ["..", ".", "", "~", "?", "\\", "/", "\0", " ", "..."]


def test_another_server_is_asked_where_the_configuration_names_it_and_the_share(server):
    relay = {"account": "/etc/despool/nt4.account", "shares": ["SMS_PKGE"]}
    policy = made(server, relays={"NT4DP": relay})
    found = policy.locate("\\\\nt4dp\\sms_pkge\\DOG0005D\\a.cab")
    assert isinstance(found, Elsewhere)
    assert (found.server, found.target.share) == ("nt4dp", "sms_pkge")
    assert found.target.share_path == "DOG0005D\\a.cab"
    for asked in (
        "\\\\NT4DP\\C$\\a",
        "\\\\NT4DP.evil.example\\SMS_PKGE\\a",
        "\\\\NT4DP\\SMS_PKGE\\..\\a",
    ):
        with pytest.raises(PathRefused):
            policy.locate(asked)


PARTS = st.sampled_from([*NAMES.split(), *MARKS])
STARTS = st.sampled_from(
    ["E:\\SMS_PKGE", "\\\\NTSITE1\\SMS_PKGE", "{server}/pkge", "{server}", "\\\\?\\E:", "/", ""]
)


@given(
    start=STARTS,
    parts=st.lists(PARTS | st.text(max_size=4), max_size=7),
    mark=st.sampled_from("\\/"),
)
def test_whatever_is_asked_never_leads_out_of_the_roots(server, policy, start, parts, mark):
    asked = mark.join([start.replace("{server}", str(server)), *parts])
    try:
        found = policy.locate(asked)
    except (PathRefused, OSError):
        return
    root = (server / "pkge").resolve()
    assert not isinstance(found, Elsewhere)
    assert os.path.realpath(found.path).startswith(f"{root}{os.sep}") or found.path == str(root)
    assert "key.pem" not in found.path or isinstance(found, Gone)


@given(asked=st.text(max_size=60))
def test_a_path_is_taken_apart_into_plain_names_or_refused(asked):
    try:
        written = taken_apart(asked)
    except PathRefused:
        return
    for part in written.parts:
        assert part
        assert part not in (".", "..")
        assert not set(part) & set('\\/:*?"<>|\0')
    assert taken_apart(str(written)) == written
