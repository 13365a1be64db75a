"""Times are read as logs and events write them; an unknown order of day and month stays so."""

from __future__ import annotations

import pytest

from bot.reading.moments import biased_moment, log_moment, moments


def written(text: str, clock: str | None = None) -> list[str]:
    return [str(stamp) for stamp in moments(text, clock)]


LOG = {
    "SMS 1.x": ("Thu Sep 10 09:55:37 1998", "1998-09-10T09:55:37"),
    "SMS 1.x with its tilde": ("Thu Sep 10 09:55:37 1998~", "1998-09-10T09:55:37"),
    "SMS 2.0 with a named zone": (
        "Fri Oct 15 17:09:46.677 1999 Pacific Daylight Time",
        "1999-10-15T17:09:46.677",
    ),
    "SMS 2.0 without a zone": ("Thu Mar 18 15:06:47.218 1999", "1999-03-18T15:06:47.218"),
    "an unpadded day and hour": ("Tue Jul 4 9:46:43.146 2000", "2000-07-04T09:46:43.146"),
    "a day padded with a blank": ("Tue Jul  4 09:46:43 2000", "2000-07-04T09:46:43"),
    "a German day and an English month": ("Mo Aug 06 22:12:55.004 2012", "2012-08-06T22:12:55.004"),
    "a German month": ("Di Mrz 05 01:02:03 2002", "2002-03-05T01:02:03"),
    "a French month": ("jeu févr. 05 01:02:03 2004", "2004-02-05T01:02:03"),
    "a wrap between two words": ("Thu Sep 10\n   09:55:37 1998", "1998-09-10T09:55:37"),
    "a wrap inside the year": ("Thu Sep 10 09:55:37 19\n98~", "1998-09-10T09:55:37"),
    "all blanks lost": ("ThuSep1009:55:371998", "1998-09-10T09:55:37"),
    "the last second of February in a leap year": (
        "Tue Feb 29 23:59:59 2000",
        "2000-02-29T23:59:59",
    ),
    "a day that no month has": ("Mon Feb 30 09:55:37 1998", None),
    "an hour that no day has": ("Thu Sep 10 24:55:37 1998", None),
    "a month of no language": ("Thu Xyz 10 09:55:37 1998", None),
    "a time without its year": ("Thu Sep 10 09:55:37", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("text", "read"), LOG.values(), ids=LOG)
def test_a_log_writes(text: str, read: str | None) -> None:
    stamp = log_moment(text)
    assert (str(stamp) if stamp else None) == read


BIASED = {
    "no bias": (("09-24-2009", "02:10:42.118", None), "2009-09-24T02:10:42.118"),
    "a bias of no minutes": (("09-24-2009", "02:10:42.118", "+0"), "2009-09-24T02:10:42.118+00:00"),
    "a negative bias, which is east of Greenwich": (
        ("06-14-2018", "06:26:25.828", "-60"),
        "2018-06-14T06:26:25.828+01:00",
    ),
    "a positive bias, which is west": (
        ("12-06-2016", "03:11:46.039", "+300"),
        "2016-12-06T03:11:46.039-05:00",
    ),
    "a bias of half an hour": (
        ("12-06-2016", "03:11:46.039", "-330"),
        "2016-12-06T03:11:46.039+05:30",
    ),
    "month and day unpadded": (("1-2-2024", "9:05:01", None), "2024-01-02T09:05:01"),
    "no seconds": (("1-2-2024", "9:05", None), "2024-01-02T09:05:00"),
    "seven digits of a second": (("1-2-2024", "09:05:01.1234567", None), "2024-01-02T09:05:01.123"),
    "month 13": (("13-02-2024", "09:05:01", None), None),
    "words": (("today", "noon", None), None),
}


@pytest.mark.parametrize(("parts", "read"), BIASED.values(), ids=BIASED)
def test_configmgr_writes(parts: tuple[str, str, str | None], read: str | None) -> None:
    stamp = biased_moment(*parts)
    assert (str(stamp) if stamp else None) == read


BOTH = ["1998-03-04T02:10:42", "1998-04-03T02:10:42"]
EVENTS = {
    "numbers with slashes that read both ways": ("3/4/1998 2:10:42 AM", BOTH),
    "numbers with dashes that read both ways": ("3-4-1998 02:10:42", BOTH),
    "a year of two digits that reads both ways": ("03/04/98 02:10:42", BOTH),
    "dots, which always have the day first": ("03.04.1998 02:10:42", ["1998-04-03T02:10:42"]),
    "a day beyond the twelfth in the first place": ("24/09/1998 02:10:42", ["1998-09-24T02:10:42"]),
    "a day beyond the twelfth in the second place": ("9/24/1998 02:10:42", ["1998-09-24T02:10:42"]),
    "day and month alike": ("4/4/1998 02:10:42", ["1998-04-04T02:10:42"]),
    "the year first": ("2009-09-24 02:10:42", ["2009-09-24T02:10:42"]),
    "the year first, with dots and the clock before it": (
        "02:10:42 on 2021.09.24",
        ["2021-09-24T02:10:42"],
    ),
    "ISO in UTC with seven digits": (
        "2025-11-11T11:44:42.9510000Z",
        ["2025-11-11T11:44:42.951+00:00"],
    ),
    "ISO with an offset": ("2025-11-11T11:44:42+05:30", ["2025-11-11T11:44:42+05:30"]),
    "ISO with an offset without its colon": (
        "2025-11-11T11:44:42-0800",
        ["2025-11-11T11:44:42-08:00"],
    ),
    "the afternoon": ("9/24/2009 2:10:42 PM", ["2009-09-24T14:10:42"]),
    "midnight by twelve hours": ("9/24/2009 12:00:00 AM", ["2009-09-24T00:00:00"]),
    "noon by twelve hours": ("9/24/2009 12:00:00 PM", ["2009-09-24T12:00:00"]),
    "the afternoon with dots": ("24/09/2009 2:10:42 p.m.", ["2009-09-24T14:10:42"]),
    "no seconds": ("24.09.2009 02:10", ["2009-09-24T02:10:00"]),
    "the day before a named month": ("24-Sep-2009 02:10:42", ["2009-09-24T02:10:42"]),
    "the day behind a named month": ("September 24, 2009 2:10:42 AM", ["2009-09-24T02:10:42"]),
    "a word between day and clock": ("Sep 24, 2009 at 2:10 PM", ["2009-09-24T14:10:00"]),
    "an ordinal": ("24th September 2009 02:10:42", ["2009-09-24T02:10:42"]),
    "a wrap before the clock": ("24.09.2009\n   02:10:42", ["2009-09-24T02:10:42"]),
    "a day without a clock": ("24.09.2009", []),
    "a day that no month has": ("30.02.2009 02:10:42", []),
    "a clock without a day": ("02:10:42", []),
    "an address of a computer": ("10.1.2.3 02:10:42", []),
    "a version": ("2.0.1", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "read"), EVENTS.values(), ids=EVENTS)
def test_an_event_writes(text: str, read: list[str]) -> None:
    assert written(text) == read


CENTURY = {"70": "1970", "98": "1998", "99": "1999", "00": "2000", "12": "2012", "69": "2069"}


@pytest.mark.parametrize(("two", "four"), CENTURY.items(), ids=CENTURY)
def test_two_digits_of_a_year_mean(two: str, four: str) -> None:
    assert written(f"24/09/{two} 02:10:42") == [f"{four}-09-24T02:10:42"]


def test_a_clock_that_stands_in_a_field_of_its_own_belongs_to_the_date() -> None:
    assert written("24/09/1998", "2:10:42 AM") == ["1998-09-24T02:10:42"]
    assert written("3/4/1998", "02:10:42") == BOTH


def test_the_clock_beside_the_date_goes_before_one_in_another_field() -> None:
    assert written("24/09/1998 02:10:42", "17:00:00") == ["1998-09-24T02:10:42"]


def test_milliseconds_are_told_only_where_they_were_written() -> None:
    assert written("2009-09-24 02:10:42.000") == ["2009-09-24T02:10:42.000"]
    assert written("2009-09-24 02:10:42") == ["2009-09-24T02:10:42"]
