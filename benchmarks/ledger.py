"""What the ledger costs: accept, group commit, recovery.

    python benchmarks/ledger.py [--folder DIR] [--orders N] [--events N] [--rows N]

Each figure stands beside its yardstick of the same run: a raw append with fdatasync, made in
turn with the commits so that a busy disk hits both. Run it on the disk that holds the ledger.
"""

import argparse
import hashlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import apsw

from benchmarks.order_path import made_bars
from core.calendar import exchange_calendar
from core.clock import SimClock
from core.rules import shanghai
from core.settings_types import RiskSettings, TradingSettings
from core.types import Fees, OrderRequest, OrderSide
from data.order_store import SqliteOrderStore
from trading.backtest import OPEN
from trading.bookkeeper import Bookkeeper
from trading.daily_bars import DailyBars
from trading.ledger import rebuild_book
from trading.matching import FillPolicy
from trading.projection_bytes import projection_bytes
from trading.records import Entry, Payload, fees_to, request_to
from trading.risk_checks import RiskProfile
from trading.session import SessionParts, TradingSession, simulator
from trading.standing import standing_of
from utils.signing import file_signer

RAW_BYTES = 700                    # what an intent takes in the journal
DAY = date(2024, 3, 4)
GROUP = 500
EPOCH_CASH = Decimal("900000000.00")
_NOW = time.perf_counter


def percentile(sorted_s: list[float], share: float) -> float:
    return sorted_s[min(len(sorted_s) - 1, int(len(sorted_s) * share))]


@dataclass
class Accept:
    """From the order to its durable intent, and raw appends in between."""

    began: float = 0.0
    took_s: list[float] = field(default_factory=list)
    raw_s: list[float] = field(default_factory=list)

    def crash_point(self, name: str) -> None:
        if name == "after_intent":
            self.took_s.append(_NOW() - self.began)

    def raw(self, descriptor: int) -> None:
        start = _NOW()
        os.write(descriptor, b"x" * RAW_BYTES)
        getattr(os, "fdatasync", os.fsync)(descriptor)
        self.raw_s.append(_NOW() - start)

    def line(self) -> str:
        took, raw = sorted(self.took_s), sorted(self.raw_s)
        parts = []
        for name, share, goal in (("p50", 0.5, 1.3), ("p99", 0.99, 2.0)):
            ours, bare = percentile(took, share), percentile(raw, share)
            parts.append(f"{name} {ours * 1e3:.3f} ms, raw {bare * 1e3:.3f}, "
                         f"ratio {ours / bare:.2f} (goal {goal})")
        return "; ".join(parts)


