"""A generated day as it becomes known: 3-second quotes of some instruments, minutes of the rest.

The instruments asked for get five levels every three seconds and their ended minute bars. All
others get one quote a minute without levels. Before 09:25 only the reference price is known.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import Decimal

import numpy as np

from core.limits import Band, price_band
from core.ports import Tick
from core.sessions import shanghai
from core.types import Bar, DayFacts, Level, Origin, Period, Quote
from data.generated.book import (
    OPENING_S,
    SLOTS,
    SNAPSHOTS,
    DayBook,
    day_book,
    snapshot_seconds,
)
from data.generated.daily import DailyMarket
from data.generated.day_bars import day_bars
from data.generated.intraday import DayBars, MinuteBars, minute_bars

FIRST_S = 9 * 3600 + 15 * 60       # the opening call auction begins
AUCTION_STEP_S = 15
CONTINUOUS_S = 9 * 3600 + 30 * 60
_NOTHING = -1

_Prices = Callable[[int], Decimal]


@dataclass(frozen=True, slots=True)
class _Lane:
    """One instrument's day: what every quote of it repeats, and its bars."""

    facts: DayFacts
    prices: _Prices                # ticks to CNY
    limits_cny: tuple[Decimal | None, Decimal | None]      # down, up
    days: DayBars | None = None    # one row, as `bars`; None: it does not trade today
    bars: MinuteBars | None = None
    volume: Sequence[int] = ()     # cumulative, by bar; as are the next three
    amount: Sequence[int] = ()
    high: Sequence[int] = ()
    low: Sequence[int] = ()


