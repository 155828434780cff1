"""One generated day in 3-second snapshots with five levels each side, from its minute bars.

Snapshot 0 is 09:25:00, the result of the opening auction; then 20 snapshots a minute, 09:30:03
to 11:30:00 and 13:00:03 to 15:00:00. The prices, volumes and amounts that appear within a
minute are exactly its bar. No level is shown before 09:30 and during the closing auction
(14:57:03-14:59:57): what would trade there is decided by the auction bar. At a locked limit
one side is empty.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from data.generated.intraday import (
    LOT_SHARES,
    MINUTES,
    DayBars,
    MinuteBars,
    spread_to_total,
)
from data.generated.streams import LEVELS, Bools, Floats, Ints, Small, exp, normal_table, words

SLOTS = 20                         # a minute
SLOT_S = 3
SNAPSHOTS = 1 + MINUTES * SLOTS
DEPTH = 5
OPENING_S = 9 * 3600 + 25 * 60     # seconds of the day at which snapshot 0 is known
_MORNING = 120
_MORNING_S, _AFTERNOON_S = 9 * 3600 + 30 * 60, 13 * 3600
_MANDATORY = 4                     # snapshots that show open, high, low and close

_TWO_TICKS, _THREE_TICKS = 0.80, 0.95      # spread: 80 % one tick, 15 % two (stylised facts)
_WIDE_FROM_TICKS = 10_000          # dearer than this, the spread widens with the price
_SIZE_SPREAD = 0.9
_LEVEL_SIZE = 4.0                  # of the mean volume of a snapshot
_DEEPER = np.array([1.0, 1.3, 1.5, 1.6, 1.8])
_QUEUE = 60.0                      # how much longer the queue at a locked limit is
_POOL = 8_192
_STRIDE, _LEVEL_STRIDE = 13, 1_021


@dataclass(frozen=True, slots=True)
class DayBook:
    """Snapshots of one (symbol, day), in ticks, shares and fen. Figures are cumulative.

    Prices, levels and sizes are int32: every instrument of a market may have its day in memory.
    """

    symbol: str
    day: date
    last: Small
    high: Small
    low: Small
    volume: Ints
    amount: Ints
    bid: Small                      # best price; the others lie one tick apart
    ask: Small
    bid_levels: Small               # how many are shown, 0..5
    ask_levels: Small
    bid_shares: Small               # [snapshot, level]
    ask_shares: Small


@dataclass(frozen=True, slots=True)
class _Trades:
    """[minute, slot]; a slot without volume repeats the price before it."""

    price: Ints
    volume: Ints
    amount: Ints


def snapshot_seconds() -> Ints:
    """When each snapshot is known, in seconds of the day."""
    slots = (np.arange(MINUTES * SLOTS) + 1) * SLOT_S
    half = _MORNING * SLOTS * SLOT_S
    seconds = np.where(slots <= half, _MORNING_S + slots, _AFTERNOON_S + slots - half)
    return np.concatenate([[OPENING_S], seconds])


def day_book(seed: int, days: DayBars, bars: MinuteBars) -> DayBook:
    """The book of a single pair (`days` and `bars` hold one row)."""
    (symbol, day), = days.labels
    count = MINUTES * (3 * SLOTS + 2) + _POOL
    drawn = words(count, seed, "book", symbol, day.isoformat()).astype(np.int64)
    trades = _trades(days, bars, drawn)
    last = _with_opening(bars.open[0, 0], trades.price)
    volume = np.cumsum(_with_opening(bars.volume[0, 0], trades.volume))
    amount = np.cumsum(_with_opening(bars.amount[0, 0], trades.amount))
    sides = _sides(days, bars, last, drawn)
    sizes = _sizes(days, drawn[-_POOL:])
    queue = 1 + (_QUEUE - 1) * np.stack([sides.locked_up, sides.locked_down])[:, :, None]
    bid_shares, ask_shares = (np.floor(sizes * queue) * LOT_SHARES).astype(np.int32)
    return DayBook(
        symbol=symbol, day=day, last=_small(last), high=_small(np.maximum.accumulate(last)),
        low=_small(np.minimum.accumulate(last)), volume=volume, amount=amount,
        bid=_small(sides.bid), ask=_small(sides.ask), bid_levels=_small(sides.bid_levels),
        ask_levels=_small(sides.ask_levels), bid_shares=bid_shares, ask_shares=ask_shares,
    )


def _small(values: Ints) -> Small:
    return values.astype(np.int32)


def _with_opening(first: int, rest: Ints) -> Ints:
    return np.concatenate([[int(first)], rest.reshape(-1)])


# ---- trades ------------------------------------------------------------------------------------


def _trades(days: DayBars, bars: MinuteBars, drawn: Ints) -> _Trades:
    opened, high, low, close, volume, amount = (
        part[0, 1:, None] for part in (bars.open, bars.high, bars.low, bars.close, bars.volume,
                                       bars.amount))
    count = MINUTES * SLOTS
    noise = normal_table()[drawn[:count]].reshape(MINUTES, SLOTS)
    weight = (drawn[count:2 * count].reshape(MINUTES, SLOTS) + 1) / LEVELS
    place = drawn[2 * count:2 * count + 2 * MINUTES].reshape(MINUTES, 2)
    steps = np.arange(SLOTS) / (SLOTS - 1)
    price = np.rint(opened + (close - opened) * steps + noise * (high - low) / 4).astype(np.int64)
    price = np.clip(price, low, high)
    at_high, at_low = _places(place)
    rows = np.arange(MINUTES)
    price[:, 0], price[:, -1] = opened[:, 0], close[:, 0]
    price[rows, at_high], price[rows, at_low] = high[:, 0], low[:, 0]
    shares = _slot_shares(volume, weight, at_high, at_low)
    price = _carried(price, shares)
    per_fen = int(days.ticks_per_fen[0])
    amounts = spread_to_total(price * shares // per_fen, low * shares // per_fen,
                              high * shares // per_fen, amount[:, 0])
    return _Trades(price, shares, amounts)


def _places(place: Ints) -> tuple[Ints, Ints]:
    """Different slots for high and low, never the first or the last."""
    inner = SLOTS - 2
    at_high = 1 + place[:, 0] % inner
    at_low = 1 + (at_high + place[:, 1] % (inner - 1)) % inner
    return at_high, at_low


def _slot_shares(volume: Ints, weight: Floats, at_high: Ints, at_low: Ints) -> Ints:
    """Whole lots; the four slots that make the bar always trade, many others do not."""
    lots = volume // LOT_SHARES
    rows = np.arange(MINUTES)
    needed = np.zeros((MINUTES, SLOTS), np.int64)
    needed[:, 0] = needed[:, -1] = needed[rows, at_high] = needed[rows, at_low] = 1
    needed *= lots >= _MANDATORY
    free = lots - needed.sum(1, keepdims=True)
    shared = np.cumsum(weight * weight, 1)
    ends = np.floor(shared / shared[:, -1:] * free).astype(np.int64)
    ends[:, -1] = free[:, 0]
    spread: Ints = (np.diff(ends, axis=1, prepend=0) + needed) * LOT_SHARES
    return spread


def _carried(price: Ints, shares: Ints) -> Ints:
    """Where nothing traded the last price stands."""
    slot = np.where(shares > 0, np.arange(SLOTS), 0)
    carried: Ints = np.take_along_axis(price, np.maximum.accumulate(slot, 1), 1)
    return carried


# ---- the book ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sides:
    bid: Ints
    ask: Ints
    bid_levels: Ints
    ask_levels: Ints
    locked_up: Bools
    locked_down: Bools


def _sides(days: DayBars, bars: MinuteBars, last: Ints, drawn: Ints) -> _Sides:
    """Best prices around the last one, cut off at the limits."""
    count = MINUTES * SLOTS
    coin = np.concatenate([drawn[:1], drawn[2 * count + 2 * MINUTES:3 * count + 2 * MINUTES]])
    share = (coin >> 1) / (LEVELS // 2)
    ticks = 1 + (share >= _TWO_TICKS).astype(np.int64) + (share >= _THREE_TICKS)
    ticks *= 1 + last // _WIDE_FROM_TICKS
    up, down = int(days.up[0]), int(days.down[0])
    bought = (coin & 1).astype(bool)
    locked_up, locked_down = _locked(bars, last, up), _locked(bars, last, down)
    bought = np.where(last == up, ~locked_up, np.where(last == down, locked_down, bought))
    bid, ask = np.where(bought, last - ticks, last), np.where(bought, last, last + ticks)
    bid, ask = np.maximum(bid, 1), np.maximum(ask, 2)
    shown = _shown(days)
    bid_levels = np.clip(bid - max(down, 1) + 1, 0, DEPTH) * shown
    ask_levels = np.clip(up - ask + 1, 0, DEPTH) * shown
    return _Sides(bid, ask, bid_levels, ask_levels, locked_up, locked_down)


def _locked(bars: MinuteBars, last: Ints, limit: int) -> Bools:
    """True where the whole minute stands at the limit."""
    flat = (bars.high[0] == limit) & (bars.low[0] == limit)
    by_snapshot = np.concatenate([flat[:1], np.repeat(flat[1:], SLOTS)])
    locked: Bools = by_snapshot & (last == limit)
    return locked


def _shown(days: DayBars) -> Ints:
    """0 before continuous trading and during the closing auction, else 1."""
    shown = np.ones(SNAPSHOTS, np.int64)
    shown[0] = 0
    if days.close_auction[0]:
        shown[-3 * SLOTS:-1] = 0
    return shown


def _sizes(days: DayBars, pool: Ints) -> Floats:
    """Lots of [side, snapshot, level], drawn from a pool so that sizes linger."""
    usual = max(1.0, _LEVEL_SIZE * float(days.volume[0]) / LOT_SHARES / (MINUTES * SLOTS))
    lots = 1 + usual * exp(_SIZE_SPREAD * normal_table()[pool])
    moment = np.arange(SNAPSHOTS)[:, None] // 2 * _STRIDE
    level = np.arange(DEPTH) * _LEVEL_STRIDE
    sides = [lots[(moment + level + shift) % _POOL] * _DEEPER for shift in (0, _POOL // 2)]
    return np.stack(sides)
