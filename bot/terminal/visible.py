"""Making text from logs harmless to a terminal, without hiding anything of it."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Return the text with every character that a terminal would obey written as `<U+001B>`.

    Control characters, escape sequences, characters that turn the writing direction, invisible
    ones and lone surrogates are shown; a tab becomes a blank, and all other text stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def visible_lines(text: str) -> list[str]:
    """Return the lines of a text, each made visible; only LF, CR and CR LF separate lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return [visible(line) for line in plain.split("\n")]


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return " " if character == "\t" else f"<U+{ord(character):04X}>"
