"""How long the risk gate takes to judge one order, with 300 positions and 1,000 open orders.

    python benchmarks/risk_gate.py [--positions 300] [--open 1000] [--orders 5000]

The whole catalogue of the house runs for every order; between two orders a quote of a held
instrument arrives, so nothing that was worked out for the order before can simply be used again.
"""

import argparse
import platform
import random
import sys
import time
from datetime import date, timedelta
from datetime import time as wall_time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from core.calendar import exchange_calendar
from core.clock import SimClock
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.symbols import parse_instrument
from core.types import (
    DayFacts,
    Instrument,
    Level,
    OrderRequest,
    OrderSide,
    Quote,
)
from trading.matching import FillPolicy
from trading.memory_store import MemoryOrderStore
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession, simulator
from trading.surroundings import Surroundings
from trading.var import SESSIONS

DAY1, DAY2, OPEN = date(2024, 3, 4), date(2024, 3, 5), wall_time(10)
PRICE, AWAY, SHARES = Decimal("10.00"), Decimal("0.01"), 100
MS = 1_000
INDUSTRIES = 20


class Market:
    """Main-board instruments that all cost ten yuan."""

    def __init__(self, count: int) -> None:
        self.symbols = [f"{600000 + n}.SH" for n in range(count)]
        self._known = {symbol: parse_instrument(symbol) for symbol in self.symbols}

    def instrument(self, symbol: str) -> Instrument | None:
        return self._known.get(symbol)

    def day_facts(self, symbol: str, day: date) -> DayFacts | None:
        return DayFacts(instrument=self._known[symbol], day=day, reference_cny=PRICE)


def surroundings(market: Market) -> Surroundings:
    past = np.random.default_rng(1).normal(0, 0.02, (len(market.symbols), SESSIONS))
    rows = dict(zip(market.symbols, past, strict=True))
    industry = {symbol: str(at % INDUSTRIES) for at, symbol in enumerate(market.symbols)}
    return Surroundings(
        free_disk_bytes=lambda: 10**12, clock_skew_s=lambda: Decimal(0),
        drift_tripped=lambda _source: False, restricted=frozenset,
        average_volume=lambda _symbol, _day: 10**9,
        returns=lambda symbol, _day: rows[symbol], industry=industry.__getitem__)


def desk(positions: int, open_orders: int) -> tuple[TradingSession, SimClock, Market]:
    """Bought yesterday, ordered today: as the ledger has it, through the ordinary path."""
    market, clock = Market(positions), SimClock(shanghai(DAY1, OPEN))
    rules, broker = simulator(clock=clock, calendar=exchange_calendar(), reference=market,
                              policy=FillPolicy())
    wide = RiskSettings(
        max_names=5_000, orders_per_day=5_000, orders_per_minute=3_000, orders_per_second=50)
    session = TradingSession(SessionParts(
        clock=clock, calendar=exchange_calendar(), rules=rules, broker=broker,
        store=MemoryOrderStore(), risk=wide, profile=RiskProfile.HOUSE,
        trading=TradingSettings(initial_cash_cny=Decimal("90000000.00")),
        surroundings=surroundings(market)))
    for symbol in market.symbols:
        quoted(session, clock, symbol)
        enter(session, clock, symbol, PRICE + AWAY)
        quoted(session, clock, symbol)                      # meets the best ask
    clock.move_to(shanghai(DAY2, OPEN))
    session.advance(clock.now_utc())
    for symbol in market.symbols:
        quoted(session, clock, symbol)
    for at in range(open_orders):
        symbol = market.symbols[at % positions]
        quoted(session, clock, symbol)
        enter(session, clock, symbol, PRICE - Decimal(at // positions + 1) / 100)
    return session, clock, market


def quoted(session: TradingSession, clock: SimClock, symbol: str) -> None:
    """Time passes, a quote comes."""
    clock.move_to(clock.now_utc() + timedelta(milliseconds=200))
    session.on_quotes([Quote(
        symbol=symbol, ts_utc=clock.now_utc(), last_cny=PRICE, prev_close_cny=PRICE,
        volume_shares=10**8, bids=(Level(PRICE - AWAY, 1_000),),
        asks=(Level(PRICE + AWAY, 1_000),))])


def enter(session: TradingSession, clock: SimClock, symbol: str, price: Decimal) -> None:
    session.submit(asked(clock, symbol, price))


def asked(clock: SimClock, symbol: str, price: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=symbol, side=OrderSide.BUY, shares=SHARES, limit_cny=price, source="ma_cross",
        created_utc=clock.now_utc())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=300)
    parser.add_argument("--open", type=int, default=1_000)
    parser.add_argument("--orders", type=int, default=5_000)
    chosen = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    session, clock, market = desk(chosen.positions, chosen.open)
    held, waiting = len(session.holdings()), len(session.book.open_ids)
    dice, refused = random.Random(1), 0
    took: list[float] = []
    busy: list[float] = []
    for _ in range(chosen.orders):
        symbol = dice.choice(market.symbols)
        quoted(session, clock, symbol)
        request = asked(clock, symbol, PRICE)
        start, start_cpu = time.perf_counter(), time.thread_time()
        _, reasons = session._risk.judge(request, session.book)
        took.append(MS * (time.perf_counter() - start))
        busy.append(MS * (time.thread_time() - start_cpu))
        refused += bool(reasons)
    print(f"{held} positions, {waiting} open orders, {chosen.orders} orders judged, "
          f"{refused} refused")
    for name, found in (("wall", sorted(took)), ("CPU of the thread", sorted(busy))):
        print(f"risk gate, {name}: median {found[len(found) // 2]:.3f} ms, "
              f"p99 {found[len(found) * 99 // 100]:.3f} ms, worst {found[-1]:.3f} ms "
              f"(aim: p99 under 0.5)")


if __name__ == "__main__":
    main()
