"""A daily bar split into 241 minute bars that add up to it exactly, from (seed, symbol, day).

Bar 0 ends at 09:30 and is the opening auction; bars 1-120 end at 09:31-11:30, bars 121-240 at
13:01-15:00. Where the day closes with a call auction (14:57-15:00), bars 238 and 239 are empty
and bar 240 is the auction. An empty bar repeats the price with volume 0.
"""

from dataclasses import dataclass, fields
from datetime import date

import numpy as np

from data.generated.streams import LEVELS, Bools, Floats, Ints, exp, normal_table, words

BARS = 241
MINUTES = 240
POINTS = 4                         # prices drawn per minute
LOT_SHARES = 100
MIN_LOTS = 4                       # enough for an open, a high, a low and a close
_STEPS = MINUTES * POINTS
_AUCTION_FROM = 237                # the last minute of continuous trading before the auction
_MORNING = 120

# Per quarter of an hour: mean |log(close/open)| in bp and share of the day's volume in percent
# (stylised facts, "Intraday").
_MOVE_BP = (78.2, 44.9, 35.2, 29.9, 28.5, 25.5, 24.6, 24.6,
            30.7, 23.2, 23.2, 22.5, 24.3, 21.4, 22.3, 20.4)
_VOLUME_PCT = (17.7, 10.0, 7.6, 5.8, 5.2, 4.5, 4.4, 4.2,
               5.4, 4.2, 4.3, 4.2, 4.5, 4.4, 5.8, 7.7)
_QUARTER = 15
_OPENING_PCT, _CLOSING_PCT = 1.2, 1.3          # of the two call auctions
_VOLUME_NOISE, _MOVE_VOLUME = 0.45, 1.0
_AFTER_SEAL = 0.25                 # trade thins out once a limit is locked
_ROUGHNESS = 0.62                  # of the day's range: size of the random part of the path
_MAX_TILT, _LEAST_SHARE = 30.0, 0.25
_EARLIEST_SEAL = 8 * POINTS
_VARIANTS = tuple((shift, sign) for shift in (0, 151, 337, 523, 709) for sign in (1.0, -1.0))
_ENOUGH, _HUMP_WIDTHS, _TINY = 0.35, (0.08, 0.04, 0.01), 1e-9


@dataclass(frozen=True, slots=True)
class DayBars:
    """Daily bars of some (symbol, day) pairs, one row each, in ticks, shares and fen."""

    labels: tuple[tuple[str, date], ...]
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    amount: Ints
    up: Ints                       # the day's limits; far away on a limit-free day
    down: Ints
    ticks_per_fen: Ints            # 1 on a grid of 0.01 CNY, 10 on one of 0.001
    close_auction: Bools

    def __len__(self) -> int:
        return len(self.labels)

    def row(self, at: int) -> "DayBars":
        """One of the pairs by itself."""
        parts = {item.name: getattr(self, item.name)[at:at + 1] for item in fields(self)}
        return DayBars(**parts)


@dataclass(frozen=True, slots=True)
class MinuteBars:
    """[pair, bar] in ticks, shares and fen."""

    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    amount: Ints


@dataclass(frozen=True, slots=True)
class _Draws:
    """The random numbers of every pair."""

    path: Floats                   # [pair, step], standard normal
    volume: Floats                 # [pair, bar], standard normal
    choice: Floats                 # [pair, 4], uniform


def minute_bars(seed: int, days: DayBars) -> MinuteBars:
    """Bars whose first open, highest high, lowest low, last close and sums are the day's."""
    draws = _draw(seed, days)
    seal = _seal_step(days, draws.choice[:, 0])
    prices = _prices(days, draws, seal)
    bars = _ohlc(days, prices)
    volume = _feasible(days, bars, _volumes(days, draws, seal, prices))
    return MinuteBars(*bars, volume, _amounts(days, bars, volume, prices))


def _draw(seed: int, days: DayBars) -> _Draws:
    count = _STEPS + BARS + 4
    drawn = np.stack([words(count, seed, "minutes", symbol, day.isoformat())
                      for symbol, day in days.labels])
    z = normal_table()
    return _Draws(z[drawn[:, :_STEPS]], z[drawn[:, _STEPS:-4]], (drawn[:, -4:] + 0.5) / LEVELS)


# ---- prices ------------------------------------------------------------------------------------


