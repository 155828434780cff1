import csv
from datetime import date
from pathlib import Path

import pytest

from core.holidays import FIRST_DAY, HOLIDAYS, LAST_DAY

FILE = (Path(__file__).parents[3].parent / "shared" / "fixtures" / "calendar"
        / "weekday_closures_1990-12-19_2026-12-31.csv")


def test_605_weekdays_are_closed_within_the_calendar() -> None:
    assert len(HOLIDAYS) == 605
    assert all(day.weekday() < 5 for day in HOLIDAYS)
    assert min(HOLIDAYS) > FIRST_DAY
    assert max(HOLIDAYS) < LAST_DAY == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        (2015, "01-01 01-02 02-18 02-19 02-20 02-23 02-24 04-06 05-01 06-22 09-03 09-04 10-01 "
               "10-02 10-05 10-06 10-07"),
        (2024, "01-01 02-09 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 "
               "09-16 09-17 10-01 10-02 10-03 10-04 10-07"),
        (2026, "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 "
               "09-25 10-01 10-02 10-05 10-06 10-07"),
    ],
)
def test_the_closures_of_a_year(year: int, closed: str) -> None:
    assert sorted(day.strftime("%m-%d") for day in HOLIDAYS if day.year == year) == closed.split()


@pytest.mark.shared
@pytest.mark.skipif(not FILE.exists(), reason="the development data is not beside the checkout")
def test_the_closures_equal_the_recorded_list() -> None:
    with FILE.open(encoding="utf-8") as file:
        recorded = {date.fromisoformat(row["date"]) for row in csv.DictReader(file)}

    assert recorded == HOLIDAYS
