"""Many questions are asked, and one that is never answered stops none of the others."""

import threading
from collections.abc import Callable, Iterator

from bot.agent.win32.patience import ask_each

LONG = 60.0
Look = tuple[int, Callable[[], bool]]


def yes() -> bool:
    return True


def no() -> bool:
    return False


def test_all_that_are_answered_with_yes_are_found_in_order():
    looks: list[Look] = [(number, yes if number % 3 == 0 else no) for number in range(1_000)]
    answers = ask_each(looks, LONG)
    assert answers.found == tuple(range(0, 1_000, 3))
    assert (answers.silent, answers.finished) == ((), True)


def test_those_that_are_never_answered_are_named_and_the_rest_is_asked():
    never = threading.Event()
    looks: list[Look] = [(number, yes) for number in range(50)]
    looks[0] = (0, never.wait)
    looks[20] = (20, never.wait)
    looks[49] = (49, never.wait)
    try:
        answers = ask_each(looks, LONG, patience=0.05)
    finally:
        never.set()
    assert answers.silent == (0, 20, 49)
    assert answers.found == tuple(number for number in range(50) if number not in (0, 20, 49))
    assert answers.finished


def test_an_answer_that_comes_too_late_is_not_taken_and_its_asker_asks_no_more():
    late = threading.Event()
    asked: list[int] = []

    def looks() -> Iterator[Look]:
        yield 1, late.wait
        for number in range(2, 5):
            asked.append(number)
            yield number, no
        late.set()
        yield 5, yes

    answers = ask_each(looks(), LONG, patience=0.05)
    assert (answers.found, answers.silent) == ((5,), (1,))
    assert asked == [2, 3, 4]


def test_when_the_time_is_up_it_says_that_it_did_not_finish():
    never = threading.Event()
    try:
        answers = ask_each([(1, yes), (2, never.wait), (3, yes)], 0.2, patience=LONG)
    finally:
        never.set()
    assert (answers.found, answers.silent, answers.finished) == ((1,), (2,), False)


def test_nothing_to_ask_is_an_answer():
    answers = ask_each([], LONG)
    assert (answers.found, answers.silent, answers.finished) == ((), (), True)