def _seal_step(days: DayBars, draw: Floats) -> Ints:
    """The step from which the price stays at its limit; the last step where it does not."""
    sealed = (days.close == days.up) | (days.close == days.down)
    at = _EARLIEST_SEAL + np.floor(draw * draw * (_STEPS - 2 * _EARLIEST_SEAL)).astype(np.int64)
    return np.where(sealed, at, _STEPS - 1)


_DEVIATION = np.repeat(np.array(_MOVE_BP), _QUARTER * POINTS)
_CLOCK = np.cumsum(_DEVIATION**2) / np.cumsum(_DEVIATION**2)[-1]
_STEP_SIZE = _DEVIATION / float(np.sqrt(np.cumsum(_DEVIATION**2)[-1]))


def _prices(days: DayBars, draws: _Draws, seal: Ints) -> Ints:
    """Ticks after each step: a bridge from open to close, bent to touch high and low."""
    path = _fitting_path(days, draws.path, seal)
    _hump(path, days, seal, draws.choice)
    _end_by_auction(path, days)
    return _bent(days, path)


def _fitting_path(days: DayBars, shocks: Floats, seal: Ints) -> Floats:
    """Of some bridges made from the same shocks, the one that reaches high and low best."""
    best: Floats = np.empty_like(shocks)
    least = np.full(len(days), np.inf)
    for shift, sign in _VARIANTS:
        path = _bridge(days, sign * np.roll(shocks, shift, 1), seal)
        missed = np.abs(path.max(1) - days.high) + np.abs(path.min(1) - days.low)
        better = missed < least
        best[better], least = path[better], np.minimum(missed, least)
    return best


def _bridge(days: DayBars, shocks: Floats, seal: Ints) -> Floats:
    """From open to close, at rest once sealed."""
    rows, steps = np.arange(len(days)), np.arange(_STEPS)
    walk = np.cumsum(shocks * _STEP_SIZE, 1)
    clock = np.minimum(_CLOCK / _CLOCK[seal][:, None], 1.0)
    bridge = np.where(steps < seal[:, None], walk - clock * walk[rows, seal][:, None], 0.0)
    size = _ROUGHNESS * (days.high - days.low)
    path: Floats = (days.open[:, None] + clock * (days.close - days.open)[:, None]
            + bridge * size[:, None])
    _end_by_auction(path, days)
    return path


def _end_by_auction(path: Floats, days: DayBars) -> None:
    """No trade from 14:57 until the closing auction; the last price is the close in any case."""
    rows = np.flatnonzero(days.close_auction)
    idle = _AUCTION_FROM * POINTS
    path[rows, idle:] = path[rows, idle - 1:idle]
    path[rows, -POINTS:] = days.close[rows, None]
    path[:, -1] = days.close


def _hump(path: Floats, days: DayBars, seal: Ints, choice: Floats) -> None:
    """Where the walk hardly goes beyond open and close, add a hill up to the high, or a valley."""
    top, bottom = np.maximum(days.open, days.close), np.minimum(days.open, days.close)
    hill = 0.08 + 0.34 * choice[:, 1]
    valley = 0.58 + 0.34 * choice[:, 2]
    swapped = choice[:, 3] * 2 < 1
    hill, valley = np.where(swapped, valley, hill), np.where(swapped, hill, valley)
    for width in _HUMP_WIDTHS:         # a valley may cut off what was high enough: look again
        flat = path.max(1) - top < _ENOUGH * (days.high - top)
        _add_hump(path, np.flatnonzero(flat), hill, days.high, seal, width)
        flat = bottom - path.min(1) < _ENOUGH * (bottom - days.low)
        _add_hump(path, np.flatnonzero(flat), valley, days.low, seal, width)


def _add_hump(
    path: Floats, rows: Ints, place: Floats, price: Ints, seal: Ints, width: float
) -> None:
    """A triangle that reaches `price` at `place`, before the seal."""
    last = np.minimum(seal[rows], _AUCTION_FROM * POINTS - 1)
    peak = np.floor(place[rows] * last).astype(np.int64)
    distance = np.abs(np.arange(_STEPS) - peak[:, None]) / np.maximum(width * last, 1)[:, None]
    height = price[rows] - path[rows, peak]
    inside = np.arange(_STEPS) < seal[rows, None]
    path[rows] += height[:, None] * np.where(inside, np.maximum(1 - distance, 0.0), 0.0)