class DayTape:
    """One session of a generated market, to be played from any moment and for any symbols."""

    def __init__(self, market: DailyMarket, session: int, facts: Sequence[DayFacts]) -> None:
        """`facts` of every instrument that is listed that day, in the market's order."""
        self.market, self.session = market, session
        self._midnight_utc = shanghai(market.when.days[session], time.min)
        self._lanes = _lanes(market, session, facts)
        self._books: dict[str, DayBook] = {}

    def play(
        self, fast: Container[str], after_utc: datetime | None = None
    ) -> Iterator[Tick]:
        """Ticks in time order.

        With `after_utc` it begins with one Tick of that moment, in which each quote is the last
        one known by then, with its own time; then come the Ticks later than that.
        """
        chosen = _Chosen(
            self._lanes,
            [(lane, self._book(lane)) for lane in self._lanes
             if lane.bars is not None and lane.facts.instrument.symbol in fast],
            [lane for lane in self._lanes
             if lane.bars is not None and lane.facts.instrument.symbol not in fast])
        moments = _moments()
        passed = 0 if after_utc is None else bisect_right(
            [second for second, _ in moments], (after_utc - self._midnight_utc).total_seconds())
        if passed and after_utc is not None:
            yield Tick(after_utc, quotes=tuple(self._known(chosen, moments[:passed])))
        for number, (second, snapshot) in enumerate(moments[passed:], passed):
            yield _tick(chosen, self._at(second), second, snapshot, first=number == 0)

    def _at(self, second: int) -> datetime:
        return self._midnight_utc + timedelta(seconds=second)

    def _book(self, lane: _Lane) -> DayBook:
        symbol = lane.facts.instrument.symbol
        if symbol not in self._books:
            assert lane.bars is not None
            self._books[symbol] = _book(self.market.plan.seed, lane)
        return self._books[symbol]

    def _known(self, chosen: "_Chosen", passed: Sequence[tuple[int, int]]) -> Iterator[Quote]:
        """The newest quote of every instrument; snapshots pass in order, so the last is newest."""
        snapshot = max(number for _, number in passed)
        if snapshot == _NOTHING:
            before_utc = self._at(passed[-1][0])
            yield from (_before_open(lane, before_utc) for lane in chosen.everyone)
            return
        seconds = snapshot_seconds()
        bar = snapshot // SLOTS
        book_utc, bar_utc = self._at(int(seconds[snapshot])), self._at(int(seconds[bar * SLOTS]))
        for lane, book in chosen.fast:
            yield _book_quote(lane, book, snapshot, book_utc)
        for lane in chosen.slow:
            yield _bar_quote(lane, bar, bar_utc)
        for lane in chosen.everyone:
            if lane.bars is None:
                yield _before_open(lane, self._at(FIRST_S))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which instruments are played how. Those that do not trade today are in `everyone` only."""

    everyone: Sequence[_Lane]
    fast: Sequence[tuple[_Lane, DayBook]]
    slow: Sequence[_Lane]


def _tick(chosen: _Chosen, ts_utc: datetime, second: int, snapshot: int, *, first: bool) -> Tick:
    if second == CONTINUOUS_S:
        return Tick(ts_utc, bars=_ended(chosen, 0, ts_utc))
    if snapshot == _NOTHING:
        quoted = chosen.everyone if first else [lane for lane, _ in chosen.fast]
        return Tick(ts_utc, quotes=tuple(_before_open(lane, ts_utc) for lane in quoted))
    quotes = [_book_quote(lane, book, snapshot, ts_utc) for lane, book in chosen.fast]
    bar, slot = divmod(snapshot, SLOTS)
    if slot:
        return Tick(ts_utc, quotes=tuple(quotes))
    quotes += [_bar_quote(lane, bar, ts_utc) for lane in chosen.slow]
    return Tick(ts_utc, bars=_ended(chosen, bar, ts_utc) if bar else (), quotes=tuple(quotes))


def _ended(chosen: _Chosen, number: int, ts_utc: datetime) -> tuple[Bar, ...]:
    return tuple(_bar(lane, number, ts_utc) for lane, _ in chosen.fast)


def _moments() -> list[tuple[int, int]]:
    """(second of the day, snapshot or _NOTHING), ascending."""
    auction = [(second, _NOTHING) for second in range(FIRST_S, OPENING_S, AUCTION_STEP_S)]
    snapshots = list(zip(snapshot_seconds().tolist(), range(SNAPSHOTS), strict=True))
    return [*auction, snapshots[0], (CONTINUOUS_S, _NOTHING), *snapshots[1:]]


# ---- lanes -------------------------------------------------------------------------------------


def _lanes(market: DailyMarket, session: int, facts: Sequence[DayFacts]) -> list[_Lane]:
    rows = {fate.instrument.symbol: row for row, fate in enumerate(market.fates)}
    trading = [rows[item.instrument.symbol] for item in facts if not item.suspended]
    days = day_bars(market, np.array(trading, np.int64), np.full(len(trading), session, np.int64))
    bars = minute_bars(market.plan.seed, days) if len(days) else None
    places = {row: at for at, row in enumerate(trading)}
    prices: dict[int, _Prices] = {}
    made = []
    for item in facts:
        row = rows[item.instrument.symbol]
        scale = market.fates[row].ticks_per_cny
        band = price_band(item) or Band(True, None, None)
        lane = _Lane(item, prices.setdefault(scale, _price_table(scale)),
                     (band.down_cny, band.up_cny))
        made.append(lane if bars is None or item.suspended
                    else _trading(lane, days, bars, places[row]))
    return made


def _trading(lane: _Lane, days: DayBars, bars: MinuteBars, at: int) -> _Lane:
    one = slice(at, at + 1)
    own = MinuteBars(bars.open[one], bars.high[one], bars.low[one], bars.close[one],
                     bars.volume[one], bars.amount[one])
    return replace(
        lane, days=days.row(at), bars=own, volume=np.cumsum(own.volume[0]).tolist(),
        amount=np.cumsum(own.amount[0]).tolist(),
        high=np.maximum.accumulate(own.high[0]).tolist(),
        low=np.minimum.accumulate(own.low[0]).tolist(),
    )


def _book(seed: int, lane: _Lane) -> DayBook:
    assert lane.days is not None
    assert lane.bars is not None
    return day_book(seed, lane.days, lane.bars)


def _price_table(ticks_per_cny: int) -> _Prices:
    """Ticks to Decimal CNY; a day has few prices, so each is made once."""
    made: dict[int, Decimal] = {}
    places = len(str(ticks_per_cny)) - 1

    def price(ticks: int) -> Decimal:
        known = made.get(ticks)
        if known is None:
            known = made[ticks] = Decimal(ticks).scaleb(-places)
        return known

    return price


# ---- values ------------------------------------------------------------------------------------


def _before_open(lane: _Lane, ts_utc: datetime) -> Quote:
    facts = lane.facts
    return Quote(
        symbol=facts.instrument.symbol, ts_utc=ts_utc, last_cny=None,
        prev_close_cny=facts.reference_cny, limit_down_cny=lane.limits_cny[0],
        limit_up_cny=lane.limits_cny[1], suspended=facts.suspended, origin=Origin.GENERATED,
    )


def _book_quote(lane: _Lane, book: DayBook, snapshot: int, ts_utc: datetime) -> Quote:
    price = lane.prices
    bid, ask = int(book.bid[snapshot]), int(book.ask[snapshot])
    bids = book.bid_shares[snapshot].tolist()
    asks = book.ask_shares[snapshot].tolist()
    return Quote(
        symbol=book.symbol, ts_utc=ts_utc, last_cny=price(int(book.last[snapshot])),
        prev_close_cny=lane.facts.reference_cny, open_cny=price(int(book.last[0])),
        high_cny=price(int(book.high[snapshot])), low_cny=price(int(book.low[snapshot])),
        volume_shares=int(book.volume[snapshot]), amount_cny=_cny(int(book.amount[snapshot])),
        limit_down_cny=lane.limits_cny[0], limit_up_cny=lane.limits_cny[1],
        bids=tuple(Level(price(bid - i), bids[i]) for i in range(int(book.bid_levels[snapshot]))),
        asks=tuple(Level(price(ask + i), asks[i]) for i in range(int(book.ask_levels[snapshot]))),
        origin=Origin.GENERATED,
    )


def _bar_quote(lane: _Lane, number: int, ts_utc: datetime) -> Quote:
    price, bars = lane.prices, lane.bars
    assert bars is not None
    return Quote(
        symbol=lane.facts.instrument.symbol, ts_utc=ts_utc,
        last_cny=price(int(bars.close[0, number])), prev_close_cny=lane.facts.reference_cny,
        open_cny=price(int(bars.open[0, 0])), high_cny=price(lane.high[number]),
        low_cny=price(lane.low[number]), volume_shares=lane.volume[number],
        amount_cny=_cny(lane.amount[number]), limit_down_cny=lane.limits_cny[0],
        limit_up_cny=lane.limits_cny[1], origin=Origin.GENERATED,
    )


def _bar(lane: _Lane, number: int, ts_utc: datetime) -> Bar:
    price, bars = lane.prices, lane.bars
    assert bars is not None
    return Bar(
        symbol=lane.facts.instrument.symbol, period=Period.MIN1, ts_utc=ts_utc,
        open_cny=price(int(bars.open[0, number])), high_cny=price(int(bars.high[0, number])),
        low_cny=price(int(bars.low[0, number])), close_cny=price(int(bars.close[0, number])),
        volume_shares=int(bars.volume[0, number]), amount_cny=_cny(int(bars.amount[0, number])),
    )


def _cny(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)
