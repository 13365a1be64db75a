"""Whether two names mean one server."""

from __future__ import annotations

import re


def same_server(one: str | None, other: str | None) -> bool:
    """Tell whether two names mean one server: without case, a short name being any domain's."""
    if not one or not other:
        return False
    first, second = _plain(one), _plain(other)
    if first == second:
        return True
    if _is_address(first) or _is_address(second) or ("." in first and "." in second):
        return False
    return first.partition(".")[0] == second.partition(".")[0]


def host_of(name: str | None) -> str | None:
    """Return the part of a server's name that all its names share, to look it up by."""
    if not name:
        return None
    plain = _plain(name)
    return plain if _is_address(plain) else plain.partition(".")[0]


def _plain(name: str) -> str:
    return name.casefold().rstrip(".")


def _is_address(name: str) -> bool:
    return re.fullmatch(r"[\d.]+|.*:.*", name) is not None
