"""Many questions are asked, and one that is never answered stops none of the others."""

import threading
from collections.abc import Callable, Iterator
from functools import partial

from bot.agent.win32.patience import MOST, ask_each

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
    for number in SILENT:
        looks[number] = (number, never.wait)
    try:
        answers = ask_each(looks, LONG)
    finally:
        never.set()
    assert sorted(answers.silent) == SILENT
    assert sorted(answers.found) == [number for number in range(50) if number not in SILENT]
    assert answers.finished


SILENT = [0, 20, 21, 49]


def test_an_answer_that_comes_late_counts_and_whoever_waited_for_it_asks_no_more():
    late = threading.Event()
    askers: dict[int, str] = {}

    def looks() -> Iterator[Look]:
        yield 1, late.wait
        for number in range(2, 5):
            yield number, partial(noted, number)
        late.set()
        yield 5, partial(noted, 5)

    def noted(number: int) -> bool:
        askers[number] = threading.current_thread().name
        return False

    answers = ask_each(looks(), LONG, grace=LONG)
    assert (answers.found, answers.silent, answers.finished) == ((1,), (), True)
    assert sorted(askers) == [2, 3, 4, 5]


def test_when_the_time_is_up_it_says_that_it_did_not_finish():
    never = threading.Event()
    try:
        answers = ask_each([(1, yes), (2, never.wait), (3, yes)], 0.2, patience=LONG)
    finally:
        never.set()
    assert (answers.found, answers.silent, answers.finished) == ((1,), (2,), False)


def test_where_hardly_anything_answers_it_does_not_start_threads_for_ever():
    never = threading.Event()
    looks: list[Look] = [(number, never.wait) for number in range(MOST + 50)]
    try:
        answers = ask_each(looks, LONG, patience=0.001)
        waiting = [one for one in threading.enumerate() if one.daemon and one.is_alive()]
    finally:
        never.set()
    assert len(answers.silent) == MOST
    assert len(waiting) < MOST + 20
    assert not answers.finished


def test_nothing_to_ask_is_an_answer():
    answers = ask_each([], LONG)
    assert (answers.found, answers.silent, answers.finished) == ((), (), True)
