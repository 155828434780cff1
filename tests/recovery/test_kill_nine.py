"""A trading process is killed at every named crash point and at random; nothing is lost."""

import json
import random
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.types import FINAL_STATUSES, OrderSide, OrderStatus
from data.order_store import SqliteOrderStore
from tests.support.desk import MAIN, Desk
from trading.journal import verify_chain
from trading.ledger import projection_bytes, rebuild
from trading.oms import CRASH_POINTS

ROOT = Path(__file__).parents[2]
LONG_S = 60
KILLED = -9


@dataclass
class Drill:
    """One ledger, many lives; everything that any life promised."""

    ledger: Path
    promised: list[dict[str, Any]] = field(default_factory=list)

    def live(self, point: str, count: int, seed: int, *, lines: int | None = None) -> None:
        """One life, ended by itself at the point or from outside after so many promises."""
        command = [sys.executable, "-m", "tests.recovery.trading_child", str(self.ledger), point,
                   str(count), str(seed)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for number, line in enumerate(child.stdout, start=1):
                if line.endswith("\n"):
                    self.promised.append(json.loads(line))
                if lines is not None and number >= lines:
                    child.kill()
            assert child.wait(LONG_S) == KILLED

    def check(self) -> None:
        """What was promised is there, once; the tables equal the journal; the sums are right."""
        store = SqliteOrderStore(self.ledger)
        verify_chain(store)
        stored = store.load()
        assert projection_bytes(rebuild(store.entries())) == projection_bytes(stored)
        orders = {order.order_id: order for order in stored.orders}
        fills = {(fill.order_id, fill.trade_id): fill for fill in stored.fills}
        assert len(fills) == len(stored.fills)
        for promise in self.promised:
            if "fill" in promise:
                assert fills[promise["order"], promise["fill"]].shares == promise["shares"]
            elif "order" in promise:
                assert promise["order"] in orders
        assert stored.account is not None
        cash = stored.account.initial_cash_cny
        held = 0
        filled: Counter[int] = Counter()
        for fill in stored.fills:
            sign = 1 if fill.side is OrderSide.BUY else -1
            cash -= sign * fill.price_cny * fill.shares + fill.fees.total_cny
            held += sign * fill.shares
            filled[fill.order_id] += fill.shares
        assert stored.account.cash_cny == cash
        assert sum(position.held_shares for position in stored.positions) == held
        assert all(order.filled_shares == filled[n] for n, order in orders.items())
        store.close()

    def restart(self) -> None:
        """The next start settles everything, twice over the same."""
        store = SqliteOrderStore(self.ledger)
        day = next(iter(store.entries(store.head()[0] - 1))).trading_day
        first = Desk(store=store, day=day).session.snapshot()
        head = store.head()
        again = Desk(store=store, day=day).session.snapshot()
        assert (again, store.head()) == (first, head)
        statuses = {order.status for order in first.orders} - FINAL_STATUSES
        assert statuses <= {OrderStatus.LIVE, OrderStatus.PARTIAL}
        on_sale = sum(order.open_shares for order in first.orders
                      if order.request.side is OrderSide.SELL)
        assert on_sale == sum(p.on_sale_shares for p in first.positions if p.symbol == MAIN)
        reserved = [order for order in first.orders
                    if order.request.side is OrderSide.BUY and order.open_shares]
        assert (first.account.reserved_cny > 0) is bool(reserved)
        assert first.account.reserved_cny >= sum(
            (order.open_shares * (order.request.limit_cny or 0) for order in reserved), Decimal(0))
        store.close()


@pytest.fixture(name="drill")
def _drill(tmp_path: Path) -> Drill:
    return Drill(tmp_path / "ledger.db")


def test_a_kill_at_every_named_point_loses_and_doubles_nothing(drill: Drill) -> None:
    rng = random.Random(1)
    for point in CRASH_POINTS:
        drill.live(point, rng.randrange(1, 5), rng.randrange(10**6))
        drill.check()
        drill.restart()

    assert any("fill" in promise for promise in drill.promised)


def test_a_kill_at_any_moment_loses_and_doubles_nothing(drill: Drill) -> None:
    rng = random.Random(2)
    for _ in range(6):
        drill.live("never", 0, rng.randrange(10**6), lines=rng.randrange(1, 60))
        drill.check()
    drill.restart()

    assert sum("fill" in promise for promise in drill.promised) > 10
