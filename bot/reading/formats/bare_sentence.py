"""The sentence of event 109 by itself, as people paste it."""

from collections.abc import Iterator

from bot.reading.containers import Container
from bot.reading.page import Page

NAME = "bare_sentence"
HINTS: tuple[str, ...] = ()


def containers(page: Page) -> Iterator[Container]:
    """Yield nothing: the sentence needs no container to be read."""
    return iter(())
