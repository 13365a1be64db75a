"""A posted Slack message as a person sees it, in plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]+)>")
# only what stands outside code is bold: `*.TMP` is a pattern
_BOLD = re.compile(r"(`[^`\n]*`)|(?<!\S)\*([^*\n]+)\*(?!\w)")


def transcript(message: dict[str, Any]) -> str:
    """Return the blocks of a message as text; its `text` where it has none."""
    parts = [part for block in message.get("blocks", []) if (part := "\n".join(_lines(block)))]
    parts += [f"[file {file.get('name')}]" for file in message.get("files", [])]
    return "\n\n".join(parts) if parts else _shown(message.get("text", ""))


def _lines(block: dict[str, Any]) -> Iterator[str]:
    if block["type"] == "divider":
        yield "-" * 40
    elif block["type"] == "actions":
        yield "  ".join(map(_control, block["elements"]))
    elif block["type"] == "rich_text":
        yield from (_rich(element) for element in block["elements"])
    else:
        for text in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if text:
                yield _shown(text["text"], markup=text["type"] == "mrkdwn")


def _control(element: dict[str, Any]) -> str:
    options = element.get("options")
    labels = (
        [option["text"]["text"] for option in options] if options else [element["text"]["text"]]
    )
    return f"[{' / '.join(labels)}]"


def _rich(element: dict[str, Any]) -> str:
    text = "".join(str(run.get("text", "")) for run in element["elements"])
    return _indented(text) if element["type"] == "rich_text_preformatted" else text


def _shown(text: str, *, markup: bool = True) -> str:
    pieces = text.split("```") if markup else [text]
    shown = [
        _indented(piece) if index % 2 else _plain(piece, markup)
        for index, piece in enumerate(pieces)
    ]
    return html.unescape("".join(shown)).replace("\N{ZERO WIDTH SPACE}", "")


def _plain(text: str, markup: bool) -> str:
    return _BOLD.sub(r"\1\2", _LINK.sub(r"\2 \1", text)) if markup else text


def _indented(code: str) -> str:
    return "\n".join(f"    {row}" for row in code.strip("\n").split("\n"))
