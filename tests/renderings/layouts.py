"""Damage to lines: wrapping, quoting, fences, and the envelopes a whole text is put into."""

from __future__ import annotations

import json
import quopri
import textwrap
from collections.abc import Callable

from .damage import Damage, lines_of


def quoted(mark: str) -> Callable[[str], str]:
    """A mail's or a chat's quotation."""
    return lambda text: "\n".join(f"{mark}{line}" for line in lines_of(text))


def fenced(text: str) -> str:
    """A code block with its fences on lines of their own."""
    return f"```\n{text}\n```"


def fenced_tight(text: str) -> str:
    """A code block whose fences touch the text."""
    return f"```{text}```"


def fenced_anew(text: str) -> str:
    """A code block that a client split in two posts."""
    lines = lines_of(text)
    middle = len(lines) // 2
    return "\n".join(["```", *lines[:middle], "```", "```", *lines[middle:], "```"])


def in_code(text: str) -> str:
    """Every line as a piece of inline code."""
    return "\n".join(f"`{line}`" if line.strip() else line for line in lines_of(text))


def wrapped(width: int, indent: str = "", flowed: str = "") -> Callable[[str], str]:
    """Lines broken at blanks, as mail programs do."""

    def apply(text: str) -> str:
        out: list[str] = []
        for line in lines_of(text):
            pieces = textwrap.wrap(
                line,
                width,
                break_long_words=False,
                break_on_hyphens=False,
                expand_tabs=False,
                drop_whitespace=True,
            )
            out.append(f"{flowed}\n".join(indent + piece for piece in pieces or [""]))
        return "\n".join(out)

    return apply


def cut_at(width: int) -> Callable[[str], str]:
    """Lines broken at a column, whatever stands there, as a terminal does."""

    def apply(text: str) -> str:
        return "\n".join(
            "\n".join(line[start : start + width] for start in range(0, max(len(line), 1), width))
            for line in lines_of(text)
        )

    return apply


def quoted_printable(text: str) -> str:
    """Mail's transfer encoding."""
    body = quopri.encodestring("\n".join(lines_of(text)).encode()).decode("ascii")
    return "Content-Transfer-Encoding: quoted-printable\n\n" + body


def bare_quoted_printable(text: str) -> str:
    """The same without the header that says so."""
    return quopri.encodestring("\n".join(lines_of(text)).encode()).decode("ascii")


def in_json(text: str) -> str:
    """The text as a member of a JSON object."""
    return json.dumps({"channel": "C32", "text": text, "username": "relay"})


def in_json_raw(text: str) -> str:
    """The same, letters beyond ASCII kept, over several lines."""
    return json.dumps([{"ts": "1.32", "message": {"text": text}}], indent=1, ensure_ascii=False)


def doubled(text: str) -> str:
    """The backslashes of a JSON string without the JSON around it."""
    return text.replace("\\", "\\\\")


def carriage_returns(text: str) -> str:
    """Line ends that were translated once too often."""
    return "\r\r\n".join(lines_of(text))


def dos_end(text: str) -> str:
    """A file with the mark CP/M ended files with."""
    return "\r\n".join(lines_of(text)) + "\r\n\x1a"


def _wraps() -> list[Damage]:
    flow = {f"wrapped at {width}": wrapped(width) for width in (40, 56, 64, 72, 76, 80, 100)}
    flow |= {f"wrapped at {width}, flowed": wrapped(width, flowed=" ") for width in (48, 72)}
    flow |= {f"knowledge base, {n}": wrapped(75, indent=" " * n) for n in (3, 6, 9)}
    return [
        Damage(name=name, stage="layout", apply=apply, breaks_syntax=True)
        for name, apply in flow.items()
    ]


def _layouts() -> list[Damage]:
    marks = ("> ", ">> ", "> > ", ">", "&gt; ", "&gt;&gt; ")
    ways: dict[str, Callable[[str], str]] = {
        **{f"quoted with {mark!r}": quoted(mark) for mark in marks},
        "fenced": fenced,
        "fenced tightly": fenced_tight,
        "fenced in two posts": fenced_anew,
        "inline code": in_code,
    }
    return [
        *(
            Damage(name=name, stage="layout", apply=apply, breaks_syntax=True)
            for name, apply in ways.items()
        ),
        *(
            Damage(
                name=f"cut at column {width}",
                stage="layout",
                apply=cut_at(width),
                breaks_syntax=True,
                cuts_words=True,
            )
            for width in (60, 80, 100, 132)
        ),
    ]


def _outers() -> list[Damage]:
    return [
        Damage(
            name="quoted-printable",
            stage="outer",
            apply=quoted_printable,
            breaks_syntax=True,
            recodes=True,
        ),
        Damage(
            name="quoted-printable, no header",
            stage="outer",
            apply=bare_quoted_printable,
            breaks_syntax=True,
            recodes=True,
        ),
        Damage(name="in JSON", stage="outer", apply=in_json, breaks_syntax=True, recodes=True),
        Damage(name="in JSON, raw", stage="outer", apply=in_json_raw, breaks_syntax=True),
        Damage(name="backslashes doubled", stage="outer", apply=doubled, breaks_syntax=True),
        Damage(name="CR CR LF", stage="outer", apply=carriage_returns),
        Damage(name="Control-Z", stage="outer", apply=dos_end),
    ]


LAYOUTS: tuple[Damage, ...] = (*_wraps(), *_layouts(), *_outers())
