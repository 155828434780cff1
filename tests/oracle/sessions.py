"""The oracle's own trading calendar: weekdays from 1990-12-19 to 2026-12-31 less 605 closures."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

CLOSURES_CSV = Path(__file__).with_name("weekday_closures.csv")
FIRST_DAY, LAST_DAY = date(1990, 12, 19), date(2026, 12, 31)
SATURDAY = 5


@cache
def closures() -> frozenset[date]:
    lines = CLOSURES_CSV.read_text("utf-8").split()
    return frozenset(date.fromisoformat(line) for line in lines[1:])


def is_session(day: date) -> bool:
    inside = FIRST_DAY <= day <= LAST_DAY
    return inside and day.weekday() < SATURDAY and day not in closures()


@cache
def sessions_between(first: date, last: date) -> tuple[date, ...]:
    """Every session of the closed interval, oldest first."""
    count = (last - first).days + 1
    days = (first + timedelta(days=number) for number in range(count))
    return tuple(day for day in days if is_session(day))


def session_age(listed: date, day: date) -> int:
    """1 on the listing date itself, 2 on the next session, and so on."""
    return len(sessions_between(listed, day))
