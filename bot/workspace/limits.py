"""What Slack refuses in messages and views: the limits of `blocks.toml`, metadata, lengths."""

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.workspace.cast import Json
from bot.workspace.refusal import Refusal

# msg_too_long: https://docs.slack.dev/reference/methods/chat.postMessage and chat.update
TEXT_POSTED, TEXT_UPDATED = 40_000, 4_000
# Slack does not publish these two. https://github.com/slackapi/bolt-js/issues/2509 measured about
# 13,200 characters of text; https://github.com/slackapi/bolt-js/issues/2867 saw 11,341 characters
# refused that serialise to 17,694, and 15,561 serialised accepted.
BLOCKS_TEXT, BLOCKS_JSON = 13_200, 16_000

_SHAPES: dict[str, Json] = tomllib.loads(Path(__file__).with_name("blocks.toml").read_text())


def check_blocks(blocks: Any) -> None:
    """Raise what Slack answers to bad blocks: https://docs.slack.dev/reference/block-kit/blocks."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refusal("invalid_blocks_format")
    if problems := list(_problems("message", {"type": "message", "blocks": blocks}, "")):
        raise Refusal("invalid_blocks", *problems)
    serialised = len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))
    if sum(map(len, _texts(blocks))) > BLOCKS_TEXT or serialised > BLOCKS_JSON:
        raise Refusal("msg_blocks_too_long")


def check_view(view: Json, kind: str) -> None:
    """Raise what Slack answers to a bad view: https://docs.slack.dev/reference/views."""
    problems = list(_problems(kind, view, "/view"))
    if (
        not problems
        and "input" in [one["type"] for one in view["blocks"]]
        and not view.get("submit")
    ):
        problems = ["missing required field: submit [json-pointer:/view]"]
    if problems:
        raise Refusal("invalid_arguments", *problems)


def check_content(given: Json, longest: int) -> Json:
    """Return text, blocks and metadata of a message, or raise why it is refused.

    https://docs.slack.dev/reference/methods/chat.postMessage#errors
    https://docs.slack.dev/messaging/message-metadata
    """
    found = {key: given[key] for key in ("text", "blocks", "metadata") if given.get(key)}
    if "blocks" in found:
        check_blocks(found["blocks"])
        found["blocks"] = filled(found["blocks"])
    if not (found.get("text") or found.get("blocks")):
        raise Refusal("no_text")
    if len(found.setdefault("text", "")) > longest:
        raise Refusal("msg_too_long")
    if "metadata" in found:
        match found["metadata"]:
            case {"event_type": str(kind), "event_payload": dict(), **more} if kind and not more:
                pass
            case _:
                raise Refusal("invalid_metadata_format")
    return found


def filled(blocks: list[Json]) -> list[Json]:
    """Return blocks with the ids that Slack gives where none are given."""
    made: list[Json] = copy.deepcopy(blocks)
    for index, block in enumerate(made):
        block.setdefault("block_id", f"b{index}")
        for number, element in enumerate(elements(block)):
            if "action_id" in _SHAPES[element["type"]]:
                element.setdefault("action_id", f"a{index}.{number}")
    return made


def elements(block: Json) -> list[Json]:
    """Return what a block holds that a person may act on, and perhaps more."""
    single = [block[name] for name in ("accessory", "element") if name in block]
    return [*single, *block.get("elements", [])]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["text"]] if isinstance(value.get("text"), str) else []
        value = list(value.values())
    for child in value if isinstance(value, list) else ():
        yield from _texts(child)


def _problems(spec: Any, value: Any, at: str) -> Iterator[str]:
    wrong = ""
    match spec:
        case str():
            yield from _object(spec, value, at)
        case [int(most), str(kinds)]:
            yield from _list(most, kinds, value, at)
        case [int(least), int(most)]:
            wrong = f"must be {least} to {most}" * (value not in range(least, most + 1))
        case list():
            wrong = f"must be one of {spec}" * (value not in spec)
        case int() if spec is not True and not (isinstance(value, str) and 0 < len(value) <= spec):
            wrong = f"must be a string of 1 to {spec} characters"
    if wrong:
        yield f"{wrong} [json-pointer:{at}]"


def _list(most: int, kinds: str, value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, list) or not 0 < len(value) <= most:
        yield f"must be a list of 1 to {most} items [json-pointer:{at}]"
        return
    for index, one in enumerate(value):
        yield from _object(kinds, one, f"{at}/{index}")
    objects = [one for one in value if isinstance(one, dict)]
    names = ("block_id", "action_id")
    ids = [f"{key} {one[key]}" for one in objects for key in one if key in names]
    for name in {name for name in ids if ids.count(name) > 1}:
        yield f"{name} already exists [json-pointer:{at}]"


def _object(kinds: str, value: Any, at: str) -> Iterator[str]:
    lengths = dict(kind.partition(":")[::2] for kind in kinds.split("|"))
    kind = value.get("type", "option" * ("option" in lengths)) if isinstance(value, dict) else ""
    if str(kind) not in lengths:
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    needed = [name[:-1] for name in _SHAPES[kind] if name.endswith("!")]
    shape = {name.removesuffix("!"): spec for name, spec in _SHAPES[kind].items()}
    # https://docs.slack.dev/reference/block-kit/blocks/section-block: text, or else fields
    needed += ["text"] if kind == "section" and not value.get("fields") else []
    for name in [name for name in needed if value.get(name) is None]:
        yield f"missing required field: {name} [json-pointer:{at}]"
    for name in [name for name in value if value[name] is not None and name != "type"]:
        if name not in shape:
            yield f"invalid additional property: {name} [json-pointer:{at}]"
        elif name in needed or value[name] != "":
            yield from _problems(shape[name] or int(lengths[kind]), value[name], f"{at}/{name}")
