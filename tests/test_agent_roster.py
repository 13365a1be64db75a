"""What every roster does, whatever it is kept in; a new one gets its line in ROSTERS."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.agents.roster import Agent, Invitation, MemoryRoster
from bot.incidents.opening import opened

ROSTERS = ("memory", "sqlite", "postgresql")
NOW = datetime(2100, 3, 4, 10, tzinfo=UTC)  # what is old is forgotten meanwhile


@pytest.fixture(params=ROSTERS)
async def roster(request, tmp_path):
    if request.param == "memory":
        yield MemoryRoster()
        return
    address = f"sqlite:///{tmp_path / 'despool.db'}"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database()
    async with opened(address) as store:
        yield store.roster


def made(id_="a" * 16, name="NTSITE1", **more):
    held = {"public_key": "k", "url": "https://despool.example/", "host": "h", "version": "1"}
    return Agent(id=id_, name=name, enrolled_at=NOW, **(held | more))


async def test_an_invitation_is_redeemed_once_even_by_many_at_once(roster):
    await roster.invite(Invitation(code_hash="x", name="NTSITE1", expires_at=NOW))
    found = await asyncio.gather(*(roster.redeem("x", NOW) for _ in range(5)))
    assert sum(one.used_at is None for one in found) == 1
    assert {one.name for one in found} == {"NTSITE1"}
    assert await roster.redeem("y", NOW) is None


async def test_agents_are_found_by_number_and_listed_by_name(roster):
    first, second = made("b" * 16, "ntsite2", aliases=("DP1", "dp2")), made()
    await roster.add(first)
    await roster.add(second)
    assert await roster.agents() == (second, first)
    assert await roster.agent(first.id) == first
    assert await roster.agent("c" * 16) is None


async def test_who_was_revoked_is_known_and_not_listed(roster):
    await roster.add(made())
    await roster.revoke("a" * 16, NOW)
    await roster.revoke("a" * 16, NOW + timedelta(1))
    await roster.revoke("c" * 16, NOW)
    assert await roster.agents() == ()
    assert (await roster.agent("a" * 16)).revoked_at == NOW


async def test_a_new_agent_of_a_name_takes_the_place_of_the_old_one(roster):
    await roster.add(made())
    await roster.add(made("b" * 16, "ntsite1"))
    assert [one.id for one in await roster.agents()] == ["b" * 16]
    assert (await roster.agent("a" * 16)).revoked_at is not None


async def test_who_connects_is_noted(roster):
    await roster.add(made())
    await roster.seen("a" * 16, NOW + timedelta(1), host="HERE", version="2")
    await roster.seen("c" * 16, NOW, host="HERE", version="2")
    agent = await roster.agent("a" * 16)
    assert (agent.last_seen, agent.host, agent.version) == (NOW + timedelta(1), "HERE", "2")
