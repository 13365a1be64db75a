"""The frames of the protocol between an agent and the bot: JSON objects, parsed strictly."""

from __future__ import annotations

import json
from typing import Annotated, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.errors import DespoolError
from bot.wire.greeting import Challenge, Hello, Refusal, Welcome
from bot.wire.talk import Ack, Answer, Push, Question

LARGEST_QUESTION = 16 * 1024  # bytes of a frame that an agent takes
LARGEST_ANSWER = 512 * 1024  # and of one that the bot takes

T = TypeVar("T")


class FrameRefused(DespoolError):
    """What came from the other side is no frame of this protocol."""


FromBot = Challenge | Welcome | Refusal | Question | Ack
FromAgent = Hello | Answer | Push

_from_bot: TypeAdapter[FromBot] = TypeAdapter(Annotated[FromBot, Field(discriminator="type")])
_from_agent: TypeAdapter[FromAgent] = TypeAdapter(Annotated[FromAgent, Field(discriminator="type")])
_any: TypeAdapter[FromBot | FromAgent] = TypeAdapter(
    Annotated[FromBot | FromAgent, Field(discriminator="type")]
)


def said_by_bot(data: str) -> FromBot:
    """Parse a frame from the bot, or raise FrameRefused."""
    return _parsed(_from_bot, data, LARGEST_QUESTION)


def said_by_agent(data: str) -> FromAgent:
    """Parse a frame from an agent, or raise FrameRefused."""
    return _parsed(_from_agent, data, LARGEST_ANSWER)


def written(frame: FromBot | FromAgent) -> str:
    """Return the text of a frame; what no encoding can say becomes a question mark."""
    try:
        return _any.dump_json(frame).decode()
    except PydanticSerializationError:  # a name on disk that is not UTF-8
        text = json.dumps(_any.dump_python(frame, mode="json"), ensure_ascii=False)
        return text.encode("utf-8", "replace").decode()


def _parsed(kind: TypeAdapter[T], data: str, largest: int) -> T:
    if len(data) > largest:
        raise FrameRefused(f"A frame of more than {largest} characters came.")
    try:
        return kind.validate_json(data, strict=True)
    except ValidationError as error:
        # the input itself is not repeated: it may be anything
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the frame"
        raise FrameRefused(f"What came is no frame of this protocol: {where}.") from None
