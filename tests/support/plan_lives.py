"""A random life of plans: walks of the market, gaps, refusals, lost answers, kills, restarts.

After every step the promises are looked at: what was ever sent for a plan stays within its
shares, what filled stays within what was sent, no key is used twice, and the ledger rebuilds.
"""

import random
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from core.desk_types import Plan, PlanKind
from core.exceptions import DataError, OrderError
from core.rules import to_shanghai
from core.types import KillLevel, Order, OrderSide, OrderStatus
from tests.support.desk import MAIN
from tests.support.plan_desks import PlanTable, a_curve

STEPS = 60
_SELL = OrderSide.SELL
WISHES: tuple[tuple[PlanKind, dict[str, Any]], ...] = (
    (PlanKind.TWAP, {"end": "11:20", "every_s": 30}),
    (PlanKind.VWAP, {"end": "11:20", "every_s": 30}),
    (PlanKind.POV, {"end": "14:00", "rate_pct": "20", "every_s": 30}),
    (PlanKind.ICEBERG, {"limit": "10.00", "show_shares": 300}),
    (PlanKind.STOP, {"trigger": "9.95", "side": _SELL}),
    (PlanKind.TAKE_PROFIT, {"trigger": "10.05", "side": _SELL}),
    (PlanKind.TRAILING, {"distance_pct": "0.5", "side": _SELL}),
    (PlanKind.OCO, {"stop": "9.90", "take": "10.10", "side": _SELL}),
    (PlanKind.BRACKET, {"entry": "10.00", "stop": "9.90", "take": "10.10"}),
    (PlanKind.GRID, {"low": "9.80", "high": "10.20", "lines": "9", "step_shares": "100"}),
    (PlanKind.STAGED, {"limit": "10.00", "at": "continuous"}),
    (PlanKind.BEST, {"limit": "10.20", "urgency": "high"}),
    (PlanKind.LIMIT_BREAK, {}),
)


class Life:
    """One seeded run; `sent` counts orders that left."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._price, self._volume = Decimal("10.00"), 1_000_000
        self.table = PlanTable(curve=a_curve())
        self.table.desk.hold(3_000)
        self._spoil_broker()
        self.plans: list[Plan] = []
        self.sent = self.filled = 0

    def run(self) -> None:
        for kind, params in self._random.sample(WISHES, 5):
            self.plans.append(self.table.place(kind, 1_000, **params))
        for _ in range(STEPS):
            self._step()
            self._look()
        orders = self.table.desk.session.book.orders.values()
        self.sent = sum(1 for o in orders if o.request.plan_id)
        self.filled = sum(o.filled_shares for o in orders if o.request.plan_id)

    def _step(self) -> None:
        chance = self._random.random()
        acts: tuple[tuple[float, Callable[[], None]], ...] = (
            (0.80, self._market), (0.88, self._restart), (0.91, self._gap), (0.94, self._cancel),
            (0.96, self._kill), (0.98, self._next_day), (1.0, self._stop))
        next(act for upto, act in acts if chance <= upto)()

    def _market(self) -> None:
        self._price += Decimal(self._random.randint(-4, 4)) / 100
        self._price = min(Decimal("11.00"), max(Decimal("9.00"), self._price))
        self._volume += self._random.randint(0, 50_000)
        empty = self._random.random()
        book = {str(self._price): self._random.choice((100, 300, 5_000))}
        self.table.pass_s(self._random.choice((1, 3, 20, 60)), str(self._price),
                          volume_shares=self._volume, bids={} if empty < 0.05 else book,
                          asks={} if empty > 0.95 else book)

    def _restart(self) -> None:
        self.table = self.table.again()
        self._spoil_broker()
        self._market()

    def _gap(self) -> None:
        now = self.table.desk.clock.now_utc() + timedelta(minutes=self._random.randint(4, 90))
        if to_shanghai(now).time() < time(15, 20):
            self.table.desk.clock.move_to(now)
        self._market()

    def _next_day(self) -> None:
        calendar = self.table.desk.parts.calendar
        self.table.desk.to(calendar.next_session(self.table.desk.session.day), time(9, 31))
        self._volume = 0
        self._market()

    def _cancel(self) -> None:
        for order in self.table.desk.session.book.open_orders()[:1]:
            try:
                self.table.desk.session.cancel(order.order_id)
            except OrderError:
                continue

    def _kill(self) -> None:
        session = self.table.desk.session
        level = self._random.choice((KillLevel.NONE, KillLevel.PAUSE, KillLevel.NONE))
        if level is not session.book.kill_level:
            session.set_kill(level, "a test")

    def _stop(self) -> None:
        self.table.plans.stop(self._random.choice(self.plans).plan_id, "a test")

    def _spoil_broker(self) -> None:
        """Now and then an order is refused, or the answer is lost though it was taken."""
        broker = self.table.desk.broker
        place, dice = broker.place, random.Random(self._random.random())

        def spoiled(order: Order) -> str:
            chance = dice.random()
            if chance < 0.05:
                raise OrderError("refused", why="a test", remedy="none")
            broker_id = place(order)
            if chance > 0.97:
                raise DataError("the answer is lost", why="a test", remedy="none")
            return broker_id

        broker.place = spoiled          # type: ignore[method-assign]

    def _look(self) -> None:
        book = self.table.desk.session.book
        children: dict[int, list[Order]] = {}
        for order in book.orders.values():
            if order.request.plan_id:
                children.setdefault(order.request.plan_id, []).append(order)
        for live in self.table.plans._live.values():
            mine = children.pop(live.row.plan_id, [])
            never = (OrderStatus.DENIED, OrderStatus.NOT_SENT)
            sent = sum(o.request.shares for o in mine if o.status not in never)
            filled = sum(o.filled_shares for o in mine)
            keys = [o.request.key for o in mine]
            assert sent <= live.row.shares, (live.row, mine)
            assert filled <= sent
            assert len(set(keys)) == len(keys)
        assert not children, "an order of a plan that nobody knows"
        assert book.position(MAIN).held_shares >= 0
