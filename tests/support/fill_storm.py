"""Very many orders against real or generated markets, every fill watched."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.exceptions import DataError
from core.money import from_float
from core.rules import bar_ends, shanghai
from core.symbols import parse_instrument
from core.types import (
    Bar,
    Level,
    Order,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Period,
    Quote,
)
from tests.support.desk import Reference
from tests.support.fill_watch import FillWatch
from trading.day_rules import SymbolDay
from trading.matching import FillPolicy
from trading.session import simulator

TICK = Decimal("0.01")
_MARKET = (OrderType.BEST5_CANCEL, OrderType.BEST5_LIMIT, OrderType.OWN_BEST,
           OrderType.COUNTER_BEST, OrderType.IMMEDIATE_CANCEL, OrderType.FILL_OR_KILL)
_FIRST, _CLOSE = time(9, 20), time(15)


@dataclass(frozen=True, slots=True)
class SymbolDayBars:
    symbol: str
    day: date
    reference_cny: Decimal
    bars: tuple[Bar, ...]


class Storm:
    """One symbol's day under fire."""

    def __init__(self, symbol: str, day: date, reference_cny: Decimal, rng: random.Random) -> None:
        reference = Reference()
        reference.known[symbol] = parse_instrument(symbol)
        reference.reference_cny[symbol] = reference_cny
        self.symbol, self.on, self.rng = symbol, day, rng
        self.clock = SimClock(shanghai(day, _FIRST))
        policy = FillPolicy()
        rules, broker = simulator(clock=self.clock, calendar=exchange_calendar(),
                                  reference=reference, policy=policy)
        found = rules.of(symbol, day)
        assert found is not None
        self.day: SymbolDay = found
        self.watch = FillWatch(broker, found, exchange_calendar(), policy)
        self._next_id = 1

    def shoot(self, around_cny: Decimal, count: int, *, reach_ticks: int) -> None:
        """So many random orders near a price, and some cancels of earlier ones."""
        rng, now = self.rng, self.clock.now_utc()
        for _ in range(count):
            price = max(TICK, around_cny + TICK * rng.randint(-reach_ticks, reach_ticks))
            type_ = rng.choice(_MARKET) if rng.random() < 0.1 else OrderType.LIMIT
            request = OrderRequest(
                symbol=self.symbol, side=rng.choice((OrderSide.BUY, OrderSide.SELL)),
                shares=100 * rng.randint(1, 20), limit_cny=price, created_utc=now, type=type_)
            self.watch.place(Order(
                order_id=self._next_id, request=request, trading_day=self.on,
                status=OrderStatus.SENDING), now)
            self._next_id += 1
            if rng.random() < 0.05:
                self.watch.cancel(rng.randrange(1, self._next_id))


def over_bars(given: SymbolDayBars, seed: int, orders_a_bar: int) -> int:
    """The number of fills; an AssertionError names the first that breaks a rule."""
    storm = Storm(given.symbol, given.day, given.reference_cny, random.Random(seed))
    for bar in given.bars:
        reach = max(2, int((bar.high_cny - bar.low_cny) / TICK) + 2)
        storm.shoot(bar.open_cny, orders_a_bar, reach_ticks=reach)
        storm.clock.move_to(bar.ts_utc)
        storm.watch.bar(bar)
    storm.watch.broker.end_day()
    return storm.watch.fills


