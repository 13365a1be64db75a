"""What Slack's message box makes of what a person types: escapes, links, mentions, rich text."""

import re
from collections.abc import Iterator
from html import escape

from bot.workspace.cast import PEOPLE, Json

_IDS = {person.name: person.id for person in PEOPLE.values()}
_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
# Slack turns anything that looks like a host into a link, FORMAT.COM included.
_HOST = r"\b(?:[\w-]+\.)+(?:com|net|org|io)\b"
_TOKEN = re.compile(rf"https?://[^\s<>|]+|{_HOST}|(?<!\S)@({'|'.join(_IDS)})\b", re.IGNORECASE)


def compose(typed: str) -> tuple[str, list[Json]]:
    """Return `text` and `blocks` of a message as typed.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
    """
    text, elements = "", []
    for index, part in enumerate(_FENCE.split(typed)):
        if index % 2:
            text += f"```{_run(part)[0]}```"
            elements.append({"type": "rich_text_preformatted", "elements": [_run(part)[1]]})
        elif part.strip("\n"):
            start = "\n" if index and part.startswith("\n") else ""  # the fence ends its own line
            pieces = list(_pieces(part.removeprefix(start)))
            text += start + "".join(piece for piece, _ in pieces)
            elements.append({"type": "rich_text_section", "elements": [run for _, run in pieces]})
    return text, [{"type": "rich_text", "block_id": "typed", "elements": elements}]


def _run(text: str) -> tuple[str, Json]:
    return escape(text, quote=False), {"type": "text", "text": text}


def _pieces(part: str) -> Iterator[tuple[str, Json]]:
    """Split text outside fences into its Slack spelling and its rich text, piece by piece."""
    end = 0
    for match in _TOKEN.finditer(part):
        if match.start() > end:
            yield _run(part[end : match.start()])
        word, end = match.group(), match.end()
        if match[1]:
            user = _IDS[match[1].lower()]
            yield f"<@{user}>", {"type": "user", "user_id": user}
        elif "://" in word:
            yield f"<{_run(word)[0]}>", {"type": "link", "url": word}
        else:
            url = f"http://{word}"
            yield f"<{url}|{word}>", {"type": "link", "url": url, "text": word}
    if end < len(part):
        yield _run(part[end:])
