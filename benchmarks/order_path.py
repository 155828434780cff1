"""How long the order path takes: a big order list, single orders, and the ledger's commits.

    python benchmarks/order_path.py [--data DAILY.parquet] [--orders 10000] [--repeat 3]

Without --data the bars are made here, seeded. Prints CPU seconds, the machine and the spread.
"""

import argparse
import platform
import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.money import from_float
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.types import (
    BarTable,
    Level,
    Order,
    OrderLine,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Period,
    Quote,
)
from data.canonical import read_bars
from data.order_store import SqliteOrderStore
from trading.backtest import OPEN, BacktestInput, run_order_list
from trading.bookkeeper import Bookkeeper
from trading.daily_bars import DailyBars
from trading.day_rows import DayRows
from trading.matching import FillPolicy
from trading.memory_store import MemoryOrderStore
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession, simulator


def made_bars(symbols: int, sessions: int, seed: int) -> BarTable:
    """A random walk on the tick grid, within 10 % a day."""
    rng = np.random.default_rng(seed)
    calendar = exchange_calendar()
    days = calendar.sessions(date(2015, 1, 5), date(2025, 3, 31))[:sessions]
    names = tuple(f"{600000 + at}.SH" for at in range(symbols))
    steps = rng.normal(0, 0.02, (symbols, len(days))).clip(-0.08, 0.08)
    close = np.round(20 * np.exp(np.cumsum(steps, axis=1)), 2).clip(1)
    before = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
    opens = np.round(before * (1 + rng.normal(0, 0.005, close.shape).clip(-0.02, 0.02)), 2)
    high = np.round(np.maximum(opens, close) * 1.01, 2)
    low = np.round(np.minimum(opens, close) * 0.99, 2)
    rows = symbols * len(days)
    ts = np.array([(day - date(1970, 1, 1)).days * 86_400 for day in days], dtype=np.int64)
    unknown = np.full(rows, np.nan)
    flags = np.zeros(rows, dtype=np.int8)
    volume = np.round(rng.uniform(1e4, 1e7, rows) / 100) * 100
    return BarTable(
        symbols=names, starts=np.arange(symbols + 1, dtype=np.int64) * len(days),
        period=Period.DAY, ts_s=np.tile(ts, symbols), open_cny=opens.ravel(),
        high_cny=high.ravel(), low_cny=low.ravel(), close_cny=close.ravel(),
        volume_shares=volume, amount_cny=unknown, prev_close_cny=before.ravel(),
        adj_factor=np.ones(rows), limit_up_cny=unknown, limit_down_cny=unknown, is_st=flags,
        suspended=flags)


