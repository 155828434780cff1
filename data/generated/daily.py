"""Daily bars of generated instruments: one pass over the sessions, all instruments at once.

Every operation works on each instrument by itself, so a market of one, of sixteen and of three
hundred and twenty give the same bars. Prices are whole ticks, volumes whole shares and amounts
whole fen all the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Protocol

import numpy as np

from core.calendar import TradingCalendar
from data.generated.bands import Bands, bands, price_limits_ticks
from data.generated.factors import OVERNIGHT_RATIO, Factors, factors, industry_number, memory
from data.generated.schedule import Fate, Mark, Timeline, fates, timeline
from data.generated.streams import (
    Bools,
    Flags,
    Floats,
    Ints,
    exp,
    exponentials,
    fat_tailed,
    normals,
    uniforms,
)
from data.generated.traits import Traits, traits
from data.generated.universe import Listing, Plan

# The slow and the fast part of an instrument's own volatility (log scale).
_SLOW_MEMORY, _SLOW_SWING = 0.988, 0.62
_FAST_MEMORY, _FAST_SWING = 0.88, 0.36
_NIGHT_FADES = 0.12            # part of an overnight move that the day takes back
_ST_RATIO = 0.85               # a warned stock's own moves, its band being narrower
_RESUMPTION = 2.2              # moves after a suspension are larger
_POP_CHANCE, _POP_RATIO = 0.0100, 0.060     # rumours: sudden rises that end in limit-up closes
_HEAT_MEMORY, _HEAT, _HEAT_VOLUME = 0.88, 1.1, 0.55     # what such a day leaves behind
_PULL, _PULL_MAX = 0.0020, 0.005       # towards the level at which an instrument started
_DRIFT = -0.0003               # the sudden rises and the gaps after them add 0.0008
_DELISTING_DRIFT = -0.008
_CARRY, _UP_GAP, _DOWN_GAP = 0.8, 0.022, -0.028    # what a locked limit leaves for tomorrow
_CARRY_MAX = 0.10
_MAGNET = 0.003                # a price this near to its limit is drawn to it
_FREE_DAY_MAX = 0.28           # below the first halt of a limit-free day
_NEW_RISE = (0.22, 0.012)      # overnight move of the first session without and with a 44 % cap
_LOG_VOLUME = {"slow": 0.58, "fast": 0.36, "noise": 0.17, "move": 0.30, "swing": 0.55}
_MOVE_MAX = 3.0
_SEALED_VOLUME, _YOUNG_VOLUME = 0.35, 6.0
# Every minute needs its four lots (956 a day): at most a fifth of a day's volume, so that the rest
# can always bring out an average price that keeps a fifth of the range from high and low.
MIN_VOLUME_SHARES, _VWAP_MARGIN = 500_000, 0.2
_MAX_TURNOVER = 0.45
# Where in the day's range the average price lies: constant, open and close in parts of the range,
# deviation. Least squares over 1.2 million real days.
_VWAP_SHARE = (0.45, -0.10, 0.19, 0.085)


@dataclass(frozen=True, slots=True)
class DailyColumns:
    """Daily bars, instruments x sessions. Where nothing traded, prices repeat and volume is 0."""

    open: Ints                 # ticks, as are all down to `down`
    high: Ints
    low: Ints
    close: Ints
    reference: Ints            # previous close, or the ex-right reference, or the issue price
    up: Ints                   # the day's upper limit; far away on a limit-free day
    down: Ints
    volume: Ints               # shares, a multiple of 100
    amount: Ints               # fen
    adj_factor: Floats         # cumulative, 1.0 on the first session
    marks: Flags               # schedule.Mark

    def rows(self, chosen: slice) -> "DailyColumns":
        """The same columns of some instruments."""
        return DailyColumns(*(getattr(self, item.name)[chosen] for item in fields(self)))


@dataclass(frozen=True, slots=True)
class DailyMarket:
    """Everything about some instruments that the seed decides, up to the daily bar."""

    plan: Plan
    when: Timeline
    fates: tuple[Fate, ...]
    columns: DailyColumns


def daily_market(
    plan: Plan, listings: Sequence[Listing], calendar: TradingCalendar
) -> DailyMarket:
    """The bars of these instruments over the plan's sessions."""
    when = timeline(plan, calendar)
    chosen = fates(plan, listings, when)
    return DailyMarket(plan, when, chosen, simulate(plan.seed, chosen, when.days))


