"""Which days are sessions. Knows 1990-12-19 to 2026-12-31 and refuses beyond its last day."""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from core.constants import FIRST_DAY, HOLIDAYS, LAST_DAY
from core.exceptions import DataError

MAX_FILE_CHARS = 1_000_000       # a century of dates; anything larger is not a calendar
MAX_GAP_DAYS = 17                # the longest closure so far: 2000-01-31 to 2000-02-11
YEAR_SESSIONS = range(235, 253)  # every full year since 1993 had 237 to 252
_SATURDAY = 5
_EXTEND = "Extend the calendar with a file of sessions or closures, or update it from a source"


@dataclass(frozen=True)
class TradingCalendar:
    """The sessions of `first`..`last`, both inclusive; DataError for any day outside."""

    first: date
    last: date
    days: tuple[date, ...] = field(repr=False)       # every session, ascending
    _index: dict[date, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {day: i for i, day in enumerate(self.days)})

    def is_session(self, day: date) -> bool:
        """True on a trading day."""
        if day in self._index:
            return True
        self._check(day)
        return False

    def next_session(self, day: date) -> date:
        """The first session after `day`."""
        self._check(day)
        i = bisect_right(self.days, day)
        if i == len(self.days):
            raise self._unknown(day + timedelta(days=1))
        return self.days[i]

    def previous_session(self, day: date) -> date:
        """The last session before `day`."""
        self._check(day)
        i = bisect_left(self.days, day)
        if i == 0:
            raise self._unknown(day - timedelta(days=1))
        return self.days[i - 1]

    def sessions(self, first: date, last: date) -> tuple[date, ...]:
        """Every session of first..last, both inclusive; empty if last is before first."""
        self._check(first)
        self._check(last)
        return self.days[bisect_left(self.days, first):bisect_right(self.days, last)]

    def session_number(self, first_day: date, day: date) -> int:
        """How many sessions first_day..day holds: 1 on the first; 0 if `day` is earlier.

        Listing days before the calendar begins count from its beginning.
        """
        self._check(day)
        if first_day > self.last:
            raise self._unknown(first_day)
        return max(0, bisect_right(self.days, day) - bisect_left(self.days, first_day))

    def offset(self, day: date, sessions: int) -> date:
        """The session so many sessions after `day` (before it, if negative); `day` itself for 0.

        `day` must be a session.
        """
        self._check(day)
        if day not in self._index:
            raise DataError(f"{day} is not a session", why="the exchanges were closed",
                            remedy="Give a trading day")
        i = self._index[day] + sessions
        if not 0 <= i < len(self.days):
            raise self._unknown(self.last if sessions > 0 else self.first)
        return self.days[i]

    def _check(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise self._unknown(day)

    def _unknown(self, day: date) -> DataError:
        return DataError(
            f"calendar not known for {day}",
            why=f"sessions are known from {self.first} to {self.last} only",
            remedy=_EXTEND,
        )


@lru_cache(maxsize=1)
def exchange_calendar() -> TradingCalendar:
    """The calendar of Shanghai, Shenzhen and Beijing from the dated rows."""
    return TradingCalendar(FIRST_DAY, LAST_DAY, _weekdays(FIRST_DAY, LAST_DAY, HOLIDAYS))


def extended(
    calendar: TradingCalendar, path_or_days: str | os.PathLike[str] | Iterable[date]
) -> TradingCalendar:
    """A longer calendar, from a file or from a source's list of sessions.

    A file is CSV with one date a line (2027-01-04 or 20270104) under the heading `session` or
    `closure`. Sessions reach to the last one given. Closures mean whole years: every weekday
    up to the end of the last year named, less those given. What is known already must not
    be contradicted; a list that leaves known sessions out is no contradiction.

    Raises:
        DataError: not such a file, a weekend session, a hole, an implausible year.
    """
    if isinstance(path_or_days, (str, os.PathLike)):
        heading, days = _read(os.fspath(path_or_days))
        if heading == "closure":
            return _with_closures(calendar, days)
        return _with_sessions(calendar, days)
    return _with_sessions(calendar, sorted(set(path_or_days)))


def _weekdays(first: date, last: date, closed: Iterable[date]) -> tuple[date, ...]:
    shut = {day.toordinal() for day in closed}
    return tuple(
        date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1)
        if (n - 1) % 7 < _SATURDAY and n not in shut       # ordinal 1 was a Monday
    )


def _with_sessions(calendar: TradingCalendar, days: Sequence[date]) -> TradingCalendar:
    for day in days:
        if day.weekday() >= _SATURDAY:
            raise _refused(f"{day} is a weekend day", "the exchanges never open on weekends")
        if calendar.first <= day <= calendar.last and not calendar.is_session(day):
            raise _refused(f"{day} contradicts the calendar", "it is known to be closed")
    new = tuple(day for day in days if day > calendar.last)
    if not new:
        return calendar
    for before, after in zip((calendar.last, *new), new, strict=False):
        if (after - before).days > MAX_GAP_DAYS:
            raise _refused(f"no session between {before} and {after}",
                           "no closure has ever been that long, so days are missing")
    return _checked(TradingCalendar(calendar.first, new[-1], calendar.days + new), calendar)


def _with_closures(calendar: TradingCalendar, days: Sequence[date]) -> TradingCalendar:
    for day in days:
        if calendar.first <= day <= calendar.last and calendar.is_session(day):
            raise _refused(f"{day} contradicts the calendar", "it is known to be a session")
    new = [day for day in days if day > calendar.last]
    if not new:
        return calendar
    last = date(new[-1].year, 12, 31)
    missing = set(range((calendar.last + timedelta(days=1)).year, last.year)) - {
        day.year for day in new}
    if missing:
        raise _refused(f"no closure in {min(missing)}", "every year has holidays")
    more = _weekdays(calendar.last + timedelta(days=1), last, new)
    return _checked(TradingCalendar(calendar.first, last, calendar.days + more), calendar)


def _checked(longer: TradingCalendar, calendar: TradingCalendar) -> TradingCalendar:
    """Refuse a year that gained an implausible number of sessions."""
    for year in range(calendar.last.year, longer.last.year + 1):
        last = date(year, 12, 31)
        if last <= calendar.last or last > longer.last:
            continue
        count = len(longer.sessions(max(longer.first, date(year, 1, 1)), last))
        if count not in YEAR_SESSIONS:
            raise _refused(f"{year} would have {count} sessions",
                           f"a year has {YEAR_SESSIONS[0]} to {YEAR_SESSIONS[-1]}")
    return longer


def _read(path: str) -> tuple[str, list[date]]:
    """(heading, dates ascending without repeats). Columns after the first are ignored."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(MAX_FILE_CHARS + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(f"{path} cannot be read", str(error)) from None
    if len(text) > MAX_FILE_CHARS:
        raise _refused(f"{path} is too large", f"more than {MAX_FILE_CHARS} characters")
    lines = [line.split(",")[0].strip() for line in text.splitlines()]
    heading = lines[0].lower() if lines else ""
    if heading not in ("session", "closure"):
        raise _refused(f"{path} has no heading", f"line 1 is {heading[:40]!r}")
    return heading, sorted({
        _day(cell, number) for number, cell in enumerate(lines[1:], start=2) if cell
    })


def _day(text: str, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused(f"line {line} is not a date", f"it reads {text[:40]!r}") from None


def _refused(what: str, why: str) -> DataError:
    return DataError(
        f"calendar extension refused: {what}", why=why,
        remedy="Give a CSV with one date a line under the heading `session` or `closure`",
    )
