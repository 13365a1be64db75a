"""What Despool knows about each cause: its words, its articles, its advice in the safe order."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.knowledge.causes import Cause, Knowledge, Step, is_full_too, path_of
from bot.knowledge.loading import read
from bot.knowledge.retry import Retry

__all__ = ["Cause", "Knowledge", "Retry", "Step", "is_full_too", "load", "path_of", "read"]


@cache
def load() -> Knowledge:
    """Return the knowledge Despool ships with, read and checked once, or raise KnowledgeError."""
    return read(Path(__file__).parent)
