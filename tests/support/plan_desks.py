"""A desk with plans on it, and wishes for tests to place."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

from core.desk_types import Plan, PlanKind, PlanSpec, PlanStatus
from core.rules import shanghai
from core.types import Order, OrderSide, OrderStatus, Quote
from tests.support.desk import MAIN, Desk, a_quote
from trading.plan_desk import PlanRoom
from trading.plan_schedule import BUCKETS
from trading.plans import Plans


class PlanTable:
    """A desk whose session keeps plans. `again` is the same ledger after a restart."""

    def __init__(self, *, curve: list[int] | None = None, **desk: Any) -> None:
        self._known = curve
        self._desk_values = desk
        self.room = PlanRoom(lambda _symbol: self._known)
        self.desk = Desk(attendants=lambda session: (self.room.attend(session),), **desk)

    @property
    def plans(self) -> Plans:
        return self.room.plans

    def again(self) -> "PlanTable":
        values = {**self._desk_values, "store": self.desk.store, "day": self.desk.session.day,
                  "reference": self.desk.reference}
        fresh = PlanTable(curve=self._known, **values)
        fresh.desk.clock.move_to(max(self.desk.clock.now_utc(), fresh.desk.clock.now_utc()))
        return fresh

    def place(self, kind: PlanKind, shares: int = 1_000, **params: Any) -> Plan:
        side = params.pop("side", OrderSide.BUY)
        symbol, source = params.pop("symbol", MAIN), params.pop("source", "manual")
        return self.plans.place(PlanSpec(
            kind=kind, symbol=symbol, side=side, shares=shares, source=source,
            params={name: str(value) for name, value in params.items()}))

    def quote(self, last: str = "10.00", *, wall: time | None = None, **changes: Any) -> None:
        """Move to that time of the session's day, see a quote, and let everyone act."""
        if wall is not None:
            self.desk.to(self.desk.session.day, wall)
        self.see(self.a_quote(last, **changes))

    def a_quote(self, last: str, **changes: Any) -> Quote:
        values: dict[str, Any] = {
            "bids": {last: 100_000}, "asks": {last: 100_000}, "volume_shares": 1_000_000,
            "ts_utc": self.desk.clock.now_utc()}
        quote = a_quote(last=last, **(values | changes))
        return replace(quote, prev_close_cny=self.desk.reference.reference_cny[quote.symbol])

    def see(self, *quotes: Quote) -> None:
        self.desk.session.on_quotes(quotes)
        self.act()

    def act(self, times: int = 3) -> None:
        for _ in range(times):
            self.desk.session.act()

    def pass_s(self, seconds: int, last: str = "10.00", **changes: Any) -> None:
        """Let that many seconds go by, and see the market again."""
        self.desk.clock.move_to(self.desk.clock.now_utc() + timedelta(seconds=seconds))
        self.desk.session.advance(self.desk.clock.now_utc())
        self.quote(last, **changes)

    def until(self, wall: time, every_s: int = 30, last: str = "10.00", **changes: Any) -> None:
        """See the same market every so often until that time of the day."""
        while self.desk.clock.now_utc() < shanghai(self.desk.session.day, wall):
            self.pass_s(every_s, last, **changes)

    def now(self, plan: Plan) -> Plan:
        return next(each for each in self.all_plans() if each.plan_id == plan.plan_id)

    def all_plans(self) -> list[Plan]:
        return [live.row.plan() for live in self.plans._live.values()]

    def status(self, plan: Plan) -> PlanStatus:
        return self.now(plan).status

    def text(self, plan: Plan) -> str:
        return self.now(plan).text

    def children(self, plan: Plan) -> list[Order]:
        return [order for order in self.desk.session.book.orders.values()
                if order.request.plan_id == plan.plan_id]

    def sent(self, plan: Plan) -> int:
        never = (OrderStatus.DENIED, OrderStatus.NOT_SENT)
        return sum(order.request.shares for order in self.children(plan)
                   if order.status not in never)


def a_curve() -> list[int]:
    """Busy at the open and at the close, quiet in the middle."""
    return [1_000 + abs(BUCKETS // 2 - i) * 100 for i in range(BUCKETS)]
