"""A server that can have no agent, asked over SMB by the agent of another: a real smbd."""

import pytest

from tests.agents import agent, bot_side, connected, enrolled
from tests.samba import missing
from tests.test_srvsvc import ADMIN, PERSON, account, held, signed_in, smb_server

LACKS = missing()
FILE = "\\\\NT4DP\\SMS_PKGE\\DOG0005D\\filename.EXE"


@pytest.fixture(params=["SMB3", "NT1"])
def old(request):
    """Give a server of each age, and whether SMB 1 is spoken there."""
    smb1 = request.param == "NT1"
    with smb_server(smb1=smb1) as server:
        yield server, smb1


@pytest.mark.skipif(LACKS is not None, reason=LACKS or "")
async def test_the_remote_user_is_named_and_nobody_is_never_said(tmp_path, old):
    server, smb1 = old
    async with bot_side() as bot:
        config = await enrolled(bot, tmp_path, aliases=("NT4DP",))
        with config.open("a") as file:
            file.write(
                "[relays.NT4DP]\nshares = ['SMS_PKGE']\n"
                f"account = '{account(tmp_path, server.users[ADMIN])}'\n"
                f"address = '127.0.0.1'\nport = {server.port}\nsmb1 = {str(smb1).lower()}\n"
            )
        async with agent(config):
            await connected(bot)
            with signed_in(server, smb1=smb1) as client, held(client):
                seen = await bot.asking.who_holds("nt4dp", FILE, "U1")
            after = await bot.asking.who_holds("NT4DP", FILE, "U1")
            other = await bot.asking.who_holds("NT4DP", FILE.replace("SMS_PKGE", "C$"), "U1")
    assert seen.holds.state == "held"
    assert [(one.kind, one.smb_user) for one in seen.holds.holders] == [
        ("smb", server.users[PERSON])
    ]
    assert not seen.holds.complete
    assert after.holds.state == "unknown"
    assert "processes of that server" in after.holds.probes[0].blind[-1]
    assert other.holds.state == "refused"
