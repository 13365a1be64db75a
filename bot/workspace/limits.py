"""What Slack refuses in the content of a message: Block Kit limits, metadata, text length."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.workspace.refusal import Refusal

Check = Callable[[Any, str], Iterator[str]]  # yields what is wrong with a value at a JSON pointer

BLOCKS = 50  # https://docs.slack.dev/reference/block-kit/blocks
ATTACHMENTS = 100  # too_many_attachments: https://docs.slack.dev/reference/methods/chat.postMessage
# Cut, with a warning: https://api.slack.com/changelog/2018-04-truncating-really-long-messages
TEXT_POSTED = 40_000
TEXT_UPDATED = 4_000  # msg_too_long: https://docs.slack.dev/reference/methods/chat.update
# Slack does not publish these two. https://github.com/slackapi/bolt-js/issues/2509 measured about
# 13,200 characters of text; https://github.com/slackapi/bolt-js/issues/2867 saw 11,341 characters
# refused that serialise to 17,694, and 15,561 serialised accepted.
BLOCKS_TEXT = 13_200
BLOCKS_JSON = 16_000


def check_blocks(blocks: Any) -> None:
    """Raise the refusal Slack would give for these blocks of a message."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refusal("invalid_blocks_format")
    problems = [*_blocks(blocks, "/blocks"), *_repeated(blocks, "block_id", "/blocks")]
    if problems:
        raise Refusal("invalid_blocks", *problems)
    serialised = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    if sum(map(len, _texts(blocks))) > BLOCKS_TEXT or serialised > BLOCKS_JSON:
        raise Refusal("msg_blocks_too_long")


def check_metadata(metadata: Any) -> None:
    """Raise the refusal for metadata without its two fields, or with more.

    https://docs.slack.dev/messaging/message-metadata
    """
    names = {"event_type", "event_payload"}
    if not isinstance(metadata, dict) or metadata.keys() != names:
        raise Refusal("invalid_metadata_format")
    kind, payload = metadata["event_type"], metadata["event_payload"]
    if not isinstance(kind, str) or not kind or not isinstance(payload, dict):
        raise Refusal("invalid_metadata_format")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            yield text
    children = value.values() if isinstance(value, dict) else value
    for child in children if isinstance(value, (dict, list)) else ():
        yield from _texts(child)


def _repeated(items: Any, key: str, at: str) -> Iterator[str]:
    ids = [item[key] for item in items if isinstance(item, dict) and item.get(key)]
    for value, count in Counter(map(str, ids)).items():
        if count > 1:
            yield f"`{key}` {value} already exists [json-pointer:{at}]"


def _string(limit: int) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"must be a string [json-pointer:{at}]"
        elif not value:
            yield f"must be more than 0 characters [json-pointer:{at}]"
        elif len(value) > limit:
            yield f"must be less than {limit + 1} characters [json-pointer:{at}]"

    return check


def _word(*allowed: str) -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if value not in allowed:
            yield f"must be one of {', '.join(allowed)} [json-pointer:{at}]"

    return check


def _anything(value: Any, at: str) -> Iterator[str]:
    yield from ()


def _list(limit: int, item: Check, *, unique: str = "") -> Check:
    def check(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list) or not value:
            yield f"must be a list of 1 to {limit} items [json-pointer:{at}]"
            return
        if len(value) > limit:
            yield f"no more than {limit} items allowed [json-pointer:{at}]"
        for index, one in enumerate(value):
            yield from item(one, f"{at}/{index}")
        if unique:
            yield from _repeated(value, unique, at)

    return check


def _object(shapes: Mapping[str, Mapping[str, Check]]) -> Check:
    """Check an object by its `type`; a property whose name ends in `!` has to be there."""

    def check(value: Any, at: str) -> Iterator[str]:
        kind = str(value.get("type")) if isinstance(value, dict) else ""
        if kind not in shapes:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"
            return
        shape = {name.removesuffix("!"): test for name, test in shapes[kind].items()}
        for name in sorted(value.keys() - shape.keys() - {"type"}):
            yield f"invalid additional property: {name} [json-pointer:{at}]"
        for name in shapes[kind]:
            if name.endswith("!") and value.get(name[:-1]) is None:
                yield f"missing required field: {name[:-1]} [json-pointer:{at}]"
        for name, test in shape.items():
            if value.get(name) is not None:
                yield from test(value[name], f"{at}/{name}")

    return check


def _plain(limit: int) -> Mapping[str, Mapping[str, Check]]:
    return {"plain_text": {"text!": _string(limit), "emoji": _anything}}


def _text(limit: int) -> Mapping[str, Mapping[str, Check]]:
    return {**_plain(limit), "mrkdwn": {"text!": _string(limit), "verbatim": _anything}}


# https://docs.slack.dev/reference/block-kit/block-elements/button-element
_BUTTON = {
    "text!": _object(_plain(75)),
    "action_id": _string(255),
    "url": _string(3000),
    "value": _string(2000),
    "style": _word("primary", "danger"),
    "confirm": _anything,
    "accessibility_label": _string(75),
}
_ELEMENT = _object({"button": _BUTTON})
# https://docs.slack.dev/reference/block-kit/blocks/image-block
_IMAGE = {"image_url!": _string(3000), "alt_text!": _string(2000), "title": _object(_plain(2000))}
# https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
_RUN = _object(
    {
        "text": {"text!": _string(BLOCKS_TEXT), "style": _anything},
        "link": {"url!": _string(3000), "text": _string(3000), "style": _anything},
        "user": {"user_id!": _string(255), "style": _anything},
        "emoji": {"name!": _string(255), "style": _anything, "unicode": _anything},
    }
)
_RUNS = {"elements!": _list(1000, _RUN), "border": _anything}
_SECTION = {"rich_text_section": {"elements!": _list(1000, _RUN)}}
_RICH = _object(
    {
        **_SECTION,
        "rich_text_quote": _RUNS,
        "rich_text_preformatted": {**_RUNS, "language": _anything},
        "rich_text_list": {
            "style!": _word("bullet", "ordered"),
            "elements!": _list(1000, _object(_SECTION)),
            "indent": _anything,
            "offset": _anything,
            "border": _anything,
        },
    }
)
# Each type: https://docs.slack.dev/reference/block-kit/blocks/<type>-block
_SHAPES: dict[str, dict[str, Check]] = {
    "actions": {"elements!": _list(25, _ELEMENT, unique="action_id")},
    "context": {"elements!": _list(10, _object({**_text(3000), "image": _IMAGE}))},
    "divider": {},
    "header": {"text!": _object(_plain(150))},
    "image": _IMAGE,
    "markdown": {"text!": _string(12_000)},
    "rich_text": {"elements!": _list(1000, _RICH)},
    "section": {
        "text": _object(_text(3000)),
        "fields": _list(10, _object(_text(2000))),
        "accessory": _ELEMENT,
        "expand": _anything,
    },
}
_BLOCK = _object({kind: {**shape, "block_id": _string(255)} for kind, shape in _SHAPES.items()})


def _block(value: Any, at: str) -> Iterator[str]:
    yield from _BLOCK(value, at)
    # https://docs.slack.dev/reference/block-kit/blocks/section-block: text, or else fields
    if value.get("type") == "section" and not value.get("text") and not value.get("fields"):
        yield f"missing required field: text [json-pointer:{at}]"


def _blocks(blocks: list[Any], at: str) -> Iterator[str]:
    yield from _list(BLOCKS, _block)(blocks, at) if blocks else ()
