"""The small parts of blocks: texts that Slack shows as they are, and the names of blocks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from slack_sdk.models.blocks import Block, MarkdownTextObject, PlainTextObject, SectionBlock


def plain(words: str) -> PlainTextObject:
    """Return a text without markup."""
    return PlainTextObject(text=words, emoji=False)


def marked(words: str) -> MarkdownTextObject:
    """Return a text with markup; Slack makes no links or mentions of what it finds in it."""
    return MarkdownTextObject(text=words, verbatim=True)


def section(words: str, *, expand: bool | None = None) -> SectionBlock:
    """Return a section with markup; one to `expand` is never folded."""
    return SectionBlock(text=marked(words), expand=expand)


def named(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    """Give each block an id that changes with the content, as an update of a message asks for.

    https://docs.slack.dev/reference/block-kit/blocks
    """
    rows = [block.to_dict() for block in blocks]
    digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:8]
    return [{**row, "block_id": f"{digest}-{index}"} for index, row in enumerate(rows)]


def permalink(workspace: str | None, channel: str, ts: str) -> str | None:
    """Return the address of a message; None as long as the workspace's own is not known."""
    if not workspace:
        return None
    return f"{workspace.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
