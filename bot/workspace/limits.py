"""What Slack refuses in messages and views: the limits of `blocks.toml`, metadata, lengths."""

import copy
import json
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.workspace.cast import Json
from bot.workspace.refusal import check

# msg_too_long: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update
TEXT_POSTED, TEXT_UPDATED = 40_000, 4_000
# Slack does not publish these two. https://github.com/slackapi/bolt-js/issues/2509 measured about
# 13,200 characters of text; https://github.com/slackapi/bolt-js/issues/2867 saw 11,341 characters
# refused that serialise to 17,694, and 15,561 serialised accepted.
BLOCKS_TEXT, BLOCKS_JSON = 13_200, 16_000

_SHAPES: dict[str, Json] = tomllib.loads(Path(__file__).with_name("blocks.toml").read_text())


def check_blocks(blocks: Any) -> None:
    """Raise what Slack answers to bad blocks: https://docs.slack.dev/reference/block-kit/blocks."""
    check(isinstance(blocks, list), "invalid_blocks_format")
    problems = list(_problems(["message"], 0, {"type": "message", "blocks": blocks}, ""))
    check(not problems, "invalid_blocks", *problems)
    serialised = json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))
    check(len(serialised) <= BLOCKS_JSON, "msg_blocks_too_long")
    check(sum(map(len, _texts(blocks))) <= BLOCKS_TEXT, "msg_blocks_too_long")


def check_view(view: Json, kind: str) -> None:
    """Raise what Slack answers to a bad view: https://docs.slack.dev/reference/views."""
    problems = list(_problems([kind], 0, view, "/view"))
    if not problems and not view.get("submit") and fields(view):
        problems = ["missing required field: submit [json-pointer:/view]"]
    check(not problems, "invalid_arguments", *problems)


def check_content(given: Json, longest: int) -> Json:
    """Return text, blocks and metadata of a message, or raise why it is refused.

    https://docs.slack.dev/reference/methods/chat.postMessage#errors
    https://docs.slack.dev/messaging/message-metadata
    """
    found = {key: given[key] for key in ("text", "blocks", "metadata") if given.get(key)}
    if "blocks" in found:
        check_blocks(found["blocks"])
        found["blocks"] = filled(found["blocks"])
    check(found.get("text") or found.get("blocks"), "no_text")
    check(len(found.setdefault("text", "")) <= longest, "msg_too_long")
    given = found.get("metadata") or {"event_type": "none", "event_payload": {}}
    check(given.get("event_type") and "event_payload" in given, "invalid_metadata_format")
    return found


def filled(blocks: list[Json]) -> list[Json]:
    """Return blocks with the ids that Slack gives, anew each time, where none are given."""
    made: list[Json] = copy.deepcopy(blocks)
    for block in made:
        block.setdefault("block_id", uuid.uuid4().hex[:8])
        for element in elements(block):
            if "action_id" in _SHAPES[element["type"]]:
                element.setdefault("action_id", uuid.uuid4().hex[:8])
    return made


def elements(block: Json) -> list[Json]:
    """Return what a block holds that a person may act on, and perhaps more."""
    return [block["element"]] if "element" in block else block.get("elements", [])


def fields(view: Json) -> list[Json]:
    """Return the blocks of a modal that a person fills in."""
    return [block for block in view["blocks"] if block["type"] == "input"]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["text"]] if isinstance(value.get("text"), str) else []
        value = list(value.values())
    for child in value if isinstance(value, list) else ():
        yield from _texts(child)


def _problems(kinds: list[str], longest: int, value: Any, at: str) -> Iterator[str]:
    kind = value.get("type", "option") if isinstance(value, dict) else None
    if kind not in kinds:
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    given = {name: one for name, one in value.items() if name != "type" and one is not None}
    specs = {name.removesuffix("!"): spec for name, spec in _SHAPES[kind].items()}
    needed = {name.removesuffix("!") for name in _SHAPES[kind] if name.endswith("!")}
    # https://docs.slack.dev/reference/block-kit/blocks/section-block: text, or else fields
    needed |= {"text"} if kind == "section" and "fields" not in given else set()
    yield from (f"missing required field: {name} [json-pointer:{at}]" for name in needed - {*given})
    extra = given.keys() - specs
    yield from (f"invalid additional property: {name} [json-pointer:{at}]" for name in extra)
    for name in given.keys() - extra:
        spec = [longest] if name == "text" and not specs[name] else specs[name]
        if spec and (given[name] != "" or name in needed):
            yield from _property(spec, given[name], f"{at}/{name}")


def _property(spec: list[Any], value: Any, at: str) -> Iterator[str]:
    sizes, kinds = [one for one in spec if isinstance(one, int)], [str(one) for one in spec]
    listed = value if isinstance(value, list) else []
    size = value if isinstance(value, int) else 1 if isinstance(value, dict) else len(value)
    if not 0 < size <= (sizes[0] or 1) or bool(kinds[1:]) == isinstance(value, str | int):
        yield f"must be 1 to {sizes[0]} [json-pointer:{at}]"
    for index, one in enumerate(listed):
        yield from _problems(kinds, sizes[-1], one, f"{at}/{index}")
    if isinstance(value, dict):
        yield from _problems(kinds, sizes[0], value, at)
    for key in ("block_id", "action_id"):
        ids = [str(one[key]) for one in listed if isinstance(one, dict) and key in one]
        if len(set(ids)) < len(ids):
            yield f"{key} already exists [json-pointer:{at}]"
