"""One symbol's columns: longer bars from shorter ones, and adjusted prices. Pure."""

from collections.abc import Mapping

import numpy as np

from core.types import Adjust, Period
from data.chunks import DAY_S, FIELDS, FLAG_FIELDS, MINUTE_S, Array

OPEN_MINUTE = 570              # 09:30 in minutes of the day
NOON_MINUTE = 690              # 11:30
AFTERNOON_MINUTE = 780         # 13:00
MORNING_MINUTES = 120
CLOSE_S = 15 * 3600
LENGTHS = {
    Period.MIN1: 1, Period.MIN5: 5, Period.MIN15: 15, Period.MIN30: 30, Period.MIN60: 60,
    Period.DAY: 240,
}
STEP_SLACK_RATIO = 0.02        # vendors' factors differ by up to 0.4 %, reference prices round
TICK_CNY = 0.01
PRICES = ("open_cny", "high_cny", "low_cny", "close_cny")


def finer_than(period: Period) -> tuple[Period, ...]:
    """Periods that add up to this one, the coarsest first."""
    length = LENGTHS[period]
    return tuple(
        other for other, minutes in sorted(LENGTHS.items(), key=lambda row: -row[1])
        if minutes < length and length % minutes == 0
    )


def end_s(period: Period, ts_s: Array) -> Array:
    """When the bars end, in seconds of Shanghai wall time; a daily bar ends at 15:00."""
    return np.asarray(ts_s + CLOSE_S) if period is Period.DAY else ts_s


def elapsed_minutes(ts_s: Array) -> Array:
    """Trading minutes since the open of the stamps' day: 0 at 09:30, 120 at 11:30, 240 at 15:00."""
    minute = ts_s % DAY_S // MINUTE_S
    afternoon = minute - AFTERNOON_MINUTE + MORNING_MINUTES
    return np.where(minute <= NOON_MINUTE, minute - OPEN_MINUTE, afternoon)


def aggregate(columns: Mapping[str, Array], period: Period) -> dict[str, Array]:
    """Bars of `period` from finer ones of the same symbol, oldest first.

    A stamp of 09:30 (the opening auction) belongs to the first bar. Amount and volume are
    unknown where a part of them is. The day's facts (previous close, limits) are the first's.
    """
    ts_s = columns["ts_s"]
    if not len(ts_s):
        return {name: columns[name] for name in FIELDS}
    length = LENGTHS[period]
    ends = np.maximum(1, -(-elapsed_minutes(ts_s) // length)) * length
    groups = ts_s // DAY_S * DAY_S + ends * MINUTE_S       # unique and ascending per bar
    first = np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))
    last = np.append(first[1:], len(ts_s)) - 1
    found = {name: columns[name][first] for name in FIELDS}
    found["ts_s"] = _stamps(ts_s[first], ends[first], period)
    found["high_cny"] = np.maximum.reduceat(columns["high_cny"], first)
    found["low_cny"] = np.minimum.reduceat(columns["low_cny"], first)
    found["close_cny"] = columns["close_cny"][last]
    for name in ("volume_shares", "amount_cny"):
        found[name] = np.add.reduceat(columns[name], first)
    for name in FLAG_FIELDS:
        found[name] = np.maximum.reduceat(columns[name], first)
    return found


def _stamps(ts_s: Array, ends: Array, period: Period) -> Array:
    midnight: Array = ts_s - ts_s % DAY_S
    if period is Period.DAY:
        return midnight
    minute = np.where(
        ends <= MORNING_MINUTES, ends + OPEN_MINUTE, ends - MORNING_MINUTES + AFTERNOON_MINUTE
    )
    return np.asarray(midnight + minute * MINUTE_S)


def ex_factors(columns: Mapping[str, Array]) -> Array:
    """Cumulative factor of each daily bar, growing at ex-dates; shape and order of the bars.

    Steps of the published `adj_factor`; where it is unknown, or contradicts the reference price
    (two vendors' factors meet), the step is previous close / reference price, or 1.
    """
    published, close = columns["adj_factor"], columns["close_cny"]
    if not len(close):
        return np.ones(0)
    reference = columns["prev_close_cny"][1:]
    steps, told = np.ones(len(close)), np.ones(len(close) - 1)
    priced = (reference > 0) & (close[:-1] > 0)
    np.divide(close[:-1], reference, out=told, where=priced)
    known = (published[1:] > 0) & (published[:-1] > 0)
    np.divide(published[1:], published[:-1], out=steps[1:], where=known)
    slack = STEP_SLACK_RATIO + np.divide(TICK_CNY, reference, out=np.zeros(len(told)), where=priced)
    wrong = ~known | (priced & (np.abs(steps[1:] / told - 1) > slack))
    steps[1:][wrong] = told[wrong]
    steps[0] = published[0] if published[0] > 0 else 1.0
    return np.cumprod(steps)


def adjusted(
    columns: Mapping[str, Array], factors: Array, anchor: float, adjust: Adjust
) -> dict[str, Array]:
    """The columns with prices multiplied by factor / anchor; volume and amount stay as traded.

    `anchor` is the factor of the bar that keeps its prices: the last visible for QFQ, the
    symbol's first for HFQ.
    """
    found = dict(columns)
    if adjust is not Adjust.NONE:
        ratio = factors / anchor
        for name in PRICES:
            found[name] = columns[name] * ratio
    return found


def factors_at(ts_s: Array, day_ts_s: Array, day_factors: Array) -> Array:
    """The daily factor that holds at each stamp; before the first daily bar, the first's."""
    if not len(day_ts_s):
        return np.ones(len(ts_s))
    at = np.searchsorted(day_ts_s, ts_s - ts_s % DAY_S, side="right") - 1
    return np.asarray(day_factors[np.maximum(at, 0)])