def _bent(days: DayBars, path: Floats) -> Ints:
    """Stretch what lies above open and close up to the high, what lies below down to the low."""
    top = np.maximum(days.open, days.close)[:, None]
    bottom = np.minimum(days.open, days.close)[:, None]
    high, low = days.high[:, None], days.low[:, None]
    above, below = np.maximum(path - top, 0), np.maximum(bottom - path, 0)
    up = (high - top) / np.maximum(above.max(1, keepdims=True), _TINY)
    down = (bottom - low) / np.maximum(below.max(1, keepdims=True), _TINY)
    bent = np.clip(path, bottom, top) + above * up - below * down
    ticks = np.clip(np.rint(bent).astype(np.int64), low, high)
    _touch(ticks, days.high, days.high > top[:, 0], path.argmax(1), ticks.max(1))
    _touch(ticks, days.low, days.low < bottom[:, 0], path.argmin(1), ticks.min(1))
    return _continued(ticks, days)


def _touch(ticks: Ints, price: Ints, needed: Bools, nearest: Ints, reached: Ints) -> None:
    """The rare day on which two humps hid each other: a single print at the extreme."""
    for row in np.flatnonzero(needed & (reached != price)):
        busy = ticks[row] == (ticks[row].min() if price[row] > reached[row] else ticks[row].max())
        step = int(nearest[row]) if 0 < nearest[row] < _AUCTION_FROM * POINTS else 1
        while busy[step]:
            step += 1
        ticks[row, step] = price[row]


def _continued(ticks: Ints, days: DayBars) -> Ints:
    """A flat bar away from the bar before it opens at the price of that one.

    So a day with a range has a bar with one, and room to bring out its amount exactly.
    """
    cube = ticks.reshape(len(days), MINUTES, POINTS)
    before = np.concatenate([days.open[:, None], cube[:, :-1, -1]], 1)
    flat = cube.max(2) == cube.min(2)
    flat[days.close_auction, _AUCTION_FROM:] = False
    cube[:, :, 0] = np.where(flat, before, cube[:, :, 0])
    return cube.reshape(len(days), _STEPS)