def simulate(seed: int, chosen: Sequence[Fate], days: Sequence[date]) -> DailyColumns:
    kind = traits(seed, [fate.listing for fate in chosen])
    marks = np.stack([fate.marks for fate in chosen], 1)
    wind = _wind(seed, chosen, kind, marks, factors(seed, days))
    limits = bands(chosen, days)
    path = _prices(chosen, kind, marks, wind, limits)
    return _columns(seed, chosen, kind, marks, wind, path)


class _Draw(Protocol):
    def __call__(self, count: int, seed: int, *label: object) -> Floats: ...


# ---- what pushes prices ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wind:
    """Growth factors and expected deviations, sessions x instruments."""

    night: Floats              # open / reference before the band
    day: Floats                # close / open before the band
    day_ratio: Floats          # expected deviation of the day's log return
    own_volume: Floats         # log of turnover against its mean: volatile days trade more
    market_level: Floats       # the same for the market, [session, 1]


def _wind(
    seed: int, chosen: Sequence[Fate], kind: Traits, marks: Flags, common: Factors
) -> _Wind:
    own_level = _own_level(seed, chosen, len(marks))
    pops = _pops(seed, chosen, kind, len(marks))
    heat = _heat(pops)
    own = exp(own_level) * kind.own_ratio * np.where(marks & Mark.ST, _ST_RATIO, 1.0)
    own = own * (1 + _HEAT * heat)
    own = own * (1 + (_RESUMPTION - 1) * _resumes(marks))
    numbers = [industry_number(fate.instrument.industry) for fate in chosen]
    night = (kind.beta * common.market_night[:, None]
             + kind.industry_beta * common.industry_night[:, numbers]
             + own * _by_symbol(fat_tailed, seed, chosen, len(marks), "night")
             * float(np.sqrt(OVERNIGHT_RATIO)))
    day = (kind.beta * common.market_day[:, None]
           + kind.industry_beta * common.industry_day[:, numbers]
           + own * _by_symbol(fat_tailed, seed, chosen, len(marks), "day")
           * float(np.sqrt(1 - OVERNIGHT_RATIO)))
    day += pops + _DRIFT - _NIGHT_FADES * night
    _new_listings(chosen, night, day)
    industry = kind.industry_beta * common.industry_ratio[:, numbers]
    variance = (kind.beta * common.market_ratio[:, None]) ** 2 + industry**2 + own**2
    ratio = np.sqrt(variance * (1 - OVERNIGHT_RATIO))
    market_level = (common.market_ratio / 0.012 - 1)[:, None]
    level = _LOG_VOLUME["swing"] * own_level + _HEAT_VOLUME * heat
    return _Wind(exp(night), exp(day), ratio, level, market_level)


def _own_level(seed: int, chosen: Sequence[Fate], span: int) -> Floats:
    slow = memory(_by_symbol(normals, seed, chosen, span, "slow"), _SLOW_MEMORY)
    fast = memory(_by_symbol(normals, seed, chosen, span, "fast"), _FAST_MEMORY)
    spread = _SLOW_SWING**2 + _FAST_SWING**2
    return _SLOW_SWING * slow + _FAST_SWING * fast - spread


def _by_symbol(
    draw: _Draw, seed: int, chosen: Sequence[Fate], span: int, label: str
) -> Floats:
    """One column of random numbers for each instrument, from its own stream."""
    values = np.empty((span, len(chosen)))
    for column, fate in enumerate(chosen):
        values[:, column] = draw(span, seed, label, fate.instrument.symbol)
    return values


def _pops(seed: int, chosen: Sequence[Fate], kind: Traits, span: int) -> Floats:
    rare = _by_symbol(uniforms, seed, chosen, span, "pop") < _POP_CHANCE
    size = _by_symbol(exponentials, seed, chosen, span, "pop size")
    pops: Floats = np.where(rare, (0.03 + _POP_RATIO * size) * (1 - kind.fund), 0.0)
    return pops


def _heat(pops: Floats) -> Floats:
    """1 on the day after a sudden rise, fading over the following weeks."""
    heat = np.zeros_like(pops)
    hot = pops > 0
    for at in range(1, len(pops)):
        heat[at] = np.maximum(_HEAT_MEMORY * heat[at - 1], hot[at - 1])
    return heat


def _resumes(marks: Flags) -> Bools:
    """True on the first session after a suspension."""
    halted = marks & Mark.SUSPENDED > 0
    after = np.zeros_like(halted)
    after[1:] = halted[:-1] & ~halted[1:]
    return after


