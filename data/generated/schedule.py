"""What befalls each instrument and when: listing, ST, suspensions, ex-dates, delisting.

Everything here is known before a single price is made, from (seed, symbol) alone.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import numpy as np

from core.calendar import TradingCalendar
from core.types import Board, Instrument
from data.generated.streams import Flags, Ints, uniforms
from data.generated.traits import TICKS_PER_CNY, issue_ticks
from data.generated.universe import Listing, Plan


class Mark:
    """Bits of the byte that says how one instrument stands on one session.

    Plain integers: numpy treats an enum's members as 64-bit numbers.
    """

    LISTED = 1
    SUSPENDED = 2
    ST = 4             # under risk warning, *ST included
    STAR_ST = 8        # *ST: in danger of delisting
    EX = 16            # ex-dividend or ex-right day
    DELISTING = 32     # the delisting arrangement period


@dataclass(frozen=True, slots=True)
class ExDate:
    """A payment out of the company; its size in cash is fixed when the price is known."""

    session: int                   # index into the plan's sessions
    yield_ratio: float             # cash per share / price
    bonus_per_10: int              # new shares for 10 held


@dataclass(frozen=True, slots=True)
class Fate:
    """One instrument's history without its prices."""

    listing: Listing
    instrument: Instrument         # with its dates and issue price
    marks: Flags                   # Mark by session
    first: int                     # session index of the listing day; negative: before the plan
    delisting_first: int | None    # session index of the first arrangement day
    ex_dates: tuple[ExDate, ...]

    def listed_sessions(self, session: int) -> int:
        """1 on the first session."""
        return session - self.first + 1

    @property
    def ticks_per_cny(self) -> int:
        return TICKS_PER_CNY[self.instrument.board]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The sessions of a plan, and those before it on which instruments may have listed."""

    days: tuple[date, ...]
    earlier: tuple[date, ...]
    live: int                      # index of the first session a desk has yet to live
    month_starts: Ints             # index of each month's first session
    months: tuple[tuple[int, int], ...]    # (year, month) of each of them


_FIRST_LISTING = {
    Board.MAIN: date(1995, 1, 3), Board.CHINEXT: date(2009, 10, 30),
    Board.STAR: date(2019, 7, 22), Board.FUND: date(2012, 5, 28),
    Board.BSE: date(2024, 4, 1),       # since then new listings carry 920 codes
}
_ARRANGEMENT_SESSIONS = 15             # length of the delisting arrangement (market-rules 14)

# Numbers of the list with a fixed fate, so that even the small pack shows each of them.
_YOUNG, _WARNED, _HALTED = 9, 11, 12
_DELISTED = {57: 0.55, 133: 0.80}      # where in the plan the arrangement begins
_WARNED_RATIO, _YOUNG_RATIO = 0.06, 0.13
_YOUNG_AGE_SESSIONS = 45
_SUSPENSIONS_A_YEAR = 0.12
_SESSIONS_A_YEAR = 242
_LONG_HALT_RATIO = 0.15

# Ex-dates by month, cumulative (stylised facts: 17 % in May, 33 % in June, 27 % in July).
_MONTH_CUMULATIVE = np.cumsum([1, 0, 1, 4, 17, 33, 27, 8, 4, 3, 1, 1]) / 100
_EX_A_YEAR, _SECOND_EX_A_YEAR = 0.70, 0.10
_BONUS_RATIO = 0.15
_BONUSES_PER_10 = (2, 3, 3, 4, 4, 5, 8, 10)
_QUIET_SESSIONS = 60                   # no ex-date so soon after listing


def timeline(plan: Plan, calendar: TradingCalendar) -> Timeline:
    """The plan's sessions, counted back from its last one."""
    known = calendar.sessions(min(_FIRST_LISTING.values()), plan.last)
    days, earlier = known[-plan.sessions:], known[:-plan.sessions]
    months = [(day.year, day.month) for day in days]
    starts = [i for i, month in enumerate(months) if i == 0 or month != months[i - 1]]
    return Timeline(
        days, earlier, len(days) - plan.live_sessions,
        np.array(starts, np.int64), tuple(months[i] for i in starts),
    )


def fates(plan: Plan, listings: Sequence[Listing], when: Timeline) -> tuple[Fate, ...]:
    return tuple(_fate(plan.seed, listing, when) for listing in listings)


def _fate(seed: int, listing: Listing, when: Timeline) -> Fate:
    symbol, board = listing.instrument.symbol, listing.instrument.board
    role, place, warned_at, warned_for = uniforms(4, seed, "fate", symbol).tolist()
    first = _first_session(listing.number, board, role, place, when)
    arrangement = _arrangement(listing.number, board, when)
    marks = np.zeros(len(when.days), np.uint8)
    marks[max(first, 0):] |= Mark.LISTED
    if board is not Board.FUND:
        if role < _WARNED_RATIO or listing.number == _WARNED:
            _warn(marks, first, warned_at, warned_for, listing.number == _WARNED, when)
        _suspend(marks, first, seed, listing, when)
    if arrangement is not None:
        _delist(marks, arrangement)
    ex_dates = () if board is Board.FUND else _ex_dates(seed, symbol, marks, first, when)
    for ex_date in ex_dates:
        marks[ex_date.session] |= Mark.EX
    return Fate(listing, _dated(seed, listing, first, arrangement, when), marks, first,
                arrangement, ex_dates)


