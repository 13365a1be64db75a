"""The Slack app's manifest: read from the package, given its addresses, made into a link."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError

Manifest = dict[str, Any]

EVENTS_PATH = "slack/events"  # events, interactivity and commands all come in here
CREATE = (
    "https://api.slack.com/apps?new_app=1&manifest_json="  # https://docs.slack.dev/app-manifests
)

_PACKAGED = Path(__file__).with_name("manifest.json")  # the wheel brings it along
_SOURCE = Path(__file__).parent.parent / "manifest.json"  # a checkout has it at its root


class _PublicUrl(BaseSettings):
    """The one setting that matters here; the tokens come only after the app was created."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")
    public_url: str | None = Field(default=None, validation_alias="DESPOOL_PUBLIC_URL")


def printed(url: str | None, *, as_json: bool = False, only_link: bool = False) -> str:
    """Return what `despool manifest` prints, for this address or for DESPOOL_PUBLIC_URL's.

    Without either the app uses Socket Mode, and its manifest holds no address.
    """
    base = url or _public_url()
    manifest = at(load(), address(base)) if base else load()
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    if as_json:
        return f"{text}\n"
    link = create_link(manifest)
    return f"{link}\n" if only_link else f"{text}\n\n{link}\n"


def _public_url() -> str | None:
    try:
        return _PublicUrl().public_url
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8 text. Save it as UTF-8.") from None


def load() -> Manifest:
    """Return the manifest that this version was written for."""
    path = _PACKAGED if _PACKAGED.exists() else _SOURCE
    manifest: Manifest = json.loads(path.read_text("utf-8"))
    return manifest


def bot_scopes(manifest: Manifest) -> frozenset[str]:
    """Return the scopes that the bot token needs."""
    return frozenset(manifest["oauth_config"]["scopes"]["bot"])


def at(manifest: Manifest, base: str) -> Manifest:
    """Return the manifest of an app that gets everything over HTTP at this address."""
    filled = copy.deepcopy(manifest)
    url = base.rstrip("/") + f"/{EVENTS_PATH}"
    settings = filled["settings"]
    settings["event_subscriptions"]["request_url"] = url
    settings["interactivity"]["request_url"] = url
    settings["socket_mode_enabled"] = False
    for command in filled["features"]["slash_commands"]:
        command["url"] = url
    return filled


def create_link(manifest: Manifest) -> str:
    """Return the address of Slack's page that creates an app, the manifest filled in."""
    compact = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return CREATE + quote(compact, safe="")


def address(text: str) -> str:
    """Return the https address a person means, as in `despool.example`, or raise SettingsError."""
    text = text.strip()
    url = text if "://" in text else f"https://{text}"
    if not _is_address(url):
        raise SettingsError(
            f"{text!r} is no address that Slack could reach. Give one such as "
            "https://despool.example."
        )
    return url.removesuffix("/").removesuffix(f"/{EVENTS_PATH}").rstrip("/")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return False
    is_plain = url.isprintable() and not set(url) & set(" ?#@\\")
    return parts.scheme in ("http", "https") and is_plain and _is_host(host)


def _is_host(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    is_name = all(label.replace("-", "").isalnum() for label in labels)
    is_known = len(labels) > 1 or host == "localhost"
    return ":" in host or (is_name and is_known)  # a colon stands in IPv6 addresses alone
