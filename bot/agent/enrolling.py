"""Enrolling: a new key, its public half brought to the bot with the code, then the config."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError
from yarl import URL

from bot import __version__
from bot.agent import writing
from bot.agent.config import AgentConfig, AgentConfigError, load, tls_context
from bot.agent.places import state_folder
from bot.errors import DespoolError
from bot.wire import proof
from bot.wire.address import ENROLL, canonical, is_loopback

PATIENCE = aiohttp.ClientTimeout(total=30)
LARGEST = 64 * 1024


class EnrolmentFailed(DespoolError):
    """The bot did not take the enrolment; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the admin said on the command line; an earlier configuration supplies the rest."""

    address: str
    code: str
    config: Path
    roots: tuple[Path, ...] = ()
    maps: tuple[tuple[str, Path], ...] = ()
    logs: tuple[Path, ...] = ()
    events: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What the bot made of it."""

    name: str
    fingerprint: str
    config: Path


def map_of(text: str) -> tuple[str, Path]:
    """Read `E:\\SMS_PKGE=/srv/pkge`, or raise EnrolmentFailed."""
    path, separator, place = text.partition("=")
    if not separator or not path.strip() or not place.strip():
        raise EnrolmentFailed(
            f"--map {text} has not the form 'E:\\SMS_PKGE=/srv/pkge': the log's path, then ours."
        )
    path = path.strip().rstrip("\\/")
    return f"{path}\\" if path.endswith(":") else path, Path(place.strip()).absolute()


async def enroll(wishes: Wishes) -> Enrolled:
    """Enrol this server, or raise with nothing written."""
    address = canonical(wishes.address)
    held = _held(wishes, address)
    _config(held | {"name": "unknown", "agent": "0" * 8}, wishes.config)  # before the code is used
    _refuse_unwritable(wishes.config.absolute().parent)
    key = Ed25519PrivateKey.generate()
    public = proof.public_half(key)
    body = {
        "code": wishes.code,
        "public_key": public,
        "signature": proof.signed(key, proof.enrolling(wishes.code, address)),
        "url": address,
        "host": socket.gethostname() or "unknown",
        "version": __version__,
        "aliases": held["aliases"],
    }
    answer = await _post(address, body, held.get("ca_file"))
    config = _config(held | {"name": answer["name"], "agent": answer["agent"]}, wishes.config)
    _write(config, key, wishes.config)
    return Enrolled(
        name=config.name, fingerprint=proof.fingerprint(public), config=wishes.config.absolute()
    )


def _refuse_unwritable(folder: Path) -> None:
    """Notice before the code is used up that nothing could be written."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise EnrolmentFailed(f"Nothing can be written in {folder}: run this with more rights.")


def _held(wishes: Wishes, address: str) -> dict[str, Any]:
    """Return the keys of the new configuration that are known before the bot has answered."""
    before = _before(wishes.config)
    now: dict[str, Any] = {
        "roots": [str(root.absolute()) for root in wishes.roots],
        "maps": {path: str(place) for path, place in wishes.maps},
        "logs": [str(log.absolute()) for log in wishes.logs],
        "events": list(wishes.events),
        "aliases": list(wishes.aliases),
    }
    held = before | {key: value for key, value in now.items() if value or key not in before}
    if wishes.ca_file is not None:
        held["ca_file"] = str(wishes.ca_file.absolute())
    if address.startswith("http:"):
        held.pop("ca_file", None)
    state = str(state_folder(wishes.config.absolute()))
    return {"state": state, "key_file": f"{wishes.config.stem}.key"} | held | {"bot": address}


def _before(path: Path) -> dict[str, Any]:
    """Return an earlier configuration: a server that enrols again keeps what its admin wrote."""
    if not path.exists():
        return {}
    return load(path).model_dump(mode="json", exclude_defaults=True)


def _config(held: dict[str, Any], path: Path) -> AgentConfig:
    try:
        return AgentConfig.model_validate(held, context={"folder": path.absolute().parent})
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in fault["loc"])
        raise AgentConfigError(f"{key}: {fault['msg']}.") from None


async def _post(address: str, body: dict[str, Any], ca_file: str | None) -> dict[str, str]:
    context = tls_context(address, Path(ca_file) if ca_file else None)
    host = URL(address).host or ""
    try:
        async with (
            aiohttp.ClientSession(timeout=PATIENCE, trust_env=not is_loopback(host)) as session,
            session.post(
                address + ENROLL, json=body, ssl=context or True, allow_redirects=False
            ) as response,
        ):
            return _answer(response.status, await _read(response), address)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise EnrolmentFailed(
            f"The bot was not reached at {address}: {reason}. Nothing was written."
        ) from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    said = b""
    async for piece in response.content.iter_any():
        said += piece
        if len(said) > LARGEST:
            break
    return said[:LARGEST]


def _answer(status: int, said: bytes, address: str) -> dict[str, str]:
    try:
        held = json.loads(said)
    except (ValueError, RecursionError):
        held = None
    held = held if isinstance(held, dict) else {}
    if status == 200 and isinstance(held.get("agent"), str) and isinstance(held.get("name"), str):
        return held
    if isinstance(held.get("error"), str):
        raise EnrolmentFailed("".join(filter(str.isprintable, held["error"]))[:1000])
    raise EnrolmentFailed(
        f"What answered at {address} is no Despool bot with agents (status {status}). "
        "Nothing was written."
    )


def _write(config: AgentConfig, key: Ed25519PrivateKey, path: Path) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        config.state.mkdir(parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing.replace(config.key_file, pem, private=True)
        writing.replace(path, writing.rendered(config).encode())
    except OSError as error:
        raise EnrolmentFailed(
            f"The bot took the enrolment, but {error.filename} could not be written "
            f"({error.strerror}). Mend that and enrol again with a new code."
        ) from None
