"""What a Slack message says, wherever Slack or another app put it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

DEPTH = 24  # nothing real is nested deeper; a hostile payload may be
# what a person typed comes back as a style; file names have underscores, log lines begin with ~
# https://docs.slack.dev/messaging/formatting-message-text#links-in-retrieved-messages
_LINK = re.compile(r"<((?:https?://|mailto:)[^<>|\s]+)(?:\|([^<>]*))?>")
STYLE_MARKS = {"bold": "*", "italic": "_", "strike": "~"}


def gather(message: Json, recognises: Callable[[str], bool]) -> str:
    """Return the richest wording of a message: its body, then its attachments."""
    blocks = blocks_text(message.get("blocks"))
    text = plain(_string(message.get("text")))
    body = blocks if _says_it_all(blocks, text, recognises) else text
    parts = [body, *(attachment_text(item) for item in attachments(message))]
    return "\n".join(part for part in parts if part.strip() and not _repeats(part, body))


def _says_it_all(blocks: str, text: str, recognises: Callable[[str], bool]) -> bool:
    if blocks == text:
        return True
    # blocks hold what was typed; the text may be a summary of them, or hold more than they do
    if recognises(blocks) != recognises(text):
        return recognises(blocks)
    return len(blocks) * 1.2 >= len(text)


def attachments(message: Json) -> list[Json]:
    """Return the attachments a person or an app sent, without Slack's previews of links."""
    return [
        item
        for item in _objects(message.get("attachments"))
        if item.get("is_share") or not item.get("from_url")
    ]


def uploads(message: Json) -> list[Json]:
    """Return the files that came with a message."""
    return _objects(message.get("files"))


def attachment_text(attachment: Json) -> str:
    """Return the text of one attachment; its fallback only where it has nothing else."""
    parts = [plain(_string(attachment.get(name))) for name in ("pretext", "title", "text")]
    for field in _objects(attachment.get("fields")):
        parts += [plain(_string(field.get("title"))), plain(_string(field.get("value")))]
    parts.append(blocks_text(attachment.get("blocks")))
    for item in _objects(attachment.get("message_blocks")):
        inner = item.get("message")
        parts.append(blocks_text(inner.get("blocks") if isinstance(inner, dict) else None))
    text = "\n".join(dict.fromkeys(part for part in parts if part.strip()))
    return text or plain(_string(attachment.get("fallback")))


def plain(mrkdwn: str) -> str:
    """Undo what Slack does to a text: links become what was typed, entities what they stand for."""
    text = _LINK.sub(lambda link: link[2] or link[1], mrkdwn)
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, char)
    return text


def blocks_text(blocks: Any) -> str:
    """Return the text of Block Kit blocks of any kind, a line for each paragraph."""
    return "\n".join(text for block in _objects(blocks) if (text := _block(block, 0)))


def _block(node: Any, depth: int) -> str:
    if depth > DEPTH or not isinstance(node, dict):
        return ""
    kind = str(node.get("type", ""))
    if kind in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        return "".join(_inline(item) for item in _objects(node.get("elements")))
    return "\n".join(part for part in _parts(node, depth + 1) if part.strip())


def _parts(node: Json, depth: int) -> Iterator[str]:
    for name in ("title", "text", "fields", "elements", "rows", "description"):
        yield from _values(node.get(name), depth)


def _values(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield plain(value)
    elif isinstance(value, dict):
        yield _block(value, depth)
    elif isinstance(value, list) and depth <= DEPTH:
        for item in value:
            yield from _values(item, depth + 1)


def _inline(element: Json) -> str:
    kind = element.get("type")
    if kind == "link":
        # Slack turns names such as FORMAT.COM into links; the text is what was typed
        return _string(element.get("text")) or _string(element.get("url"))
    if kind == "emoji":
        return f":{_string(element.get('name'))}:"
    if kind != "text":
        return " "
    return _styled(_string(element.get("text")), element.get("style"))


def _styled(text: str, style: Any) -> str:
    if not isinstance(style, dict) or style.get("code"):
        return text
    for name, mark in STYLE_MARKS.items():
        if style.get(name):
            text = f"{mark}{text}{mark}"
    return text


def _repeats(part: str, body: str) -> bool:
    return part is not body and part in body


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