def _first_session(number: int, board: Board, role: float, place: float, when: Timeline) -> int:
    """Index of the listing day: inside the plan for the young, negative for the others."""
    if number == _YOUNG:
        return when.live - _YOUNG_AGE_SESSIONS
    opened = _FIRST_LISTING[board]
    old = len(when.earlier) - bisect_left(when.earlier, opened)
    young = 1 - role < _YOUNG_RATIO and number not in _DELISTED and number != _WARNED
    if not old or (young and board is not Board.FUND):
        begin = bisect_left(when.days, opened)
        return begin + int(place * max(1, (len(when.days) - begin) * 3 // 4))
    return int(place * old) - old


def _arrangement(number: int, board: Board, when: Timeline) -> int | None:
    share = _DELISTED.get(number)
    return None if share is None or board is Board.FUND else int(share * len(when.days))


def _warn(
    marks: Flags, first: int, at: float, length: float, still: bool, when: Timeline
) -> None:
    """One period under risk warning; its second half may be *ST."""
    span = len(when.days)
    begin = max(first, 0) + _QUIET_SESSIONS + int(at * span * 0.7)
    end = min(span, begin + 120 + int(length * 360))
    if still:
        begin, end = max(0, when.live - 200), span
    marks[begin:end] |= Mark.ST
    marks[(begin + end) // 2:end] |= Mark.STAR_ST


def _suspend(marks: Flags, first: int, seed: int, listing: Listing, when: Timeline) -> None:
    span = len(when.days)
    years = span / _SESSIONS_A_YEAR
    draws = uniforms(8 * 3, seed, "halts", listing.instrument.symbol).reshape(8, 3).tolist()
    for happens, place, length in draws:
        if happens < _SUSPENSIONS_A_YEAR * years / len(draws):
            longest = 60 if length > 1 - _LONG_HALT_RATIO else 10
            _halt(marks, max(first, 0) + 10 + int(place * span), 1 + int(length * longest))
    if listing.number == _HALTED:
        _halt(marks, when.live + 4, 5)


def _halt(marks: Flags, begin: int, sessions: int) -> None:
    """Suspend, but never up to the last session: every halt has its resumption."""
    marks[begin:min(begin + sessions, len(marks) - 1)] |= Mark.SUSPENDED


def _delist(marks: Flags, arrangement: int) -> None:
    end = arrangement + _ARRANGEMENT_SESSIONS
    warned = slice(max(0, arrangement - 240), end)
    marks[warned] |= Mark.ST
    marks[max(0, arrangement - 120):end] |= Mark.STAR_ST
    marks[arrangement:end] &= 255 - Mark.SUSPENDED
    marks[arrangement:end] |= Mark.DELISTING
    marks[end:] = 0


def _ex_dates(
    seed: int, symbol: str, marks: Flags, first: int, when: Timeline
) -> tuple[ExDate, ...]:
    years = sorted({year for year, _ in when.months})
    draws = uniforms(len(years) * 2 * 6, seed, "ex", symbol).reshape(len(years), 2, 6)
    chosen: dict[int, ExDate] = {}
    for year, pair in zip(years, draws.tolist(), strict=True):
        for likely, row in zip((_EX_A_YEAR, _SECOND_EX_A_YEAR), pair, strict=True):
            ex_date = _ex_date(year, likely, row, when)
            if ex_date and _may_go_ex(marks, first, ex_date.session):
                chosen.setdefault(ex_date.session, ex_date)
    return tuple(chosen[session] for session in sorted(chosen))


def _ex_date(year: int, likely: float, row: list[float], when: Timeline) -> ExDate | None:
    happens, month_draw, day_draw, kind, size, bonus = row
    month = int(np.searchsorted(_MONTH_CUMULATIVE, month_draw)) + 1
    if happens >= likely or (year, month) not in when.months:
        return None
    at = when.months.index((year, month))
    begin = int(when.month_starts[at])
    end = int(when.month_starts[at + 1]) if at + 1 < len(when.months) else len(when.days)
    per_10 = _BONUSES_PER_10[int(bonus * len(_BONUSES_PER_10))] if kind < _BONUS_RATIO else 0
    cash = 0.003 + 0.025 * size * size + 0.004 * size      # median about 1.1 %
    return ExDate(begin + int(day_draw * (end - begin)), cash, per_10)


def _may_go_ex(marks: Flags, first: int, session: int) -> bool:
    forbidden = Mark.SUSPENDED | Mark.DELISTING | Mark.STAR_ST
    listed = bool(marks[session] & Mark.LISTED) and not marks[session] & forbidden
    return listed and session > 0 and session - first >= _QUIET_SESSIONS


def _dated(
    seed: int, listing: Listing, first: int, arrangement: int | None, when: Timeline
) -> Instrument:
    instrument = listing.instrument
    listed = when.days[first] if first >= 0 else when.earlier[first]
    end = None if arrangement is None else arrangement + _ARRANGEMENT_SESSIONS
    issue = issue_ticks(seed, listing)
    return replace(
        instrument, list_date=listed,
        delist_date=when.days[end] if end is not None and end < len(when.days) else None,
        issue_price_cny=Decimal(issue) / TICKS_PER_CNY[instrument.board],
    )
