"""Invitations and enrolment: one code, one server, one key."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.agents.roster import Agent, Invitation, Roster
from bot.agents.trouble import EnrolmentRefused
from bot.servers import same_server
from bot.wire import proof
from bot.wire.address import AddressRefused, canonical

log = logging.getLogger(__name__)

VALID = timedelta(minutes=15)
LARGEST = 16 * 1024  # bytes of a request
# without letters that are read as figures; 20 of them are 98 bits, which nobody guesses
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_LETTERS, _GROUP = 20, 5
_NAME = re.compile(r"[^\W_](?:[\w.-]{0,252}\w)?")
_BAD_CODE = (
    "This code cannot be used: it is wrong, was used already, or is older than 15 minutes. "
    "An admin gets a new one with `despool agents invite NAME`."
)

Clock = Callable[[], datetime]
Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\\/\s\x00-\x1f]+$")]


class Request(BaseModel):
    """What a server sends to enrol."""

    model_config = ConfigDict(frozen=True, strict=True)

    code: Annotated[str, Field(max_length=200)]
    public_key: Annotated[str, Field(max_length=200)]
    signature: Annotated[str, Field(max_length=200)]
    url: Annotated[str, Field(max_length=2000)]
    host: Annotated[str, Field(min_length=1, max_length=255)]
    version: Annotated[str, Field(min_length=1, max_length=64)]
    aliases: Annotated[list[Name], Field(max_length=32)] = []


def now_utc() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Enrolment:
    """Invites servers and takes them in."""

    def __init__(self, roster: Roster, clock: Clock = now_utc) -> None:
        self._roster, self._clock = roster, clock

    async def invite(self, name: str) -> str:
        """Return a code with which the server of that name enrols once, within 15 minutes."""
        name = name.strip().lstrip("\\")
        if not _NAME.fullmatch(name):
            raise EnrolmentRefused(
                f"{name or 'An empty text'} is not the name of a server, such as NTSITE1."
            )
        code = new_code()
        await self._roster.invite(
            Invitation(code_hash=hashed(code), name=name, expires_at=self._clock() + VALID)
        )
        return code

    async def revoke(self, name: str) -> tuple[Agent, ...]:
        """Revoke the agents of that name or number, and return them."""
        found = []
        for agent in await self._roster.agents():
            if name == agent.id or name.casefold() == agent.name.casefold():
                await self._roster.revoke(agent.id, self._clock())
                found.append(agent)
        return tuple(found)

    async def enroll(self, body: bytes) -> Agent:
        """Take in the server whose request this is, or raise EnrolmentRefused."""
        request = _parsed(body)
        address = _address(request.url)
        if not proof.is_public_key(request.public_key) or not proof.is_signed(
            request.public_key, request.signature, proof.enrolling(_line(request.code), address)
        ):
            raise EnrolmentRefused("The request is not signed with the key that it brings.")
        invitation = await self._redeemed(request)
        await self._refuse_taken_names(invitation.name, request.aliases)
        agent = Agent(
            id=secrets.token_hex(8),
            name=invitation.name,
            aliases=tuple(dict.fromkeys(request.aliases)),
            public_key=request.public_key,
            url=address,
            host=request.host,
            version=request.version,
            enrolled_at=self._clock(),
        )
        await self._roster.add(agent)
        log.info("An agent was enrolled", extra={"agent": agent.name, "host_there": agent.host})
        return agent

    async def _redeemed(self, request: Request) -> Invitation:
        now = self._clock()
        invitation = await self._roster.redeem(hashed(request.code), now)
        if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
            stolen = invitation is not None and invitation.used_at is not None
            log.warning(
                "Refused an enrolment", extra={"used_before": stolen, "host_there": request.host}
            )
            raise EnrolmentRefused(_BAD_CODE)
        return invitation

    async def _refuse_taken_names(self, name: str, aliases: Iterable[str]) -> None:
        """Refuse aliases that would bring this server the questions meant for another one."""
        for other in await self._roster.agents():
            if other.name.casefold() == name.casefold():
                continue  # the new one takes its place
            for alias in aliases:
                if any(same_server(alias, taken) for taken in (other.name, *other.aliases)):
                    raise EnrolmentRefused(
                        f"The alias {alias} belongs to another server. The code is used up now: "
                        "get a new one, and enrol without that alias."
                    )


def new_code() -> str:
    """Return a code that people can read to one another."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


def hashed(code: str) -> str:
    """Return what is kept of a code; how it is written does not matter."""
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(f"despool invitation {plain}".encode()).hexdigest()


def _parsed(body: bytes) -> Request:
    try:
        return Request.model_validate_json(body)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the request"
        raise EnrolmentRefused(f"The request to enrol cannot be read: {where}.") from None


def _address(url: str) -> str:
    try:
        return canonical(url)
    except AddressRefused as error:
        raise EnrolmentRefused(str(error)) from None


def _line(code: str) -> str:
    if "\n" in code:
        raise EnrolmentRefused(_BAD_CODE)
    return code