def accept(folder: Path, orders: int) -> None:
    calendar, bars, timed = exchange_calendar(), made_bars(1, 30, 1), Accept()
    market = DailyBars(bars, calendar)
    symbol, day = bars.symbols[0], calendar.next_session(market.first)
    price = market.bar(symbol, day)
    assert price is not None
    clock = SimClock(shanghai(day, OPEN))
    rules, broker = simulator(clock=clock, calendar=calendar, reference=market,
                              policy=FillPolicy())
    raw = os.open(folder / "raw.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with closing(SqliteOrderStore(folder / "accept.db")) as store:
        session = TradingSession(SessionParts(
            clock=clock, calendar=calendar, rules=rules, broker=broker, store=store,
            trading=TradingSettings(initial_cash_cny=EPOCH_CASH), risk=RiskSettings(),
            profile=RiskProfile.EXCHANGE, crash_point=timed.crash_point))
        for number in range(orders):
            timed.began = _NOW()
            session.submit(OrderRequest(
                symbol=symbol, side=OrderSide.BUY, shares=100, limit_cny=price.low_cny,
                created_utc=clock.now_utc()))
            timed.raw(raw)
            if number % 20 == 19:
                session.cancel_all()
    os.close(raw)
    print(f"durable accept, {orders} orders: {timed.line()}")


def group_commit(folder: Path, events: int) -> None:
    """A made journal of plain entries, and of whole order lives, in groups."""
    signer = file_signer(folder / "key")
    for name, sign, goal in (("unsigned", None, 30_000), ("signed", signer.sign, 10_000)):
        with closing(SqliteOrderStore(folder / f"{name}.db")) as store:
            books = _opened(store, sign)
            payload = {"why": "a signal of ma_cross was left alone", "key": "600519.SH"}
            start = _NOW()
            for first in range(0, events, GROUP):
                with books.group():
                    for _ in range(first, min(first + GROUP, events)):
                        books.record(Entry.DECISION, payload)
            rate = events / (_NOW() - start)
        print(f"group commit, {name}, {GROUP} entries each: {rate:,.0f} events/s (goal {goal:,})")


def _opened(store: SqliteOrderStore,
            sign: Callable[[str], str] | None = None, clock: SimClock | None = None) -> Bookkeeper:
    books = Bookkeeper(store, clock or SimClock(shanghai(DAY, OPEN)), sign=sign)
    books.record(Entry.ACCOUNT_OPENED, {"account_id": "main", "cash_e4": 10**15}, day=DAY)
    return books


def life(number: int, decisions: int, moment: datetime) -> list[tuple[Entry, Payload]]:
    """An order from its intent to its fill, with what was decided on the way."""
    request = request_to(OrderRequest(
        symbol=f"{600000 + number % 300}.SH", side=OrderSide.BUY, shares=100,
        limit_cny=Decimal("10.00"), created_utc=moment, key=f"k{number}"))
    return [
        (Entry.ORDER_INTENT, {"order_id": number, "request": request, "reserved_e4": 10_050_000,
                              "judged": {}}),
        (Entry.ORDER_SENDING, {"order_id": number}),
        (Entry.ORDER_SENT, {"order_id": number, "broker_id": f"b{number}"}),
        (Entry.REPORT, {"order_id": number, "report": "ACK", "broker_id": f"b{number}",
                        "text": ""}),
        (Entry.FILL, {"order_id": number, "broker": "simulator", "broker_id": f"b{number}",
                      "trade_id": f"t{number}", "shares": 100, "price_e4": 100_000,
                      "fees": fees_to(Fees(commission_cny=Decimal("5.00"))), "t0": False,
                      "reserved_e4": 0}),
        *[(Entry.DECISION, {"why": "nothing to do", "key": str(number)})] * decisions]


def make_ledger(path: Path, rows: int, per_order: int = 10, daily: int = 400) -> float:
    """Write `rows` entries over many days, one order in `per_order`; events a second.

    As a desk that ended in the middle of its last day: its newest checkpoint lies before it.
    """
    orders, calendar = rows // per_order, exchange_calendar()
    days = calendar.sessions(DAY, date(2026, 12, 31))[:orders // daily + 1]
    clock = SimClock(shanghai(DAY, OPEN))
    with closing(SqliteOrderStore(path)) as store:
        store._db.execute("PRAGMA synchronous = OFF")       # made, not traded
        books = _opened(store, clock=clock)
        start = _NOW()
        for at, day in enumerate(days):
            clock.move_to(shanghai(day, OPEN))
            if day != DAY:
                books.record(Entry.DAY_OPENED, {"day": day.isoformat(), "write_offs": [],
                                                "credits": []}, day=day)
            if day == days[-1]:
                books.checkpoint()
            for number in range(at * daily + 1, min(orders, (at + 1) * daily) + 1):
                with books.group():
                    for kind, payload in life(number, per_order - 5, clock.now_utc()):
                        books.record(kind, payload)
        return rows / (_NOW() - start)


def recovery(folder: Path, rows: int) -> None:
    path = folder / "long.db"
    rate, clock = make_ledger(path, rows), SimClock(shanghai(date(2026, 12, 31), OPEN))
    with closing(SqliteOrderStore(path)) as store:
        start = _NOW()
        standing_of(store)
        books = Bookkeeper(store, clock)
        took = _NOW() - start
        start = _NOW()
        whole, _ = rebuild_book(store.entries())
        rebuilt = _NOW() - start
        same = projection_bytes(books.book.projections()) == projection_bytes(
            whole.projections()) == projection_bytes(store.load())
    print(f"recovery of {books.seq:,} entries with {len(whole.orders):,} orders "
          f"({path.stat().st_size / 2**20:,.0f} MiB): {took:.2f} s (goal 5 for 1,000,000 with "
          f"100,000); the whole rebuild {rebuilt:.1f} s; projections identical: {same}; made at "
          f"{rate:,.0f} events/s")


def yardstick() -> None:
    start = _NOW()
    for number in range(200_000):
        hashlib.sha256(str(number).encode()).hexdigest()
    print(f"this machine: {200_000 / (_NOW() - start) / 1e6:.2f} M SHA-256/s, "
          f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, "
          f"SQLite {apsw.sqlite_lib_version()}, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--orders", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        yardstick()
        accept(Path(name), given.orders)
        group_commit(Path(name), given.events)
        recovery(Path(name), given.rows)


if __name__ == "__main__":
    main()
