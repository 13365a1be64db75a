"""Where the bot is reached: one way to write each address, and what may go there in the clear."""

from __future__ import annotations

import ipaddress

from yarl import URL

from bot.errors import DespoolError

ENROLL = "agents/v1/enroll"
CONNECT = "agents/v1/connect"


class AddressRefused(DespoolError):
    """An address of the bot cannot be used."""


def canonical(address: str) -> str:
    """Return the one way to write an address of the bot, which ends with a slash.

    Raise AddressRefused where it is none, or would send an agent's words unencrypted over a
    network.
    """
    try:
        url = URL(address.strip())
        host, _ = url.raw_host, url.port
    except ValueError:
        raise _refused("is not the address of a bot") from None
    if url.scheme not in ("http", "https") or not host:
        raise _refused("is not the address of a bot")
    if url.raw_user is not None or url.raw_query_string or url.raw_fragment:
        raise _refused("has a user, a query or a fragment, which an address of a bot has not")
    if url.scheme == "http" and not is_loopback(host):
        raise _refused(
            "is not encrypted, and leads over a network: give it with https, "
            "and a private authority's certificate as ca_file"
        )
    port = None if url.is_default_port() else url.explicit_port
    built = URL.build(
        scheme=url.scheme, host=host.lower(), port=port, path=f"{url.path}".rstrip("/") + "/"
    )
    return str(built)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def _refused(why: str) -> AddressRefused:
    return AddressRefused(f"The bot's address {why}. It looks like https://despool.example/.")
