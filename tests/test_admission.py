"""`despool agents …`, with a bot that runs beside it and without one."""

import json
import re

import pytest

from bot.agents.enrolment import hashed
from bot.app import running
from bot.incidents.opening import opened
from tests.slack_bot import socket_settings
from tests.system.agents import despool
from tests.test_agent_roster import made

CODE = re.compile(r"(?:[A-Z0-9]{5}-){3}[A-Z0-9]{5}")


@pytest.fixture
def kept(tmp_path, address):
    return {"DESPOOL_DATA_DIR": str(tmp_path / "data"), "DESPOOL_DATABASE_URL": address}


async def test_without_a_bot_the_code_stands_alone_on_the_last_line_and_is_kept_hashed(kept):
    said = await despool("agents", "invite", "\\\\NTSITE1", **kept)
    assert (said.status, said.err) == (0, "")
    *words, code = said.out.splitlines()
    assert CODE.fullmatch(code)
    assert "NTSITE1 may enrol once" in words[0]
    async with opened(kept["DESPOOL_DATABASE_URL"]) as store:
        found = await store.roster.redeem(hashed(code), made().enrolled_at)
        assert found is not None
        assert (found.name, found.used_at) == ("NTSITE1", None)


async def test_without_a_bot_agents_are_listed_and_revoked(kept):
    async with opened(kept["DESPOOL_DATABASE_URL"]) as store:
        await store.roster.add(made(public_key="AAAA"))
    (row,) = json.loads((await despool("agents", "list", "--json", **kept)).out)
    assert (row["name"], row["host"], row["connected"]) == ("NTSITE1", "h", False)
    assert "NTSITE1  never connected" in (await despool("agents", "list", **kept)).out
    again = await despool("agents", "invite", "ntsite1", **kept)
    assert "is revoked by that" in again.out
    said = await despool("agents", "revoke", "ntsite1", **kept)
    assert (said.status, said.out) == (0, "NTSITE1 is revoked and can report no more.\n")
    assert json.loads((await despool("agents", "list", "--json", **kept)).out) == []
    said = await despool("agents", "revoke", "NTSITE1", **kept)
    assert (said.status, said.out) == (2, "")
    assert "No agent is called NTSITE1" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ["invite"],
        ["invite", ""],
        ["invite", "two words"],
        ["invite", "a/b"],
        ["revoke"],
        ["revoke", "NTSITE1"],
        ["list", "--xml"],
    ],
)
async def test_a_wrong_name_or_usage_ends_with_status_2(tmp_path, words):
    said = await despool("agents", *words, DESPOOL_DATA_DIR=str(tmp_path))
    assert (said.status, said.out) == (2, "")
    assert said.err
    assert "Traceback" not in said.err


async def test_beside_a_bot_that_runs_it_is_the_bot_that_is_asked(ws, tmp_path):
    async with running(socket_settings(ws, data_dir=tmp_path)) as live:
        env = {"DESPOOL_DATA_DIR": str(tmp_path)}
        said = await despool("agents", "invite", "NTSITE1", **env)
        assert CODE.fullmatch(said.out.splitlines()[-1]), said.err
        await live.bot.agency.gateway.roster.add(made(public_key="AAAA"))
        (row,) = json.loads((await despool("agents", "list", "--json", **env)).out)
        assert row["name"] == "NTSITE1"
        assert (await despool("agents", "invite", "a b", **env)).status == 2
        assert (await despool("agents", "revoke", "NTSITE1", **env)).status == 0
        assert await live.bot.services.agents.enrolled() == ()


async def test_a_file_that_a_bot_out_of_reach_has_open_is_named(tmp_path):
    address = f"sqlite:///{tmp_path / 'despool.db'}"
    async with opened(address):
        said = await despool(
            "agents",
            "list",
            DESPOOL_DATABASE_URL=address,
            DESPOOL_DATA_DIR=str(tmp_path / "other"),
        )
    assert (said.status, said.out) == (2, "")
    assert "in use by another Despool" in said.err