def random_orders(bars: BarTable, count: int, seed: int) -> list[OrderLine]:
    """Orders near the previous close, both sides, most of them possible."""
    rng = random.Random(seed)
    rows = sorted(rng.randrange(len(bars)) for _ in range(count))
    owners = np.searchsorted(bars.starts, rows, side="right") - 1
    found = []
    for row, owner in zip(rows, owners.tolist(), strict=True):
        day = date(1970, 1, 1) + timedelta(days=int(bars.ts_s[row]) // 86_400)
        around = from_float(float(bars.open_cny[row]) * rng.uniform(0.96, 1.04),
                            grain=Decimal("0.01"))
        market = rng.random() < 0.2
        found.append((day, OrderLine(
            line=0, ts=day.isoformat(), day=day, symbol=bars.symbols[owner],
            side=rng.choice([OrderSide.BUY, OrderSide.BUY, OrderSide.SELL]),
            shares=100 * rng.randrange(1, 20), tag="",
            type=OrderType.MARKET if market else OrderType.LIMIT,
            limit_cny=None if market else around)))
    return [line for _, line in sorted(found, key=lambda pair: pair[0])]


def order_list(bars: BarTable, count: int, repeat: int) -> None:
    trading = TradingSettings(initial_cash_cny=Decimal("50000000.00"))
    orders, seconds = random_orders(bars, count, 1), []
    for _ in range(repeat):
        start = time.process_time()
        result = run_order_list(BacktestInput(bars=bars, trading=trading), orders)
        seconds.append(time.process_time() - start)
    figures = result.figures(elapsed_ms=round(1000 * min(seconds)))
    print(f"order list: {count} orders, {len(bars):,} bars, {len(bars.symbols)} symbols: "
          f"CPU median {statistics.median(seconds):.2f} s, best {min(seconds):.2f}, "
          f"worst {max(seconds):.2f}")
    print(f"  fills {figures['fills']}, refused {figures['refused']}, journal entries "
          f"{result.journal_seq}, final equity {result.final_equity_cny}, "
          f"ledger_hash {figures['ledger_hash'][:16]}")


def single_orders(bars: BarTable, folder: Path, repeat: int) -> None:
    """submit() to durable, on each store; then opening that ledger again."""
    calendar = exchange_calendar()
    market = DailyBars(bars, calendar)
    symbol, day = bars.symbols[0], calendar.next_session(market.first)
    price = market.bar(symbol, day)
    if price is None:
        return
    for name in ("memory", "sqlite"):
        clock = SimClock(shanghai(day, OPEN))
        store = MemoryOrderStore() if name == "memory" else SqliteOrderStore(folder / "ledger.db")
        rules, broker = simulator(clock=clock, calendar=calendar, reference=market,
                                  policy=FillPolicy())
        session = TradingSession(SessionParts(
            clock=clock, calendar=calendar, rules=rules, broker=broker, store=store,
            trading=TradingSettings(initial_cash_cny=Decimal("90000000.00")),
            risk=RiskSettings(), profile=RiskProfile.EXCHANGE))
        took = []
        for _ in range(100 * repeat):
            start = time.perf_counter()
            session.submit(OrderRequest(
                symbol=symbol, side=OrderSide.BUY, shares=100, limit_cny=price.open_cny,
                created_utc=clock.now_utc()))
            took.append(1000 * (time.perf_counter() - start))
        took.sort()
        start = time.perf_counter()
        entries = Bookkeeper(store, clock).seq
        reading = time.perf_counter() - start
        print(f"submit on {name}: median {took[len(took) // 2]:.3f} ms, "
              f"p99 {took[int(len(took) * 0.99)]:.3f} ms (4 entries); "
              f"restart from {entries} entries {reading:.3f} s")
        store.close()


def many_open_orders(counts: tuple[int, ...] = (50, 500, 5_000)) -> None:
    """One quote of a symbol with very many open orders that it does not reach."""
    calendar, day = exchange_calendar(), date(2024, 3, 5)
    market = DailyBars(made_bars(1, 2_300, 1), calendar)
    symbol, reference = "600000.SH", market.day_facts("600000.SH", day)
    if reference is None or reference.reference_cny is None:
        return
    middle, tick, took = reference.reference_cny, Decimal("0.01"), {}
    for count in counts:
        clock = SimClock(shanghai(day, OPEN))
        _, broker = simulator(clock=clock, calendar=calendar, reference=market,
                              policy=FillPolicy())
        for number in range(1, count + 1):
            request = OrderRequest(
                symbol=symbol, side=OrderSide.BUY, shares=100, created_utc=clock.now_utc(),
                limit_cny=middle - tick * (20 + number % 80))
            broker.place(Order(order_id=number, request=request, trading_day=day,
                               status=OrderStatus.SENDING))
        quote = Quote(
            symbol=symbol, ts_utc=clock.now_utc(), last_cny=middle, prev_close_cny=middle,
            bids=tuple(Level(middle - n * tick, 900) for n in range(1, 6)),
            asks=tuple(Level(middle + n * tick, 900) for n in range(5)))
        broker.on_quotes([quote])               # all of them come to rest here
        start = time.perf_counter()
        for number in range(1, 1_001):
            broker.on_quotes([replace(quote, volume_shares=100 * number)])
        took[count] = 1_000 * (time.perf_counter() - start)
    print("a quote beside open orders it does not reach: " + ", ".join(
        f"{count:,} orders {micro:.0f} us" for count, micro in took.items()))


def snapshots_of_a_day(orders: int = 100_000) -> None:
    """What one published snapshot costs as the day's list of orders grows."""
    rows, step = DayRows[int](), orders // 10
    costs = []
    for number in range(orders):
        rows.put(date(2024, 3, 4), number, number)
        if (number + 1) % step == 0:
            start = time.perf_counter()
            for again in range(100):
                rows.put(date(2024, 3, 4), number - again, again)
                rows.of(date(2024, 3, 4))
            costs.append(1e4 * (time.perf_counter() - start))
    print(f"a snapshot after a change, {step:,} to {orders:,} orders a day: "
          f"first {costs[0]:.1f} us, last {costs[-1]:.1f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    bars = read_bars(chosen.data) if chosen.data else made_bars(617, 2489, 1)
    order_list(bars, chosen.orders, chosen.repeat)
    with tempfile.TemporaryDirectory() as folder:
        single_orders(bars, Path(folder), chosen.repeat)
    many_open_orders()
    snapshots_of_a_day()


if __name__ == "__main__":
    main()
