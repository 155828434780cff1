"""Bars for strategies, built from a list of closes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.types import Adjust, BarColumns, Period

DAY_S = 86_400


def bars_of(closes_cny: Sequence[float]) -> BarColumns:
    """Daily bars whose four prices are the close; one a day from 1970-01-01."""
    close = np.asarray(closes_cny, np.float64)
    flat = np.full(len(close), 1_000.0)
    return BarColumns(
        symbol="600101.SH", period=Period.DAY, adjust=Adjust.HFQ,
        ts_s=np.arange(len(close), dtype=np.int64) * DAY_S,
        open_cny=close, high_cny=close, low_cny=close, close_cny=close,
        volume_shares=flat, amount_cny=flat * close,
    )


def head(bars: BarColumns, count: int) -> BarColumns:
    """The first `count` bars."""
    names = ("ts_s", "open_cny", "high_cny", "low_cny", "close_cny", "volume_shares", "amount_cny")
    return replace(bars, **{name: getattr(bars, name)[:count] for name in names})
