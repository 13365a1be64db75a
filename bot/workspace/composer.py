"""What Slack's message box makes of what a person types: escapes, links, mentions, rich text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
# Slack turns anything that looks like a host into a link, FORMAT.COM included.
_LINK = re.compile(r"https?://[^\s<>|]+|\b(?:[\w-]+\.)+(?:com|net|org|io)\b", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\S)@([a-z][\w.-]*)")
_TOKEN = re.compile(f"{_LINK.pattern}|{_MENTION.pattern}", re.IGNORECASE)


def escape(text: str) -> str:
    """Escape the three characters Slack reserves.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def compose(typed: str, ids: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """Return `text` and `blocks` of a message as typed; `ids` are the users that can be mentioned.

    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    texts: list[str] = []
    elements: list[dict[str, Any]] = []
    for index, part in enumerate(_FENCE.split(typed)):
        if index % 2:
            texts.append(f"```{escape(part)}```")
            elements.append(_element("rich_text_preformatted", [_run(part)]))
        elif part.strip("\n"):
            start = "\n" if index and part.startswith("\n") else ""  # the fence ends its own line
            pieces = _pieces(part.removeprefix(start), ids)
            texts += [start, *(text for text, _ in pieces)]
            elements.append(_element("rich_text_section", [run for _, run in pieces]))
    return "".join(texts), [{"type": "rich_text", "block_id": "typed", "elements": elements}]


def _element(kind: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": kind, "elements": runs}


def _run(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _pieces(part: str, ids: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """Split text outside fences into its Slack spelling and its rich text, piece by piece."""
    pieces: list[tuple[str, dict[str, Any]]] = []
    end = 0
    for match in _TOKEN.finditer(part):
        piece = _piece(match.group(), match.group(1), ids)
        if piece is None:
            continue
        if match.start() > end:
            before = part[end : match.start()]
            pieces.append((escape(before), _run(before)))
        pieces.append(piece)
        end = match.end()
    if end < len(part):
        pieces.append((escape(part[end:]), _run(part[end:])))
    return pieces


def _piece(
    word: str, name: str | None, ids: Mapping[str, str]
) -> tuple[str, dict[str, Any]] | None:
    if name is not None:
        user = ids.get(name.lower())
        return (f"<@{user}>", {"type": "user", "user_id": user}) if user else None
    if "://" in word:
        return f"<{escape(word)}>", {"type": "link", "url": word}
    return f"<http://{word}|{word}>", {"type": "link", "url": f"http://{word}", "text": word}
