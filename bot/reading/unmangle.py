"""Undo what Slack, mail, terminals and viewers did to a pasted text, line by line."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator

from bot.reading.page import Page

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2002\u2003\u2005\u2007\u2008\u2009\u200a\u202f", " "),
        **dict.fromkeys("‘’‚‛", "'"),
        **dict.fromkeys("“”„‟", '"'),
        "\x00": "",
        "\x1a": "",
        "\v": " ",
        "\f": " ",
        "\x1c": " ",
        "\x1d": " ",
        "\x1e": " ",
        "\x85": " ",
        "\u2028": " ",
        "\u2029": " ",
    }
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|tilde|#\d{1,6}|#[xX][0-9A-Fa-f]{1,5});")
# Slack writes a link as <address|label>, or <address> alone; #channel and dates likewise.
_LINK = re.compile(
    r"<(?:(?:https?|ftps?|file|mailto|tel):([^|<>\n]{0,2048})|[#!][^|<>\n]{1,64})\|([^<>\n]{0,2048})>"
)
_BARE_LINK = re.compile(r"[ \t]?<(?:https?://|mailto:)([^|<>\s]{1,2048})>", re.IGNORECASE)
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,512})\]\(<?(?:https?|mailto):[^()\s]{1,2048}\)")
_FENCE = re.compile(r"`{3,}|\{(?:noformat|code)(?::\w+)?\}")
_TAG = re.compile(
    r"</?(?:br|p|div|span|pre|code|b|i|u|strong|em|font|blockquote|li|ul|ol|td|tr|th|table|tbody)"
    r"(?:\s[^<>]{0,512})?/?>",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^[ \t]*(?:>[ \t]?)+")
_EQUALS = re.compile("=")
_PRINTABLE = re.compile(r"=(?:[ \t]*(?:\n|\Z)|3D|20|09|0[AD]|2E|5F|3[FC]|3E|46|[89A-F][0-9A-F])")
_PLAIN_EQUALS = re.compile(
    r"\b(?:Error|Win32|code)[ \t]?=[ \t]*\n[ \t>]*\d|thread=(?!3D|[ \t]*\n)", re.IGNORECASE
)
_LONG_BLANKS = " " * 64
_BLANKS = re.compile(r"[ \t]{64,}")
_HEX_BYTES = re.compile(r"(?:=[0-9A-Fa-f]{2})+")
_JSON_DOUBLED = re.compile(r"(?:\b[A-Za-z]:|\\\\)\\\\")
_JSON_STRING = re.compile(r'[^\\]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^\\]*)*')
_JSON_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_JSON_PLAIN = {"b": "", "f": " ", "n": "\n", "r": "", "t": "\t"}


def read_page(source: str, first_line: int, text: str) -> Page:
    """Return the page of a decoded passage whose lines are divided by line feeds."""
    raw = text.split("\n")
    parts, starts, length = [], [], 0
    broken: list[str] = []  # the pieces of a line that mail broke softly
    for line, encoded, goes_on in _mail_rows(raw):
        broken.append(line)
        if goes_on:
            continue
        whole = "".join(broken)
        # a soft break may part the bytes of one character
        whole = _HEX_BYTES.sub(_bytes_undone, whole) if encoded else whole
        clean = (_line_undone(whole) if whole else "") + "\n"
        starts += [length + place for place in _places(broken, len(clean) - 1)]
        parts.append(clean)
        length += len(clean)
        broken = []
    return Page(
        source=source,
        first_line=first_line,
        raw=tuple(raw),
        text="".join(parts),
        starts=tuple(starts),
    )


def _places(pieces: list[str], length: int) -> Iterator[int]:
    """Yield where each piece of a line begins in its text, shorter where damage was undone."""
    total = sum(map(len, pieces)) or 1
    before = itertools.accumulate((len(piece) for piece in pieces[:-1]), initial=0)
    return (place * length // total for place in before)


def _mail_rows(raw: list[str]) -> Iterator[tuple[str, bool, bool]]:
    """Yield each line, whether it is quoted-printable, and whether mail broke it softly."""
    if not any("=" in line for line in raw):
        yield from ((line, False, False) for line in raw)
        return
    for empty, lines in itertools.groupby(raw, key=lambda line: not line.strip(" \t>")):
        paragraph = list(lines)
        encoded = not empty and _is_printable(paragraph)
        for number, line in enumerate(paragraph, start=1):
            stripped = line.rstrip(" \t")
            soft = encoded and stripped.endswith("=")
            yield stripped[:-1] if soft else line, encoded, soft and number < len(paragraph)


def _is_printable(paragraph: list[str]) -> bool:
    """Tell whether a paragraph is quoted-printable: each "=" breaks a line or stands for a byte.

    `Error =` at a line's end and `thread=3D0` look like it alone, but quoted-printable writes
    "=3D" for both signs. It has no need to write control characters or ordinary letters.
    """
    text = "\n".join(paragraph)
    if "=" not in text or _PLAIN_EQUALS.search(text):
        return False
    return all(_PRINTABLE.match(text, match.start()) for match in _EQUALS.finditer(text))


def _bytes_undone(match: re.Match[str]) -> str:
    data = bytes.fromhex(match[0].replace("=", ""))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _line_undone(line: str) -> str:
    line = _entities_undone(_plain(line))
    for _ in range(3):  # a JSON string may itself have travelled inside one
        if not (_JSON_DOUBLED.search(line) and _JSON_STRING.fullmatch(line)):
            break
        line = _entities_undone(_plain(_JSON_ESCAPE.sub(_escape_undone, line)))
    if "<" in line:
        line = _LINK.sub(lambda link: link[2] or link[1] or "", line)
        line = _BARE_LINK.sub(_bare_link_undone, line)
        line = _TAG.sub(" ", line)
    if "](" in line:
        line = _MARKDOWN_LINK.sub(r"\1", line)
    line = _QUOTED.sub("", line)
    if line.count("`") == 2 and line.lstrip()[:1] == line.rstrip()[-1:] == "`":
        line = line.replace("`", "")
    return _FENCE.sub("", line)


def _entities_undone(line: str) -> str:
    if "&" not in line:
        return line
    for _ in range(2):  # a paste that went through two web pages is escaped twice
        line = _ENTITY.sub(lambda entity: html.unescape(entity[0]), line)
    return _plain(line)


def _plain(line: str) -> str:
    if _LONG_BLANKS in line:  # no line of a log has such a run, and patterns slow down on it
        line = _BLANKS.sub(_LONG_BLANKS, line)
    if line.isascii() and line.isprintable():
        return line
    return _INVISIBLE.sub("", line).translate(_PLAIN)


def _bare_link_undone(match: re.Match[str]) -> str:
    """Drop the address that mail programs put after its own label; else keep the address."""
    address = match[1].rstrip("/")
    before = match.string[max(0, match.start() - len(address)) : match.start()]
    if before.casefold() == address.casefold():
        return ""
    return (" " if match[0][0] in " \t" else "") + match[1]


def _escape_undone(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _JSON_PLAIN.get(match[2], match[2])
