"""A table of daily bars as the reference data and the market of a backtest.

Prices are turned into exact e4 integers once; a value that is finer than the ledger is taken by
its shortest decimal text, half up. Unknown is -1 inside and None outside.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.adjust import ex_reference_price
from core.calendar import TradingCalendar
from core.exceptions import DataError
from core.money import E4_PER_CNY, from_e4, from_float, to_e4
from core.rules import shanghai, tick_cny
from core.symbols import parse_instrument
from core.types import (
    ActionRow,
    Bar,
    BarTable,
    DayFacts,
    Instrument,
    Period,
)

_UNKNOWN = -1
_DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LARGEST_CNY = 10**9
_CLOSE = time(15, 0)
Ints = NDArray[np.int64]


class DailyBars:
    """Implements core.ports.ReferenceData, and answers what happened on a day."""

    def __init__(
        self, table: BarTable, calendar: TradingCalendar, *,
        instruments: Sequence[Instrument] = (), actions: Sequence[ActionRow] = (),
        first: date | None = None, last: date | None = None,
    ) -> None:
        """Bars outside `first`..`last` are history: they give references, and nothing trades.

        Raises:
            DataError: not daily bars, no bars at all, or a symbol that is no code.
        """
        if table.period is not Period.DAY:
            raise DataError(f"the bars are {table.period.value} bars", why="orders are daily",
                            remedy="Give daily bars")
        if not len(table):
            raise DataError("there are no bars", why="the files hold no usable row",
                            remedy="Give a file of canonical bars")
        self._table, self._calendar = table, calendar
        self._instruments = {symbol: parse_instrument(symbol) for symbol in table.symbols}
        self._instruments.update(
            (known.symbol, known) for known in instruments if known.symbol in self._instruments)
        self._index = {symbol: at for at, symbol in enumerate(table.symbols)}
        self._days: Ints = table.ts_s // _DAY_S
        self.first = max(first or date.min, _date(int(self._days.min())))
        self.last = min(last or date.max, _date(int(self._days.max())))
        self._open, self._high = _e4(table.open_cny), _e4(table.high_cny)
        self._low, self._close = _e4(table.low_cny), _e4(table.close_cny)
        self._prev_close = _e4(table.prev_close_cny)
        self._starts: list[int] = table.starts.tolist()
        self._actions: dict[str, list[ActionRow]] = defaultdict(list)
        for action in sorted(actions, key=lambda row: row.ex_date):
            self._actions[action.symbol].append(action)
        by_day = np.argsort(self._days, kind="stable")
        self._rows_by_day = by_day
        self._row_symbols: Ints = np.repeat(
            np.arange(len(table.symbols), dtype=np.int64), np.diff(table.starts))
        found, first_rows = np.unique(self._days[by_day], return_index=True)
        edges = [*first_rows.tolist(), len(by_day)]
        self._day_rows = {
            int(day): slice(edges[at], edges[at + 1]) for at, day in enumerate(found.tolist())}

    # ---- core.ports.ReferenceData ------------------------------------------------------------

    def instrument(self, symbol: str) -> Instrument | None:
        return self._instruments.get(symbol)

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            return None
        row = self._row(symbol, day)
        if row is None:
            return DayFacts(instrument=instrument, day=day, reference_cny=None, suspended=True)
        table = self._table
        return DayFacts(
            instrument=instrument, day=day, reference_cny=self._reference(symbol, row),
            st=int(table.is_st[row]) == 1, suspended=not self._traded(row),
            listed_sessions=self._age(instrument, day),
            limit_up_cny=_limit(table.limit_up_cny[row]),
            limit_down_cny=_limit(table.limit_down_cny[row]))

    # ---- what happened -----------------------------------------------------------------------

    @property
    def symbols(self) -> tuple[str, ...]:
        return self._table.symbols

    def count(self) -> int:
        """How many bars lie between the first and the last day that are played."""
        return int(((self._days >= _number(self.first)) & (
            self._days <= _number(self.last))).sum())

    def off_calendar(self) -> int:
        """Rows on days without a session; they are never played."""
        return sum(rows.stop - rows.start for day, rows in self._day_rows.items()
                   if not self._calendar.is_session(_date(day)))

    def bar(self, symbol: str, day: date) -> Bar | None:
        """The bar of a day on which the instrument traded; None otherwise."""
        row = self._row(symbol, day) if symbol in self._index else None
        if row is None or not self._traded(row):
            return None
        return Bar(
            symbol=symbol, period=Period.DAY, ts_utc=shanghai(day, _CLOSE),
            open_cny=from_e4(int(self._open[row])), high_cny=from_e4(int(self._high[row])),
            low_cny=from_e4(int(self._low[row])), close_cny=from_e4(int(self._close[row])),
            volume_shares=self._volume(row))

    def closes_e4(self, day: date) -> dict[str, int]:
        """The known closes of one day."""
        at = self._day_rows.get(_number(day))
        if at is None:
            return {}
        rows = self._rows_by_day[at]
        closes, symbols = self._close[rows].tolist(), self._row_symbols[rows].tolist()
        names = self._table.symbols
        return {names[symbol]: close for symbol, close in zip(symbols, closes, strict=True)
                if close != _UNKNOWN}

    def delistings(self) -> list[tuple[str, date]]:
        """(symbol, first day on which it is worth nothing), by symbol."""
        return [(symbol, known.delist_date) for symbol, known in sorted(self._instruments.items())
                if known.delist_date is not None]

    def factor_steps(self) -> dict[date, list[tuple[str, int]]]:
        """Ex-dates told by the adjustment factor: day -> (symbol, drop of the price in e4).

        The drop is the previous bar's close less the day's reference price; negative for a rise.
        """
        factor, close = self._table.adj_factor, self._close
        changed = (factor[1:] != factor[:-1]) & (factor[1:] == factor[1:]) & (
            factor[:-1] == factor[:-1])          # a value differs from itself where unknown
        same = self._row_symbols[1:] == self._row_symbols[:-1]
        known = (self._prev_close[1:] != _UNKNOWN) & (close[:-1] != _UNKNOWN)
        found: dict[date, list[tuple[str, int]]] = defaultdict(list)
        for row in (np.flatnonzero(changed & same & known) + 1).tolist():
            symbol = self._table.symbols[int(self._row_symbols[row])]
            drop_e4 = int(close[row - 1]) - int(self._prev_close[row])
            found[_date(int(self._days[row]))].append((symbol, drop_e4))
        return found

    # ---- the pieces --------------------------------------------------------------------------

    def _row(self, symbol: str, day: date) -> int | None:
        if not self.first <= day <= self.last:
            return None
        at = self._index[symbol]
        start, end = self._starts[at], self._starts[at + 1]
        number = _number(day)
        row = start + int(np.searchsorted(self._days[start:end], number))
        return row if row < end and int(self._days[row]) == number else None

    def _traded(self, row: int) -> bool:
        """False: marked suspended, no volume, or a price of the bar is not known."""
        if int(self._table.suspended[row]) == 1 or self._volume(row) == 0:
            return False
        return bool(min(self._open[row], self._high[row], self._low[row], self._close[row]) > 0)

    def _volume(self, row: int) -> int:
        """Whole shares; an unknown volume offers nothing to fill from, so it counts as none."""
        volume = self._table.volume_shares[row]
        return int(volume) if volume > 0 else 0

    def _reference(self, symbol: str, row: int) -> Decimal | None:
        """The published reference, else the previous close, ex of what the actions say."""
        published = int(self._prev_close[row])
        if published > 0:
            return from_e4(published)
        start = self._starts[self._index[symbol]]
        before = row - 1
        while before >= start and self._close[before] <= 0:
            before -= 1
        if before < start:
            return None
        reference_cny = from_e4(int(self._close[before]))
        since, until = _date(int(self._days[before])), _date(int(self._days[row]))
        for action in self._actions.get(symbol, ()):
            if since < action.ex_date <= until:
                reference_cny = ex_reference_price(
                    reference_cny, cash=action.cash_per_share_cny, bonus=action.bonus_per_share,
                    rights=action.rights_per_share,
                    rights_price=action.rights_price_cny or Decimal(0),
                    tick_cny=tick_cny(self._instruments[symbol].board))
        return reference_cny

    def _age(self, instrument: Instrument, day: date) -> int | None:
        """Sessions since the listing, 1 on the first; None: unknown, or not listed yet."""
        if instrument.list_date is None:
            return None
        return self._calendar.session_number(instrument.list_date, day) or None


def _e4(column: NDArray[np.float64]) -> Ints:
    """float64 prices as e4 integers, -1 where unknown; nothing costs zero or less."""
    known = (column > 0) & (column < _LARGEST_CNY)
    scaled = np.where(known, column, 0) * E4_PER_CNY
    whole = np.rint(scaled)
    result: Ints = np.where(known, whole, _UNKNOWN).astype(np.int64)
    finer = np.flatnonzero(known & (abs(scaled - whole) * E4_PER_CNY > 1))
    for row in finer.tolist():
        result[row] = to_e4(from_float(column[row]))
    return result


def _limit(value: np.float64) -> Decimal | None:
    """A published limit; sentinels are left to the rules, unknown is None."""
    return from_float(value) if np.isfinite(value) else None


def _number(day: date) -> int:
    return day.toordinal() - _EPOCH


def _date(number: int) -> date:
    return date.fromordinal(number + _EPOCH)


