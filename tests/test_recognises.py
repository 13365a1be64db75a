"""The cheap look that every message gets: it is as sharp as the patterns it saves."""

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import recognises
from bot.reading.formats import MARKS
from bot.reading.page import Squeezed
from bot.reading.unmangle import read_page
from bot.samples import ALERT, LOG, LOOK_ALIKE, SEED

# `re` takes these for ASCII letters where case is ignored; lower() does not make one of them
ODD = {"s": "\u017f", "k": "\u212a", "i": "\u0131", "I": "\u0130"}


@cache
def every_mark() -> re.Pattern[str]:
    squeezed = [re.sub(r"\\s\{\d,\d\}| |\\W$", "", mark) for mark in MARKS]
    return re.compile("|".join([*MARKS, *squeezed]), re.IGNORECASE)


def marked(text: str) -> bool:
    page = read_page("", 1, text)
    return any(every_mark().search(one) for one in (page.text, Squeezed.of(page.text).text))


@pytest.mark.parametrize("text", [ALERT, LOG, SEED, SEED.upper(), SEED.swapcase()])
def test_what_it_all_began_with_is_recognised(text):
    assert marked(text)
    assert recognises(text)


@pytest.mark.parametrize("letter", ODD)
def test_letters_that_only_look_alike_make_no_difference(letter):
    for text in (ALERT, LOG):
        odd = text.replace(letter, ODD[letter])
        assert recognises(odd) is marked(odd)


pieces = st.sampled_from([*SEED.split(), *LOOK_ALIKE.split(), "32", "=", "\u017f", "\u0130", "\n"])


@given(st.lists(pieces, max_size=30), st.sampled_from([" ", "", "  ", "\n"]))
def test_it_agrees_with_the_patterns_on_any_mixture(words, between):
    text = between.join(words)
    assert recognises(text) is marked(text)


@given(st.text(max_size=300))
def test_it_agrees_with_the_patterns_on_any_text(text):
    assert recognises(text) is marked(text)