def _ohlc(days: DayBars, prices: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    cube = prices.reshape(len(days), MINUTES, POINTS)
    opening = days.open[:, None]
    return (np.concatenate([opening, cube[:, :, 0]], 1),
            np.concatenate([opening, cube.max(2)], 1),
            np.concatenate([opening, cube.min(2)], 1),
            np.concatenate([opening, cube[:, :, -1]], 1))


# ---- volumes and amounts -----------------------------------------------------------------------


def _usual_volume() -> Floats:
    shares = np.repeat(np.array(_VOLUME_PCT) / _QUARTER, _QUARTER)
    shares[:_QUARTER] *= np.linspace(0.90, 0.45, _QUARTER)       # a reversed J in the first quarter
    return np.concatenate([[_OPENING_PCT], shares])


_USUAL_VOLUME = _usual_volume()


def _volumes(days: DayBars, draws: _Draws, seal: Ints, prices: Ints) -> Ints:
    """Shares of each bar in whole lots, chosen so that the average price comes out right."""
    weight = _USUAL_VOLUME * exp(_VOLUME_NOISE * draws.volume)
    cube = prices.reshape(len(days), MINUTES, POINTS)
    spread = np.maximum(days.high - days.low, 1)[:, None]
    weight[:, 1:] *= 1 + _MOVE_VOLUME * (cube.max(2) - cube.min(2)) / spread
    sealed_bar = np.minimum(seal // POINTS + 1, BARS)
    weight = np.where(np.arange(BARS) > sealed_bar[:, None], weight * _AFTER_SEAL, weight)
    weight[days.close_auction, _AUCTION_FROM + 1:MINUTES] = 0.0
    weight[days.close_auction, MINUTES] = _CLOSING_PCT
    active = weight > 0
    lots = days.volume // LOT_SHARES - MIN_LOTS * active.sum(1)
    weight = _balanced(days, weight, np.where(active, MIN_LOTS, 0) / lots[:, None],
                       _mean_prices(days, prices))
    shared = np.cumsum(weight, 1)
    ends = np.floor(shared / shared[:, -1:] * lots[:, None]).astype(np.int64)
    ends[:, -1] = lots
    shares: Ints = (np.diff(ends, axis=1, prepend=0) + MIN_LOTS * active) * LOT_SHARES
    return shares


def _mean_prices(days: DayBars, prices: Ints) -> Floats:
    cube = prices.reshape(len(days), MINUTES, POINTS)
    inside = (cube[:, :, 0] + cube[:, :, 1] + cube[:, :, 2] + cube[:, :, 3]) / POINTS
    return np.concatenate([days.open[:, None].astype(np.float64), inside], 1)


def _balanced(days: DayBars, weight: Floats, fixed: Floats, mean: Floats) -> Floats:
    """Weights whose average price is the day's: bars below it gain, those above it lose.

    `fixed` is the part of each bar that stays, relative to the sum of the weights. The farther
    from the average the more, where no bar loses too much by that; else in two steps.
    """
    gap = mean - (days.amount * days.ticks_per_fen / days.volume)[:, None]
    stays = _total(weight) * _total(fixed * gap)
    slope = -(_total(weight * gap) + stays) / np.maximum(_total(weight * gap * gap), _TINY)
    gentle = 1 + slope * gap
    usable = gentle.min(1, keepdims=True) > _LEAST_SHARE
    balanced: Floats = weight * np.where(usable, gentle, _two_steps(weight, gap, stays))
    return balanced


def _two_steps(weight: Floats, gap: Floats, stays: Floats) -> Floats:
    """Factor t below the average and 1 / t above: t x below = above / t + what stays."""
    above, below = _total(weight * np.maximum(gap, 0)), _total(weight * np.maximum(-gap, 0))
    solvable = (above > 0) & (below > 0)
    above, below = np.where(solvable, above, 1.0), np.where(solvable, below, 1.0)
    tilt = (stays + np.sqrt(stays * stays + 4 * above * below)) / (2 * below)
    tilt = np.where(solvable, np.clip(tilt, 1 / _MAX_TILT, _MAX_TILT), 1.0)
    return np.where(gap < 0, tilt, np.where(gap > 0, 1 / tilt, 1.0))


def _total(values: Floats) -> Floats:
    """Row sums in a fixed order: `sum` adds in one that depends on the processor."""
    return np.cumsum(values, 1)[:, -1:]


def _feasible(days: DayBars, bars: tuple[Ints, Ints, Ints, Ints], volume: Ints) -> Ints:
    """Move a few lots where no amount within the bars adds up to the day's (1 day in 700)."""
    _, high, low, _ = bars
    wanted = days.amount * days.ticks_per_fen
    short = wanted - (high * volume).sum(1)
    surplus = (low * volume).sum(1) - wanted
    for row in np.flatnonzero(short > 0):
        volume[row] = _moved(volume[row], high[row], int(short[row]))
    for row in np.flatnonzero(surplus > 0):
        volume[row] = _moved(volume[row], -low[row], int(surplus[row]))
    return volume


def _moved(volume: Ints, price: Ints, gain: int) -> Ints:
    """The same shares with `gain` more in volume x price: from low bars to the highest one."""
    traded = np.where(volume > 0, price, price.min())
    best = int(traded.argmax())
    spare = np.maximum(volume // LOT_SHARES - MIN_LOTS, 0)
    each = (traded[best] - price) * LOT_SHARES
    order = np.argsort(-each, kind="stable")
    before = np.cumsum(spare[order] * each[order]) - spare[order] * each[order]
    lots = np.clip(-((before - gain) // np.maximum(each[order], 1)), 0, spare[order])
    moved = volume.copy()
    moved[order] -= lots * LOT_SHARES
    moved[best] += int(lots.sum()) * LOT_SHARES
    return moved


def _amounts(
    days: DayBars, bars: tuple[Ints, Ints, Ints, Ints], volume: Ints, prices: Ints
) -> Ints:
    """Fen of each bar, between low and high times volume, adding up to the day's."""
    _, high, low, _ = bars
    per_fen = days.ticks_per_fen[:, None]
    least, most = low * volume // per_fen, high * volume // per_fen
    usual = np.floor(_mean_prices(days, prices) * volume / per_fen).astype(np.int64)
    return spread_to_total(usual, least, most, days.amount)


def spread_to_total(usual: Ints, least: Ints, most: Ints, total: Ints) -> Ints:
    """Whole numbers near `usual` within least..most whose rows add up to `total`.

    ValueError where the bounds of a row do not allow its total.
    """
    usual = np.minimum(np.maximum(usual, least), most)
    lack = total - usual.sum(1)
    room = np.where((lack > 0)[:, None], most - usual, usual - least)
    filled = np.cumsum(room, 1)
    if (np.abs(lack) > filled[:, -1]).any():
        raise ValueError("the bars cannot add up to their day")
    part = np.abs(lack) / np.maximum(filled[:, -1], 1)
    moved = np.floor(filled * part[:, None]).astype(np.int64)
    moved = np.where(filled == filled[:, -1:], np.abs(lack)[:, None], moved)
    exact: Ints = usual + np.sign(lack)[:, None] * np.diff(moved, axis=1, prepend=0)
    return exact