def _new_listings(chosen: Sequence[Fate], night: Floats, day: Floats) -> None:
    """The first sessions rise, and stay inside what would halt a limit-free day."""
    for column, fate in enumerate(chosen):
        if fate.first >= 0:
            first = slice(fate.first, fate.first + 5)
            night[fate.first, column] = abs(night[fate.first, column]) * 8 + _NEW_RISE[0]
            night[fate.first + 1:first.stop, column] += _NEW_RISE[1]
            day[first, column] *= 1.5
        if fate.delisting_first is not None:
            begin = fate.delisting_first
            night[begin, column] -= 0.25
            day[max(0, begin - 240):, column] += _DELISTING_DRIFT
    np.clip(day, -_FREE_DAY_MAX, _FREE_DAY_MAX - 0.06, out=day)


# ---- prices ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Path:
    """Ticks as floats (whole numbers), sessions x instruments."""

    reference: Floats
    down: Floats
    up: Floats
    open: Floats
    close: Floats
    growth: Floats             # previous close / reference, 1.0 except on ex-dates


def _prices(
    chosen: Sequence[Fate], kind: Traits, marks: Flags, wind: _Wind, limits: Bands
) -> _Path:
    """Walk through the sessions; each starts from the last close, inside its band."""
    path = _Path(*(np.empty(wind.night.shape) for _ in range(6)))
    path.growth.fill(1.0)
    ex_dates = _ex_by_session(chosen)
    trading = (marks & (Mark.LISTED | Mark.SUSPENDED) == Mark.LISTED).astype(np.float64)
    night, day = np.where(trading, wind.night, 1.0), np.where(trading, wind.day, 1.0)
    close, anchor = kind.price_ticks, kind.price_ticks.copy()
    carry = np.zeros(len(chosen))
    for at in range(len(night)):
        reference = close
        if at in ex_dates:
            reference = _ex_reference(close, ex_dates[at])
            path.growth[at] = close / reference
            anchor = anchor / path.growth[at]
        down, up = price_limits_ticks(reference, limits.down_pct[at], limits.up_pct[at])
        active = trading[at]
        opened = np.minimum(np.maximum(
            np.rint(reference * night[at] * (1 + carry * active)), down), up)
        pull = np.clip(_PULL * (1 - opened / anchor), -_PULL_MAX, _PULL_MAX)
        raw = opened * day[at] * (1 + pull * active)
        close = _drawn_to_limits(raw, down, up)
        over = np.minimum(np.maximum(raw / close - 1, -_CARRY_MAX), _CARRY_MAX)
        left = _CARRY * over + _UP_GAP * (close == up) + _DOWN_GAP * (close == down)
        carry = carry + (left - carry) * active
        path.reference[at], path.down[at], path.up[at] = reference, down, up
        path.open[at], path.close[at] = opened, close
    return path


def _drawn_to_limits(raw: Floats, down: Floats, up: Floats) -> Floats:
    near_up = raw * (1 + _MAGNET) >= up
    near_down = raw * (1 - _MAGNET) <= down
    inside = np.where(near_down, down, np.rint(raw))
    return np.where(near_up, up, np.minimum(np.maximum(inside, down), up))


_Ex = tuple[Ints, Floats, Floats]      # columns, cash yields, bonus shares per 10


def _ex_by_session(chosen: Sequence[Fate]) -> dict[int, _Ex]:
    rows: dict[int, list[tuple[int, float, int]]] = {}
    for column, fate in enumerate(chosen):
        for item in fate.ex_dates:
            rows.setdefault(item.session, []).append(
                (column, item.yield_ratio, item.bonus_per_10))
    return {at: (np.array([row[0] for row in found], np.int64),
                 np.array([row[1] for row in found]),
                 np.array([row[2] for row in found], np.float64)) for at, found in rows.items()}


def cash_per_10(close_ticks: Floats, yield_ratio: Floats) -> Floats:
    """Cash for ten shares in whole ticks, at least one."""
    return np.maximum(np.rint(close_ticks * yield_ratio * 10), 1.0)


def _ex_reference(close: Floats, ex: _Ex) -> Floats:
    """(previous close - cash) / (1 + bonus), half up to the tick (market-rules 10)."""
    columns, yields, bonus = ex
    reference = close.copy()
    before = close[columns]
    whole = 10 * before - cash_per_10(before, yields)
    reference[columns] = np.floor((2 * whole + (10 + bonus)) / (2 * (10 + bonus)))
    return reference


# ---- the rest of the bar -----------------------------------------------------------------------


