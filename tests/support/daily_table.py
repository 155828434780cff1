"""Small tables of daily bars, written as a test reads them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from core.calendar import exchange_calendar
from core.types import BarTable, OrderLine, OrderSide, OrderType, Period
from tests.support.desk import CNY

FIRST = date(2024, 3, 4)
DAYS = exchange_calendar().sessions(FIRST, date(2024, 3, 29))
NAN = float("nan")
FLOATS = ("open", "high", "low", "close", "volume", "prev_close", "adj_factor", "limit_up",
          "limit_down")


def a_day(price: float = 10.0, **changes: float) -> dict[str, float]:
    """A day's bar that opens and closes at `price`, with the same reference."""
    values = {"open": price, "high": price, "low": price, "close": price, "volume": 1_000_000,
              "prev_close": price, "adj_factor": 1.0, "limit_up": NAN, "limit_down": NAN,
              "is_st": -1, "suspended": -1}
    return values | changes


def a_table(
    rows: Mapping[str, Sequence[dict[str, float] | None]], days: Sequence[date] = DAYS
) -> BarTable:
    """One list per symbol, a bar for each session from FIRST on; None: no bar that day."""
    symbols = tuple(sorted(rows))
    found = [(symbol, day, bar) for symbol in symbols
             for day, bar in zip(days, rows[symbol], strict=False) if bar is not None]
    columns: dict[str, Any] = {
        name: np.array([bar[name] for _, _, bar in found], dtype=np.float64) for name in FLOATS}
    flags: dict[str, Any] = {name: np.array([bar[name] for _, _, bar in found], dtype=np.int8)
             for name in ("is_st", "suspended")}
    counts = [sum(1 for symbol, _, _ in found if symbol == one) for one in symbols]
    return BarTable(
        symbols=symbols, starts=np.cumsum([0, *counts]).astype(np.int64), period=Period.DAY,
        ts_s=np.array([(day - date(1970, 1, 1)).days * 86_400 for _, day, _ in found],
                      dtype=np.int64),
        open_cny=columns["open"], high_cny=columns["high"], low_cny=columns["low"],
        close_cny=columns["close"], volume_shares=columns["volume"],
        amount_cny=np.full(len(found), NAN), prev_close_cny=columns["prev_close"],
        adj_factor=columns["adj_factor"], limit_up_cny=columns["limit_up"],
        limit_down_cny=columns["limit_down"], **flags)


def a_line(
    day: int, symbol: str, side: str, shares: int, limit: str | None = None, *, line: int = 2,
    tag: str = "", on: date | None = None,
) -> OrderLine:
    """An order for the session number `day` from 0, MARKET without a limit."""
    when = on or DAYS[day]
    return OrderLine(
        line=line, ts=when.isoformat(), day=when, symbol=symbol, side=OrderSide[side],
        shares=shares, type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_cny=None if limit is None else CNY(limit), tag=tag)
