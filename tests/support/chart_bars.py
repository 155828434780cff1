"""Bars for the tests of the chart: seeded, on a plain calendar of weekdays."""

import os

import numpy as np
from numpy.typing import NDArray

from core.types import Adjust, BarColumns, Origin, Period

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")      # a chart is drawn without a screen

DAY_S = 86_400
MORNING_AND_AFTERNOON = np.r_[np.arange(571, 691), np.arange(781, 901)] * 60


def days(count: int, last: str = "2025-01-24") -> NDArray[np.int64]:
    """Midnight of the last `count` weekdays, in Shanghai wall seconds."""
    found = np.busday_offset(np.datetime64(last), -np.arange(count)[::-1], roll="backward")
    return np.asarray(found.astype("datetime64[s]").astype(np.int64))


def minutes(count: int, last: str = "2025-01-24") -> NDArray[np.int64]:
    """Ends of the last `count` trading minutes of weekdays."""
    midnights = days(-(-count // 240), last)
    return np.asarray((midnights[:, None] + MORNING_AND_AFTERNOON).ravel()[-count:])


def columns(
    closes: object, *, opens: object = None, highs: object = None, lows: object = None,
    volumes: object = None, ts_s: object = None, period: Period = Period.DAY,
) -> BarColumns:
    """Bars with the closes given; what is not given follows from them."""
    close = np.asarray(closes, dtype=float)
    open_ = close.copy() if opens is None else np.asarray(opens, dtype=float)
    high = np.maximum(open_, close) if highs is None else np.asarray(highs, dtype=float)
    low = np.minimum(open_, close) if lows is None else np.asarray(lows, dtype=float)
    volume = np.full(len(close), 1_000.0) if volumes is None else np.asarray(volumes, dtype=float)
    moments = days(len(close)) if period is Period.DAY else minutes(len(close))
    return BarColumns(
        symbol="600000.SH", period=period, adjust=Adjust.NONE,
        ts_s=moments if ts_s is None else np.asarray(ts_s, dtype=np.int64),
        open_cny=open_, high_cny=high, low_cny=low, close_cny=close,
        volume_shares=volume, amount_cny=volume * close, origin=Origin.GENERATED,
    )


def random_bars(count: int, period: Period = Period.DAY, seed: int = 3) -> BarColumns:
    """A random walk around 20 CNY with unknown volumes here and there."""
    rng = np.random.default_rng(seed)
    close = 20 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    open_ = close * np.exp(rng.normal(0, 0.005, count))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0, 0.004, count)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0, 0.004, count)))
    volume = np.round(rng.lognormal(8, 1, count)) * 100
    volume[rng.random(count) < 0.05] = np.nan
    return columns(
        close, opens=open_, highs=high, lows=low, volumes=volume, period=period
    )
