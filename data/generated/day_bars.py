"""The daily bars of chosen (instrument, session) pairs, ready to be split into minutes."""

import numpy as np

from core.sessions import has_close_auction
from data.generated.daily import DailyMarket
from data.generated.intraday import DayBars
from data.generated.schedule import Mark
from data.generated.streams import Bools, Ints

_FEN_PER_CNY = 100


def traded(market: DailyMarket, row: int) -> Bools:
    """True on the sessions on which this instrument traded."""
    marks = market.columns.marks[row]
    result: Bools = marks & (Mark.LISTED | Mark.SUSPENDED) == Mark.LISTED
    return result


def day_bars(market: DailyMarket, rows: Ints, sessions: Ints) -> DayBars:
    """One row for each pair; every pair must have traded."""
    columns = market.columns
    fates = [market.fates[row] for row in rows.tolist()]
    days = [market.when.days[session] for session in sessions.tolist()]
    open_, high, low, close, volume, amount, up, down = (
        np.asarray(part[rows, sessions], np.int64) for part in (
            columns.open, columns.high, columns.low, columns.close, columns.volume,
            columns.amount, columns.up, columns.down))
    return DayBars(
        tuple((fate.instrument.symbol, day) for fate, day in zip(fates, days, strict=True)),
        open_, high, low, close, volume, amount, up, down,
        np.array([fate.ticks_per_cny // _FEN_PER_CNY for fate in fates], np.int64),
        np.array([has_close_auction(fate.instrument, day)
                  for fate, day in zip(fates, days, strict=True)], np.bool_),
    )
