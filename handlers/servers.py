"""Adding and removing the agents of servers from Slack, which only admins may."""

from __future__ import annotations

from bot.asides import Asker
from bot.errors import DespoolError
from bot.services import Services
from bot.slack import SlackError
from handlers.slack_text import escape
from handlers.words import Verb

NOBODY = (
    "Nobody may do that from Slack: DESPOOL_ADMINS names nobody. Run `despool agents {verb} "
    "{server}` where I run."
)
NOT_YOU = "Only admins may do that: DESPOOL_ADMINS says who they are."


async def manage(verb: Verb, server: str, asker: Asker, services: Services) -> str:
    """Invite or revoke the agent of a server; return what came of it, in words."""
    name = escape(server)
    try:
        if not services.people.has_admins:
            return NOBODY.format(verb=verb, server=name)
        if not await services.people.is_admin(asker.user):
            return NOT_YOU
        if verb is Verb.INVITE:
            return _invitation(name, await services.agents.invite(server))
        gone = await services.agents.revoke(server)
    except SlackError as error:
        return f"I could not find out whether you are an admin. {error}"
    except DespoolError as error:
        return str(error)
    if gone:
        return f"Revoked: the agent of {name} is disconnected, and may not come back."
    return f"There is no agent of {name}."


def _invitation(name: str, code: str) -> str:
    return (
        f"On {name} run, within 15 minutes:\n"
        f"`despool agent enroll <address of this bot> --code {code} --root <package folder> "
        "--log <path of Despool.log>`\nThe code is good for one server, once."
    )
