"""The words people say to the bot: `/despool` and `@despool`, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from handlers.contents import plain

# what phones and mail put round a name, and what Slack puts round code
_QUOTES = "\"'`‘’‚‛“”„‟«»‹›´*_ \t\u00a0\u200b\u2060"
_PAIRS = dict(zip("\"'`“‘«„‹‚”’", "\"'`”’»“›‘”’", strict=True))
_SERVER = re.compile(r"[^\W_][\w.\-$]{0,253}", re.UNICODE)
_ABSOLUTE = re.compile(r"[A-Za-z]:|\\\\|/")
_SLASHES = re.compile(r"^(?:[\\/]{2,}|(?:smb|file|https?):/+)", re.IGNORECASE)


class Verb(StrEnum):
    """What the bot can be asked to do."""

    CHECK = "check"
    EXPLAIN = "explain"
    STATUS = "status"
    AGENTS = "agents"
    INVITE = "invite"
    REVOKE = "revoke"
    HISTORY = "history"
    DOCTOR = "doctor"
    HELP = "help"


_BELOW = frozenset({Verb.INVITE, Verb.REVOKE})  # they stand behind `agents`


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One verb with what belongs to it."""

    verb: Verb
    server: str | None = None
    path: str | None = None
    trouble: str | None = None  # what was not understood, in words


def parse(text: str) -> Order:
    """Turn what was typed into an order; what cannot be understood asks for help and says why."""
    words = plain(text).replace("\u00a0", " ").strip()
    first, _, rest = words.partition(" ")
    name = first.strip(_QUOTES + ".:,!?").casefold()
    if not name:
        return Order(verb=Verb.HELP)
    if name not in set(Verb):
        return Order(verb=Verb.HELP, trouble=f"There is no command “{first[:40]}”.")
    verb = Verb(name)
    if verb is Verb.AGENTS and rest.strip():
        return _about_agents(rest)
    if verb in _BELOW:
        return Order(verb=Verb.HELP, trouble=f"Write agents {verb} <server>.")
    if verb not in (Verb.CHECK, Verb.HISTORY) or not rest.strip():
        trouble = "Name the server: check <server> [path]." if verb is Verb.CHECK else None
        return Order(verb=Verb.HELP if trouble else verb, trouble=trouble)
    return _about_server(verb, rest)


def _about_agents(rest: str) -> Order:
    word, _, behind = rest.strip().partition(" ")
    name = word.strip(_QUOTES + ".:,!?").casefold()
    if name not in _BELOW:
        return Order(verb=Verb.HELP, trouble=f"There is no command “agents {name[:40]}”.")
    server, inside = server_of(behind.strip())
    if server is None or inside or len(behind.split()) != 1:
        return Order(verb=Verb.HELP, trouble=f"Name the server: agents {name} <server>.")
    return Order(verb=Verb(name), server=server)


def _about_server(verb: Verb, rest: str) -> Order:
    word, path = _first(rest.strip())
    server, inside = server_of(word)
    if server is None:
        return Order(verb=Verb.HELP, trouble=f"“{word[:60]}” is not the name of a server.")
    if inside and not _ABSOLUTE.match(path or ""):
        # \\server\share\file names the file as well, which may have blanks in its name
        path = f"{word} {path}" if path else word
    return Order(verb=verb, server=server, path=path if verb is Verb.CHECK else None)


def server_of(word: str) -> tuple[str | None, bool]:
    """Return the server that a word names, None where it names none, and if a path follows."""
    bare = _SLASHES.sub("", word.strip(_QUOTES))
    name, separator, inside = re.sub("/", r"\\", bare).partition("\\")
    name = name.strip(_QUOTES).rstrip(".,;:")
    return (name if _SERVER.fullmatch(name) else None), bool(separator and inside)


def _first(text: str) -> tuple[str, str | None]:
    """Split the first word, which may stand in quotes, from the path behind it."""
    closing = _PAIRS.get(text[0])
    end = text.find(closing, 1) if closing else -1
    if closing and end > 0:
        word, rest = text[1:end], text[end + 1 :]
    else:
        word, _, rest = text.partition(" ")
    rest = rest.strip().splitlines()[0].strip() if rest.strip() else ""
    if len(rest) > 1 and _PAIRS.get(rest[0]) == rest[-1]:
        rest = rest[1:-1].strip()
    return word, rest or None
