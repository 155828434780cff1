from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import MAX_FILE_CHARS, TradingCalendar, exchange_calendar, extended
from core.constants import HOLIDAYS
from core.exceptions import DataError

CALENDAR = exchange_calendar()
HOLIDAYS_2027 = [
    f"2027-{mmdd}" for mmdd in (
        "01-01", "02-05", "02-08", "02-09", "02-10", "02-11", "02-12", "04-05", "05-03", "05-04",
        "05-05", "06-09", "09-15", "10-01", "10-04", "10-05", "10-06", "10-07")
]


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "calendar.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")     # inside the package
def test_every_session_from_1990_to_2026_equals_an_independent_calendar() -> None:
    exchange_calendars = pytest.importorskip("exchange_calendars")
    other = exchange_calendars.get_calendar("XSHG", start="1990-12-19", end="2026-12-31")

    assert CALENDAR.days == tuple(day.date() for day in other.sessions)
    assert len(CALENDAR.days) == 8_797


@pytest.mark.parametrize(
    ("year", "count"),
    [(2014, 245), (2015, 244), (2016, 244), (2017, 244), (2018, 243), (2019, 244), (2020, 243),
     (2021, 243), (2022, 242), (2023, 242), (2024, 242), (2025, 243), (2026, 242)],
)
def test_sessions_per_year(year: int, count: int) -> None:
    assert len(CALENDAR.sessions(date(year, 1, 1), date(year, 12, 31))) == count


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        (date(1990, 12, 19), True),
        (date(2015, 9, 3), False),
        (date(2015, 9, 4), False),
        (date(2024, 2, 9), False),       # a working day on which the exchanges stayed closed
        (date(2024, 2, 4), False),       # a make-up working Sunday
        (date(2025, 1, 27), True),
        (date(2025, 1, 28), False),
        (date(2025, 2, 5), True),
        (date(2026, 12, 31), True),
    ],
)
def test_single_days(day: date, open_: bool) -> None:
    assert CALENDAR.is_session(day) is open_


@given(day=st.dates(date(1990, 12, 20), date(2026, 12, 30)))
def test_next_and_previous_are_the_nearest_sessions(day: date) -> None:
    after, before = CALENDAR.next_session(day), CALENDAR.previous_session(day)

    assert before < day < after
    between = [before + timedelta(days=n) for n in range((after - before).days + 1)]
    assert {d for d in between if CALENDAR.is_session(d)} == {before, after} | (
        {day} if CALENDAR.is_session(day) else set())
    assert all(d.weekday() >= 5 or d in HOLIDAYS for d in between if not CALENDAR.is_session(d))


def test_sessions_number_and_offset_agree() -> None:
    first, last = date(2025, 1, 24), date(2025, 2, 6)

    assert CALENDAR.sessions(first, last) == (
        date(2025, 1, 24), date(2025, 1, 27), date(2025, 2, 5), date(2025, 2, 6))
    assert CALENDAR.session_number(first, first) == 1
    assert CALENDAR.session_number(first, last) == 4
    assert CALENDAR.session_number(date(2025, 1, 25), last) == 3     # listed on a weekend
    assert CALENDAR.session_number(last, first) == 0
    assert CALENDAR.offset(first, 3) == last
    assert CALENDAR.offset(last, -3) == first
    assert CALENDAR.sessions(last, first) == ()


def test_the_first_and_the_last_day_are_known() -> None:
    first, last = date(1990, 12, 19), date(2026, 12, 31)

    assert (CALENDAR.first, CALENDAR.last) == (first, last)
    assert CALENDAR.next_session(first) == date(1990, 12, 20)
    assert CALENDAR.previous_session(last) == date(2026, 12, 30)
    assert CALENDAR.offset(last, 1 - len(CALENDAR.days)) == first
    assert CALENDAR.sessions(first, first) == (first,)


def test_a_listing_before_the_calendar_counts_from_its_beginning() -> None:
    assert CALENDAR.session_number(date(1990, 12, 1), date(1990, 12, 20)) == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.is_session(date(2027, 1, 4)),
        lambda c: c.is_session(date(1990, 12, 18)),
        lambda c: c.next_session(date(2026, 12, 31)),
        lambda c: c.next_session(date(2027, 1, 1)),
        lambda c: c.previous_session(date(1990, 12, 19)),
        lambda c: c.previous_session(date(2027, 1, 2)),
        lambda c: c.sessions(date(2026, 1, 1), date(2027, 1, 31)),
        lambda c: c.sessions(date(1980, 1, 1), date(2026, 1, 31)),
        lambda c: c.session_number(date(2026, 1, 1), date(2027, 1, 4)),
        lambda c: c.session_number(date(2027, 1, 4), date(2026, 1, 5)),
        lambda c: c.offset(date(2026, 12, 31), 1),
        lambda c: c.offset(date(1990, 12, 19), -1),
    ],
)
def test_a_day_that_nobody_knows_is_refused(ask: Callable[[TradingCalendar], object]) -> None:
    with pytest.raises(DataError, match=r"calendar not known .* [Ee]xtend"):
        ask(CALENDAR)


