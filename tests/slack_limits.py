"""What Slack refuses in blocks and views, as far as its pages or its SDK say so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Json = dict[str, Any]

# The numbers stand on https://docs.slack.dev/reference/block-kit and on the pages below it.
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
TEXTS = {"header": 150, "section": 3000, "context": 3000, "actions": 75}
FIELD = 2000
LABEL = 75
# Slack publishes no sum; these stay well below what people saw refused (bolt-js 2509 and 2867).
SUM = 9_600
JSON = 15_000


def check_message(blocks: list[Json]) -> None:
    """Fail where a message with these blocks could be refused."""
    assert 0 < len(blocks) <= MESSAGE_BLOCKS
    check_blocks(blocks)
    ids = [block["block_id"] for block in blocks]
    assert len(set(ids)) == len(ids)
    assert all(0 < len(one) <= 255 for one in ids)
    assert sum(len(text["text"]) for text in texts(blocks)) < SUM
    assert len(json.dumps(blocks, ensure_ascii=False)) < JSON


def check_view(view: Json) -> None:
    """Fail where `views.open` could refuse this modal."""
    parsed = View(**view)
    parsed.validate_json()
    assert 0 < len(view["blocks"]) <= VIEW_BLOCKS
    assert 0 < len(view["title"]["text"]) <= 24
    assert 0 < len(view["close"]["text"]) <= 24
    assert len(json.dumps(view)) < VIEW_BYTES
    check_blocks(view["blocks"])


def check_blocks(blocks: list[Json]) -> None:
    """Fail where a block breaks a rule of its own."""
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict() == block  # the SDK checks while it writes
        for text in texts(block):
            assert 0 < len(text["text"]) <= TEXTS[block["type"]]
            assert text["text"].strip()
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= FIELD for field in block.get("fields", []))
        if block["type"] == "actions":
            check_actions(block["elements"])
        if block["type"] == "context":
            assert 0 < len(block["elements"]) <= 10


def check_actions(elements: list[Json]) -> None:
    """Fail where buttons or a menu would be refused, or would be too many for a reader."""
    names = [element["action_id"] for element in elements]
    assert len(set(names)) == len(names)
    assert sum(element["type"] == "button" for element in elements) <= 2
    for element in elements:
        assert element.get("value") != ""
        assert len(element.get("value", "")) <= 2000
        assert len(element.get("accessibility_label", "")) <= LABEL
        options = element.get("options", [])
        assert len(options) <= 5
        assert all(0 < len(option["value"]) <= 150 for option in options)


def texts(value: Any) -> Iterator[Json]:
    """Give every text object, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from texts(item)