def _columns(
    seed: int, chosen: Sequence[Fate], kind: Traits, marks: Flags, wind: _Wind, path: _Path
) -> DailyColumns:
    trading = marks & (Mark.LISTED | Mark.SUSPENDED) == Mark.LISTED
    high, low = _extremes(seed, chosen, wind, path)
    high, low = np.where(trading, high, path.close), np.where(trading, low, path.close)
    opened = np.where(trading, path.open, path.close)
    volume = np.where(trading, _volume(seed, chosen, kind, wind, path, high == low), 0.0)
    vwap = _vwap(seed, chosen, path, high, low)
    fen_per_tick = kind.ticks_per_cny // 100           # 1 where a tick is a fen, 10 for mills
    amount = np.floor(volume * vwap / fen_per_tick)
    amount = np.minimum(np.maximum(amount, volume * low / fen_per_tick),
                        volume * high / fen_per_tick)
    return DailyColumns(
        open=_whole(opened), high=_whole(high), low=_whole(low), close=_whole(path.close),
        reference=_whole(path.reference), up=_whole(path.up), down=_whole(path.down),
        volume=_whole(volume), amount=_whole(np.rint(amount)),
        adj_factor=np.ascontiguousarray(np.cumprod(path.growth, 0).T),
        marks=np.ascontiguousarray(marks.T),
    )


def _whole(by_session: Floats) -> Ints:
    """From sessions x instruments to instruments x sessions, as integers."""
    return np.ascontiguousarray(by_session.T).astype(np.int64)


def _extremes(
    seed: int, chosen: Sequence[Fate], wind: _Wind, path: _Path
) -> tuple[Floats, Floats]:
    """High and low of a Brownian bridge from open to close, inside the band."""
    span = len(wind.night)
    move = path.close / path.open - 1
    spread = 2 * (0.95 * wind.day_ratio) ** 2
    above = _by_symbol(exponentials, seed, chosen, span, "high")
    below = _by_symbol(exponentials, seed, chosen, span, "low")
    rise = (move + np.sqrt(move * move + spread * above)) / 2
    fall = (move - np.sqrt(move * move + spread * below)) / 2
    top, bottom = np.maximum(path.open, path.close), np.minimum(path.open, path.close)
    high = np.minimum(np.maximum(np.rint(path.open * (1 + rise)), top), path.up)
    low = np.maximum(np.minimum(np.rint(path.open * (1 + fall)), bottom), path.down)
    sealed_all_day = (path.open == path.close) & ((path.close == path.up)
                                                  | (path.close == path.down))
    stays = sealed_all_day & (above + below < _STAYS_SEALED)
    return np.where(stays, path.close, high), np.where(stays, path.close, low)


_STAYS_SEALED = 2.4            # of two exponentials: about two thirds of such days never open


def _volume(
    seed: int, chosen: Sequence[Fate], kind: Traits, wind: _Wind, path: _Path, flat: Bools
) -> Floats:
    """Shares: turnover remembers, and follows the move and the volatility of the day."""
    span = len(wind.night)
    size = _LOG_VOLUME
    slow = memory(_by_symbol(normals, seed, chosen, span, "slow volume"), 0.988)
    fast = memory(_by_symbol(normals, seed, chosen, span, "fast volume"), 0.85)
    noise = _by_symbol(normals, seed, chosen, span, "volume")
    usual = np.sqrt(kind.own_ratio**2 + 0.015**2 * (1 - kind.fund) + 0.012**2)
    move = np.minimum(np.abs(path.close / path.reference - 1) / usual, _MOVE_MAX)
    level = (size["slow"] * slow + size["fast"] * fast + size["noise"] * noise
             + size["move"] * (move - 0.75) + wind.own_volume
             + 0.15 * np.minimum(wind.market_level, 2.0))
    turnover = np.minimum(exp(level) * kind.turnover_ratio, _MAX_TURNOVER)
    shares = turnover * kind.float_shares * np.where(flat, _SEALED_VOLUME, 1.0)
    for column, fate in enumerate(chosen):
        if fate.first >= 0:
            shares[fate.first:fate.first + 5, column] *= _YOUNG_VOLUME
    shares = np.minimum(shares, kind.float_shares * _MAX_TURNOVER)
    whole: Floats = np.maximum(np.rint(shares / 100) * 100, float(MIN_VOLUME_SHARES))
    return whole


def _vwap(
    seed: int, chosen: Sequence[Fate], path: _Path, high: Floats, low: Floats
) -> Floats:
    """The day's average price in ticks, as real days have it: see _VWAP_SHARE."""
    z = _by_symbol(normals, seed, chosen, len(high), "vwap")
    middle, by_open, by_close, spread = _VWAP_SHARE
    share = middle * (high - low) + by_open * (path.open - low) + by_close * (path.close - low)
    margin = _VWAP_MARGIN * (high - low)
    return np.clip(low + share + spread * (high - low) * z, low + margin, high - margin)