def test_an_offset_needs_a_session_to_start_from() -> None:
    with pytest.raises(DataError, match="not a session"):
        CALENDAR.offset(date(2024, 5, 4), 1)


# ---- extending -----------------------------------------------------------------------------------


def test_a_list_of_sessions_carries_the_calendar_on() -> None:
    longer = extended(CALENDAR, [date(2027, 1, 5), date(2027, 1, 4), date(2026, 12, 31)])

    assert longer.last == date(2027, 1, 5)
    assert longer.next_session(date(2026, 12, 31)) == date(2027, 1, 4)
    assert not longer.is_session(date(2027, 1, 3))
    assert CALENDAR.last == date(2026, 12, 31)      # the old one is untouched
    with pytest.raises(DataError):
        longer.is_session(date(2027, 1, 6))


def test_a_source_that_leaves_a_known_session_out_is_no_contradiction() -> None:
    gappy = [day for day in CALENDAR.days if day != date(1992, 5, 4)]

    longer = extended(CALENDAR, [*gappy, date(2027, 1, 4)])

    assert longer.is_session(date(1992, 5, 4))
    assert longer.is_session(date(2027, 1, 4))


@pytest.mark.parametrize("form", ["{}", "{},New Year", "{}\n", "  {}  "])
@pytest.mark.parametrize("heading", ["closure", "Closure,reason", "\ufeffclosure"])
def test_a_file_of_closures_carries_on_to_the_end_of_its_year(
    write: Write, heading: str, form: str
) -> None:
    rows = "\n".join(form.format(day) for day in HOLIDAYS_2027)

    longer = extended(CALENDAR, write(f"{heading}\n{rows}\n"))

    assert longer.last == date(2027, 12, 31)
    assert not longer.is_session(date(2027, 2, 8))
    assert longer.is_session(date(2027, 2, 15))
    assert len(longer.sessions(date(2027, 1, 1), date(2027, 12, 31))) == 261 - 18


def test_closures_carry_on_right_after_the_last_known_day(write: Write) -> None:
    some = extended(CALENDAR, [date(2027, 1, 4)])

    longer = extended(some, write("closure\n" + "\n".join(HOLIDAYS_2027)))

    assert longer == extended(CALENDAR, write("closure\n" + "\n".join(HOLIDAYS_2027)))
    assert longer.next_session(date(2027, 1, 4)) == date(2027, 1, 5)


def test_a_file_of_sessions_may_use_compact_dates_and_repeat_itself(write: Write) -> None:
    longer = extended(CALENDAR, str(write("session\n20270105\n20270104\n2027-01-05\n")))

    assert longer.sessions(date(2027, 1, 1), date(2027, 1, 5)) == (
        date(2027, 1, 4), date(2027, 1, 5))


def test_nothing_new_leaves_the_calendar_as_it_was(write: Write) -> None:
    assert extended(CALENDAR, []) == CALENDAR
    assert extended(CALENDAR, write("closure\n2024-05-01\n")) == CALENDAR
    assert extended(CALENDAR, write("session\n2024-05-06\n")) == CALENDAR


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "heading"),
        ("date\n2027-01-04\n", "heading"),
        ("2027-01-04\n", "heading"),
        ("\x00\x01\x02", "heading"),
        ("session\n2027-13-01\n", "line 2"),
        ("session\n2027-01-04\nNaN\n", "line 3"),
        ("session\n-5\n", "line 2"),
        ("session\n2027-01-03\n", "weekend"),
        ("session\n2024-05-01\n", "contradicts"),
        ("session\n2027-02-15\n", "no session between"),
        ("session\n2027-01-04\n9999-12-31\n", "no session between"),
        ("closure\n2024-05-06\n", "contradicts"),
        ("closure\n2027-01-01\n", "260 sessions"),
        ("closure\n2027-01-01\n2029-01-01\n", "no closure in 2028"),
        ("closure\n9999-12-31\n", "no closure in 2027"),
        ("session\n" + "x" * MAX_FILE_CHARS, "too large"),
    ],
)
def test_a_file_that_is_no_calendar_is_refused_with_its_reason(
    write: Write, text: str, why: str
) -> None:
    with pytest.raises(DataError, match=why):
        extended(CALENDAR, write(text))


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    gbk = tmp_path / "gbk.csv"
    gbk.write_bytes("交易日".encode("gbk"))

    for path in (tmp_path / "absent.csv", tmp_path, gbk):
        with pytest.raises(DataError, match="cannot be read"):
            extended(CALENDAR, path)