def over_quotes(seed: int, quotes: int = 200, orders_a_quote: int = 20) -> int:
    """A generated book of one day: both auctions, lunch, moves of several ticks, thin sides."""
    rng = random.Random(seed)
    storm = Storm("600519.SH", date(2024, 3, 4), Decimal("10.00"), rng)
    middle, volume, amount = Decimal("10.00"), 0, Decimal(0)
    opened: Decimal | None = None
    for wall in _walls(rng, quotes):
        now = shanghai(storm.on, wall)
        storm.shoot(middle, orders_a_quote, reach_ticks=5)
        storm.clock.move_to(now)
        middle = min(Decimal("10.90"), max(
            Decimal("9.10"), middle + TICK * rng.choice((-3, -1, 0, 0, 0, 1, 3))))
        traded = 100 * rng.choice((0, 0, 5, 50, 500))
        last = middle + TICK * rng.choice((0, 1))
        if opened is None and traded:
            opened = last                       # the first print of the day
        volume, amount = volume + traded, amount + last * traded
        shown = wall < _CLOSE and rng.random() < 0.97
        storm.watch.quote(Quote(
            symbol=storm.symbol, ts_utc=now, last_cny=last, prev_close_cny=Decimal("10.00"),
            open_cny=opened, volume_shares=volume, amount_cny=amount,
            bids=_side(rng, middle, -1) if shown else (),
            asks=_side(rng, middle + TICK, 1) if shown else (), suspended=rng.random() < 0.01))
    storm.watch.broker.end_day()
    return storm.watch.fills


def _side(rng: random.Random, best_cny: Decimal, step: int) -> tuple[Level, ...]:
    return tuple(Level(best_cny + step * n * TICK, 100 * rng.randint(1, 40))
                 for n in range(rng.randint(0, 5)))


def _walls(rng: random.Random, count: int) -> list[time]:
    seconds = {34_000, 54_000}                 # 09:26:40 and 15:00:00
    while len(seconds) < count:
        seconds.add(rng.randrange(34_500, 54_000))
    return [time(second // 3600, second // 60 % 60, second % 60) for second in sorted(seconds)]


def made_day(seed: int) -> SymbolDayBars:
    """Minute bars of a random walk on the tick, with quiet minutes."""
    rng = random.Random(seed)
    day, price, bars = date(2024, 3, 4), Decimal("10.00"), []
    for wall in bar_ends(1):
        opened = price
        moves = [opened + TICK * rng.randint(-4, 4) for _ in range(3)]
        moves = [min(Decimal("11.00"), max(Decimal("9.00"), move)) for move in moves]
        price = moves[-1]
        bars.append(Bar(
            symbol="600519.SH", period=Period.MIN1, ts_utc=shanghai(day, wall), open_cny=opened,
            high_cny=max(opened, *moves), low_cny=min(opened, *moves), close_cny=price,
            volume_shares=rng.choice((0, 100, 4_000, 90_000, 900_000))))
    return SymbolDayBars("600519.SH", day, Decimal("10.00"), tuple(bars))


def real_days(path: Path, period: Period) -> Iterator[SymbolDayBars]:
    """Each symbol's sessions of a file of intraday bars, with the close before as reference."""
    import pyarrow.parquet as pq

    rows = sorted(pq.read_table(path).to_pylist(), key=lambda row: (row["symbol"], row["ts"]))
    calendar = exchange_calendar()
    before: Decimal | None = None
    found: list[Bar] = []
    key: tuple[str, date] | None = None
    for row in [*rows, None]:
        now = None if row is None else (row["symbol"], row["ts"].date())
        if now != key:
            if key is not None and before is not None and calendar.is_session(key[1]):
                yield SymbolDayBars(key[0], key[1], before, tuple(found))
            before = found[-1].close_cny if found and now and key and now[0] == key[0] else None
            key, found = now, []
        if row is not None and (bar := _bar(row, period)) is not None:
            found.append(bar)


def _bar(row: dict[str, object], period: Period) -> Bar | None:
    """None: a row without a price."""
    ts = row["ts"]
    assert isinstance(ts, datetime)
    try:
        prices = [from_float(float(str(row[name])), grain=TICK)
                  for name in ("open", "high", "low", "close")]
    except (ValueError, DataError):
        return None
    return Bar(symbol=str(row["symbol"]), period=period, ts_utc=shanghai(ts.date(), ts.time()),
               open_cny=prices[0], high_cny=prices[1], low_cny=prices[2], close_cny=prices[3],
               volume_shares=int(str(row["volume"])))
