"""Agents, replicas and commands as processes: enrolled at one replica, asked at another."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession

from bot.agency import founded
from bot.agents import AgentUnknown, AgentUnreachable
from bot.incidents.opening import opened
from bot.knowledge import load as load_knowledge
from tests.agents import holding, until
from tests.surfaces import told
from tests.system.agents import beside, despool, enrolled, listed, reporting, seen
from tests.system.fleet import fleet


@pytest.fixture
def share(tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "filename.EXE").write_text("")
    return tmp_path / "share"


@asynccontextmanager
async def replica(address, folder):
    """Give what a third replica asks with; no agent dials it."""
    async with opened(address) as store:
        agency = founded(store, load_knowledge(), None, folder / "audit.jsonl")
        async with agency.open():
            yield agency.agents


def is_up(agents):
    return lambda: [one.name for one in agents.statuses()] == ["NTSITE1"]


async def test_a_real_agent_enrols_and_names_the_pid_that_holds_a_file(tmp_path, share):
    file = share / "filename.EXE"
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        (bot,) = await ships.start()
        config = await enrolled(bot, tmp_path, root=share, map=f"E:\\SMS_PKGE={share}")
        async with reporting(config):
            row = await seen(bot)
            assert (row["name"], row["aliases"]) == ("NTSITE1", [])
            with holding(file) as pid:
                ships.slack.command("check NTSITE1 E:\\SMS_PKGE\\FILENAME.exe")
                await until(lambda: f"pid {pid}" in told(ships.slack), 30)
            async with (
                ClientSession() as session,
                session.get(f"http://127.0.0.1:{bot.port}/metrics") as answer,
            ):
                assert "despool_agents_connected 1.0" in await answer.text()
        assert (await seen(bot, connected=False))["last_seen"] is not None


async def test_a_question_finds_the_replica_that_holds_the_socket(tmp_path, share, postgres):
    file = share / "filename.EXE"
    address = postgres.database()
    async with fleet(tmp_path, address) as ships:
        first, second = await ships.start(2)
        config = await enrolled(second, tmp_path, root=share)
        async with replica(address, tmp_path) as agents, reporting(config):
            await until(is_up(agents))
            with holding(file) as pid:
                answer = await agents.asking.who_holds("NTSITE1", str(file), "U1")
            assert [one.pid for one in answer.holds.holders] == [pid]
            assert answer.holds.host == "NTSITE1"
            for bot in (first, second):
                assert (await seen(bot))["connected"]
            said = await despool("agents", "revoke", "ntsite1", **beside(first))
            assert (said.status, said.out) == (0, "NTSITE1 is revoked and can report no more.\n")
            await until(lambda: not agents.statuses())
            with pytest.raises(AgentUnknown):
                await agents.asking.who_holds("NTSITE1", str(file), "U1")
            await until(lambda: "was revoked" in (config.parent / "log").read_text())
            assert await listed(second) == []


async def test_the_agents_of_a_replica_that_was_killed_are_not_shown(tmp_path, share, postgres):
    address = postgres.database()
    async with fleet(tmp_path, address) as ships:
        first, second = await ships.start(2)
        config = await enrolled(first, tmp_path, root=share)
        async with replica(address, tmp_path) as agents, reporting(config):
            await until(is_up(agents))
            first.kill()
            await first.gone()
            await until(lambda: not agents.statuses(), 30)
            with pytest.raises(AgentUnreachable, match="not connected"):
                await agents.asking.ping("NTSITE1")
            assert (await seen(second, connected=False))["last_seen"] is not None
            await first.start()  # at the same port, where the agent finds it again
            await first.ready()
            await until(is_up(agents), 60)
            assert (await agents.asking.ping("NTSITE1")).waiting == 0


async def test_a_replica_hears_of_questions_again_when_its_database_was_away(
    tmp_path, share, postgres
):
    address = postgres.database()
    async with fleet(tmp_path, address) as ships:
        (bot,) = await ships.start()
        config = await enrolled(bot, tmp_path, root=share)
        async with replica(address, tmp_path) as agents, reporting(config):
            await until(is_up(agents))
            postgres.stop()
            await asyncio.sleep(1.5)
            postgres.start()
            await until(is_up(agents), 60)
            for _ in range(3):
                assert (await agents.asking.ping("NTSITE1")).waiting == 0
