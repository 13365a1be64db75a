"""Who may have servers looked at, and who may add them: what cannot be known is refused."""

from dataclasses import replace

import pytest

from bot import slack
from bot.people import People
from bot.workspace import Fault
from bot.workspace.cast import PEOPLE

ALEX, MORGAN, GUEST, GROUP = "U0ALEX", "U0MORGAN", "U0GUEST", "S0OPS"


@pytest.fixture
async def asked(ws, monkeypatch):
    """Ask the stand-in, in which there is a guest besides."""
    guest = replace(PEOPLE["U0SAM"], id=GUEST, name="guest", is_restricted=True)
    monkeypatch.setitem(PEOPLE, GUEST, guest)
    async with slack.session() as session:
        client = slack.connect(token=ws.bot_token, base_url=ws.api_url, session=session)
        yield lambda allowed=(), admins=(): People(client, allowed=allowed, admins=admins)


async def test_any_full_member_may_ask_where_nobody_is_named(asked):
    assert await asked().refusal(ALEX) is None


@pytest.mark.parametrize(
    ("user", "is_stranger"), [(GUEST, False), (ALEX, True)], ids=["a guest", "a stranger"]
)
async def test_guests_and_strangers_may_not_unless_they_are_named(asked, user, is_stranger):
    why = await asked().refusal(user, is_stranger=is_stranger)
    assert "DESPOOL_ALLOWED_USERS" in why
    assert await asked(allowed=(user,)).refusal(user, is_stranger=is_stranger) is None


async def test_where_somebody_is_named_the_others_may_not(ws, asked):
    people = asked(allowed=(MORGAN, GROUP))
    assert await people.refusal(MORGAN) is None
    assert "DESPOOL_ALLOWED_USERS" in await people.refusal(ALEX)
    ws.group.add(ALEX)
    assert await people.refusal(ALEX) is None


async def test_admins_are_those_named_and_those_in_a_group(ws, asked):
    assert not asked().has_admins
    assert not await asked().is_admin(ALEX)
    assert await asked(admins=(ALEX,)).is_admin(ALEX)
    people = asked(admins=(GROUP,))
    assert people.has_admins
    assert not await people.is_admin(ALEX)
    ws.group.add(ALEX)
    assert await people.is_admin(ALEX)
    assert not await people.is_admin(None)


@pytest.mark.parametrize("fault", [Fault(error="missing_scope"), Fault(status=503)])
async def test_what_cannot_be_known_is_refused_in_words(ws, asked, fault):
    ws.fail("users.info", fault)
    assert "could not find out" in await asked().refusal(ALEX)
    assert "did not say who asks" in await asked().refusal(None)
