"""`despool holders` where an agent is configured: its policy and its maps hold for everybody."""

import pytest

from bot.agent.config import AgentConfigError
from bot.agent.here import look_here
from tests.agents import bot_side, enrolled, holding


@pytest.fixture
def share(tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "a.cab").write_text("")
    (tmp_path / "beside.cab").write_text("")
    return tmp_path / "share"


async def test_a_path_of_the_log_is_looked_at_and_none_beside_the_roots(tmp_path, share):
    async with bot_side() as bot:
        maps = (("E:\\SMS_PKGE", share),)
        config = await enrolled(bot, tmp_path, roots=(share,), maps=maps)
    with holding(share / "a.cab") as pid:
        held = await look_here("E:\\SMS_PKGE\\A.CAB", config=config)
        local = await look_here(str(share / ".." / "share" / "a.cab"), config=config)
    beside = await look_here(str(tmp_path / "beside.cab"), config=config)
    assert (held.state, held.host, held.path) == ("held", "NTSITE1", "E:\\SMS_PKGE\\A.CAB")
    assert [one.pid for one in held.holders] == [one.pid for one in local.holders] == [pid]
    assert beside.state == "refused"


async def test_without_an_agent_any_path_may_be_asked(tmp_path, share):
    answer = await look_here(str(tmp_path / "beside.cab"), config=tmp_path / "none.toml")
    assert answer.state == "free"


async def test_a_configuration_that_cannot_be_used_is_no_permission(tmp_path, share):
    (tmp_path / "agent.toml").write_text("roots = 5")
    with pytest.raises(AgentConfigError):
        await look_here(str(share / "a.cab"), config=tmp_path / "agent.toml")
