"""What past daily bars say of an instrument before a day: its mean volume and its returns.

Looked up once for each symbol and day. Arrays hold one value for each of the newest
`var.SESSIONS` sessions, so that the same row of two instruments is the same session.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.ports import MarketData
from core.types import Adjust, BarTable, Period
from trading.var import LEAST_SESSIONS, SESSIONS, Floats

MEAN_SESSIONS = 20                     # of the mean volume
_DAY_S, _EPOCH = 86_400, date(1970, 1, 1).toordinal()
Ints = NDArray[np.int64]
# (days as numbers, returns as ratios, volumes in shares) of one symbol, ascending, of any length
Past = tuple[Ints, Floats, Floats]


class History:
    """Answers for the newest day asked about; see `Surroundings.average_volume` and `.returns`."""

    def __init__(self, past_of: Callable[[str, date], Past], calendar: TradingCalendar) -> None:
        self._past_of, self._calendar = past_of, calendar
        self._day: date | None = None
        self._sessions: Ints = np.zeros(0, dtype=np.int64)
        self._known: dict[str, tuple[int | None, Floats | None]] = {}

    def average_volume(self, symbol: str, day: date) -> int | None:
        """Mean of the newest 20 traded sessions before the day; None: there is none."""
        return self._of(symbol, day)[0]

    def returns(self, symbol: str, day: date) -> Floats | None:
        """Daily returns before the day, shape (SESSIONS,); None: fewer than LEAST_SESSIONS.

        A session without trading is a return of zero. Sessions before the first known one repeat
        the known ones, so that a short history is not a quiet one.
        """
        return self._of(symbol, day)[1]

    def _of(self, symbol: str, day: date) -> tuple[int | None, Floats | None]:
        if day != self._day:
            self._day, self._known = day, {}
            self._sessions = _numbers(self._calendar, day)
        if symbol not in self._known:
            self._known[symbol] = self._look_up(symbol, day)
        return self._known[symbol]

    def _look_up(self, symbol: str, day: date) -> tuple[int | None, Floats | None]:
        days, returns, volumes = self._past_of(symbol, day)
        end = int(np.searchsorted(days, day.toordinal() - _EPOCH))
        traded = volumes[:end][volumes[:end] > 0][-MEAN_SESSIONS:]
        volume = int(traded.mean()) if len(traded) else None
        return volume, _aligned(days[:end], returns[:end], self._sessions)


def _numbers(calendar: TradingCalendar, day: date) -> Ints:
    """The newest SESSIONS sessions before a day, as numbers; fewer at the calendar's begin."""
    before = day - timedelta(days=1)
    try:
        found = calendar.sessions(max(calendar.first, day - timedelta(days=2 * SESSIONS)), before)
    except DataError:
        found = ()
    return np.array([each.toordinal() - _EPOCH for each in found[-SESSIONS:]], dtype=np.int64)


def _aligned(days: Ints, returns: Floats, sessions: Ints) -> Floats | None:
    known = np.isfinite(returns)
    days, returns = days[known], returns[known]
    inside = np.isin(days, sessions)
    days, returns = days[inside], returns[inside]
    if len(days) < LEAST_SESSIONS:
        return None
    row: Floats = np.zeros(len(sessions))
    row[np.searchsorted(sessions, days)] = returns
    first = int(np.searchsorted(sessions, days[0]))
    lived = row[first:]
    return np.concatenate([np.resize(lived, SESSIONS - len(lived)), lived])


def market_past(market: MarketData) -> Callable[[str, date], Past]:
    """From stored or generated bars: returns of forward-adjusted closes."""

    def past(symbol: str, _day: date) -> Past:
        bars = market.bars(symbol, Period.DAY, Adjust.QFQ, last=SESSIONS + 2)
        close = np.asarray(bars.close_cny, dtype=np.float64)
        return (np.asarray(bars.ts_s, dtype=np.int64) // _DAY_S, _changes(close[:-1], close),
                np.asarray(bars.volume_shares, dtype=np.float64))

    return past


def table_past(table: BarTable) -> Callable[[str, date], Past]:
    """From a backtest's table: each close against the exchange's reference of its day.

    Where that is not published, the close before it.
    """
    whole: dict[str, Past] = {}

    def past(symbol: str, _day: date) -> Past:
        if symbol not in whole:
            rows = table.slice_of(symbol)
            close = table.close_cny[rows]
            before = np.concatenate([[np.nan], close[:-1]])[:len(close)]
            reference = np.where(np.isfinite(table.prev_close_cny[rows]),
                                 table.prev_close_cny[rows], before)
            whole[symbol] = (table.ts_s[rows] // _DAY_S, _ratios(close, reference),
                             table.volume_shares[rows])
        return whole[symbol]

    return past


def _changes(before: Floats, close: Floats) -> Floats:
    """Return of each close, the first of which has none."""
    first: Any = np.full(min(1, len(close)), np.nan)
    return np.concatenate([first, _ratios(close[1:], before)])


def _ratios(close: Floats, before: Floats) -> Floats:
    """close / before - 1; NaN where one is not a positive price."""
    good = (close > 0) & (before > 0)
    found: Floats = np.full(len(close), np.nan)
    found[good] = close[good] / before[good] - 1
    return found
