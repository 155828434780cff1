"""Plans under the house's whole pre-trade catalogue, with default settings, on generated days."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path

import main
from core.desk_types import Plan, PlanKind, PlanSpec, PlanStatus
from core.types import KillLevel, Order, OrderSide, OrderStatus
from tests.support.desks import Trader, desk_by_hand, home_in

FEN = Decimal("0.01")


class Planner(Trader):
    """A trader who leaves the work to plans."""

    def __init__(self, desk: main.Desk) -> None:
        super().__init__(desk)
        assert desk.services.plans is not None
        self._plans = desk.services.plans

    def liquid(self, count: int) -> list[str]:
        """Main-board stocks that trade with both sides of their books filled."""
        self.play_until("09:46")
        return [symbol for symbol, quote in self.quotes.items()
                if symbol[:2] in ("60", "00") and quote.bids and quote.asks][:count]

    def off(self, symbol: str, ratio: str) -> str:
        """The newest price times a ratio, on the tick."""
        last_cny = self.quotes[symbol].last_cny
        assert last_cny is not None
        return str((last_cny * Decimal(ratio)).quantize(FEN))

    def place(
        self, kind: PlanKind, symbol: str, shares: int, side: OrderSide = OrderSide.BUY,
        **params: str | int,
    ) -> int:
        asked = self._plans.place(PlanSpec(
            kind=kind, symbol=symbol, side=side, shares=shares,
            params={name: str(value) for name, value in params.items()}))
        self._desk.engine.drain()
        return asked.result().plan_id

    def plan(self, plan_id: int) -> Plan:
        return next(each for each in self._plans.plans() if each.plan_id == plan_id)

    def exits_of(self, symbol: str) -> Plan:
        (found,) = [each for each in self._plans.plans()
                    if each.spec.kind is PlanKind.OCO and each.spec.symbol == symbol]
        return found

    def children(self, plan_id: int) -> list[Order]:
        return [order for order in self._desk.ledger.load().orders
                if order.request.plan_id == plan_id]

    def next_morning(self) -> None:
        """Skip the rest of the day; yesterday's purchases may be sold then."""
        days = self._desk.replay.state().days
        self._desk.replay.choose_day(days[days.index(self._desk.replay.state().day) + 1])
        self.play_until("09:36")


def test_plans_work_from_placement_to_done_under_the_catalogue_of_the_house(
    tmp_path: Path,
) -> None:
    with closing(desk_by_hand(home_in(tmp_path))) as desk:
        trader = Planner(desk)
        first, second, third, fourth = trader.liquid(4)
        bought = trader.order(OrderSide.BUY, fourth, 300)
        twap = trader.place(PlanKind.TWAP, first, 2_000, end="10:00")
        bracket = trader.place(
            PlanKind.BRACKET, second, 500, entry=trader.off(second, "1.002"),
            stop=trader.off(second, "0.995"), take=trader.off(second, "1.004"))
        grid = trader.place(
            PlanKind.GRID, third, 600, low=trader.off(third, "0.99"),
            high=trader.off(third, "1.01"), lines=21, step_shares=100)
        iceberg = trader.place(PlanKind.ICEBERG, fourth, 500, show_shares=100,
                               limit=trader.off(fourth, "1.01"))
        trader.play_until("10:05")

        assert trader.status_of(bought) is OrderStatus.FILLED
        assert trader.plan(twap).status is PlanStatus.DONE
        assert trader.plan(twap).filled_shares == 2_000
        assert trader.plan(iceberg).status is PlanStatus.DONE
        assert trader.plan(iceberg).filled_shares == 500
        assert trader.plan(bracket).status is PlanStatus.DONE
        assert trader.plan(bracket).filled_shares == 500
        assert trader.plan(grid).status is PlanStatus.WORKING
        assert trader.plan(grid).filled_shares > 0

        trader.next_morning()
        stop = trader.place(PlanKind.STOP, first, 2_000, OrderSide.SELL,
                            trigger=trader.off(first, "0.999"))
        trader.play_until("11:00")

        assert trader.exits_of(second).status is PlanStatus.DONE
        assert trader.plan(stop).status is PlanStatus.DONE
        assert trader.plan(stop).filled_shares == 2_000
        assert OrderSide.SELL in {order.request.side for order in trader.children(grid)}
        assert trader.snapshot().kill_level is KillLevel.NONE


def test_what_a_plan_or_a_holding_needs_is_quoted_in_full_also_after_a_restart(
    tmp_path: Path,
) -> None:
    home = home_in(tmp_path)
    with closing(desk_by_hand(home)) as desk:
        trader = Planner(desk)
        trader.liquid(1)
        slow = sorted(set(trader.quotes) - set(desk.replay._symbols))[0]
        trader.place(PlanKind.STOP, slow, 100, OrderSide.SELL, trigger="0.5")
        assert slow in desk.replay._symbols
        trader.play_until("09:50")
    with closing(desk_by_hand(home)) as desk:
        assert slow in desk.replay._symbols
