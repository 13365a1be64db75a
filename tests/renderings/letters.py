"""Damage to single characters: what Slack, telephones and web pages turn them into."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape as escape_markup

from .damage import Damage, lines_of


def escaped(text: str) -> str:
    """Slack's own three entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escaped_twice(text: str) -> str:
    """Text that went through two programs, each of which escaped it."""
    return escaped(escaped(text))


def escaped_as_markup(text: str) -> str:
    """The five entities of a web page."""
    return escape_markup(text, quote=True)


_HOST = re.compile(r"(?<![\w@./])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org)\b", re.IGNORECASE)
_MAILBOX = re.compile(r"\b[a-z0-9]+@[a-z]+\.com\b")


def linked(text: str) -> str:
    """What looks like a domain or an address becomes a link."""
    linked = _MAILBOX.sub(lambda hit: f"<mailto:{hit[0]}|{hit[0]}>", text)
    parts = re.split(r"(<mailto:[^>]*>)", linked)
    return "".join(
        part if part.startswith("<mailto:") else _HOST.sub(r"<http://\g<0>|\g<0>>", part)
        for part in parts
    )


def smart(text: str) -> str:
    """Quotes and dots as a telephone sets them."""
    text = re.sub(r'"([^"\n]*)"', "“\\1”", text)
    return text.replace("'", "’").replace("...", "…")


def unbreakable(text: str) -> str:
    """Every second blank becomes a no-break space."""
    pieces = re.split("( )", text)
    count = 0
    for index, piece in enumerate(pieces):
        if piece == " ":
            count += 1
            pieces[index] = "\u00a0" if count % 2 else " "
    return "".join(pieces)


def all_unbreakable(text: str) -> str:
    """Every blank becomes a no-break space, as from a web page."""
    return text.replace(" ", "\u00a0")


def with_zero_width(text: str) -> str:
    """Invisible characters where a web page lets a path break."""
    return re.sub(r"\\(?=\w)|/|_", lambda hit: hit[0] + "\u200b", text)


def with_joiners(text: str) -> str:
    """Other invisible characters: a byte order mark first, a joiner inside words."""
    return "\ufeff" + re.sub(r"(?<=[a-z])(?=[a-z]{4}\b)", "\u2060", text)


def without_tilde(text: str) -> str:
    """Slack has taken the tildes at the edges of entries for strike-through marks."""
    return re.sub(r"(?m)^~|~(?=>)|~(?=\s*(?:\$|$))", "", text)


def single_blanks(text: str) -> str:
    """A web page shows runs of blanks as one."""
    return "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in lines_of(text))


def _plain() -> list[Damage]:
    smart_quotes = Damage(
        name="smart quotes",
        stage="letters",
        apply=smart,
        breaks_syntax=True,
        loses_apostrophe=True,
    )
    plain: dict[str, Callable[[str], str]] = {
        "no-break spaces, some": unbreakable,
        "no-break spaces, all": all_unbreakable,
        "zero-width spaces": with_zero_width,
        "word joiners": with_joiners,
        "tildes lost": without_tilde,
    }
    return [
        smart_quotes,
        Damage(name="single blanks", stage="letters", apply=single_blanks, breaks_syntax=True),
        *(
            Damage(name=name, stage="letters", apply=apply, breaks_syntax=True)
            for name, apply in plain.items()
        ),
    ]


def _escapes() -> list[Damage]:
    ways: dict[str, Callable[[str], str]] = {
        "escaped": escaped,
        "escaped twice": escaped_twice,
        "escaped as markup": escaped_as_markup,
        "linked": linked,
        "escaped, then linked": lambda text: linked(escaped(text)),
    }
    return [
        Damage(name=name, stage="escape", apply=apply, breaks_syntax=True)
        for name, apply in ways.items()
    ]


LETTERS: tuple[Damage, ...] = (*_plain(), *_escapes())
