"""Refusals that pass by themselves end no plan; a size that is too large becomes smaller ones."""

from datetime import time
from decimal import Decimal
from typing import Any

import pytest

from core.desk_types import PlanKind, PlanStatus
from core.settings_types import RiskSettings
from core.types import OrderSide, OrderStatus, Quote, Refusal
from tests.support.desk import DAY2, MAIN, calm
from tests.support.plan_desks import PlanTable
from trading.plan_refusals import PASSING, is_passing, most_shares
from trading.plans import REFUSED_IN_A_ROW
from trading.risk_checks import CATALOGUE, RiskProfile

NINE: dict[str, Any] = {"bids": {"9.98": 100_000}, "asks": {"9.99": 100_000}}


def a_refusal(code: str, **numbers: str) -> Refusal:
    return Refusal(code=code, text=code, numbers=numbers)


class HouseTable(PlanTable):
    """A desk whose orders meet the whole catalogue, and whose book never crosses."""

    def __init__(self, **desk: Any) -> None:
        super().__init__(profile=RiskProfile.HOUSE, **desk)

    def a_quote(self, last: str, **changes: Any) -> Quote:
        below = str(Decimal(last) - Decimal("0.01"))
        return super().a_quote(last, **({"bids": {below: 100_000}} | changes))

    def hold(self, shares: int) -> None:
        """Bought on the first day; it is 09:40 of the next."""
        self.quote()
        self.desk.buy(shares)
        self.pass_s(3)
        assert self.desk.position(MAIN).held_shares == shares
        self.desk.to(DAY2, time(9, 40))


def refused_codes(table: PlanTable) -> set[str]:
    return {refusal.code for order in table.desk.session.book.orders.values()
            for refusal in order.refusals}


def test_every_code_that_passes_is_one_of_the_catalogue() -> None:
    assert {rule.code for rule in CATALOGUE} >= PASSING


@pytest.mark.parametrize(("refusals", "passes"), [
    ([], False), ([a_refusal("RATE")], True), ([a_refusal("RATE"), a_refusal("BURST")], True),
    ([a_refusal("RATE"), a_refusal("CASH")], False),
    ([a_refusal("STALE_QUOTE", missing="price")], False)])
def test_a_refusal_passes_only_if_every_reason_does(
    refusals: list[Refusal], passes: bool
) -> None:
    assert is_passing(refusals) is passes


def test_the_smallest_size_that_a_reason_names_counts() -> None:
    refusals = [a_refusal("RECENT_VOLUME", most="700"), a_refusal("VOLUME_SHARE", most="500"),
                a_refusal("ST_BUY_CAP", most="100")]

    assert most_shares(refusals) == 500
    assert most_shares([a_refusal("ST_BUY_CAP", most="100")]) is None


def test_a_bracket_survives_a_full_window_of_the_rate_limit() -> None:
    table = HouseTable(risk=RiskSettings(orders_per_second=1))
    table.quote()
    table.desk.buy(100)
    plan = table.place(PlanKind.BRACKET, 100, entry="10.01", stop="9.50", take="10.60")
    table.act()
    assert refused_codes(table) == {"RATE"}
    assert table.status(plan) is not PlanStatus.FAILED
    table.pass_s(4)
    early = len(table.children(plan))
    table.pass_s(2)
    table.pass_s(3)

    assert early == 1
    assert [order.status for order in table.children(plan)] == [
        OrderStatus.DENIED, OrderStatus.FILLED]


def test_a_passing_refusal_never_gives_up_and_is_asked_ever_more_rarely() -> None:
    table = HouseTable()
    table.quote()
    plan = table.place(PlanKind.TWAP, 10_000, end="14:50", every_s=5)
    table.until(time(11, 0), every_s=5, asks={"9.98": 100_000})         # a crossed book
    tries = len(table.children(plan))
    table.pass_s(160)

    assert REFUSED_IN_A_ROW < tries < 40
    assert table.status(plan) is PlanStatus.WORKING
    assert table.sent(plan) > 0


def test_slices_of_one_plan_are_no_repetition_but_the_same_order_by_hand_is() -> None:
    table = HouseTable()
    table.quote(asks={"10.00": 1_000_000})
    plan = table.place(PlanKind.ICEBERG, 300, limit="10.00", show_shares=100)
    for _ in range(6):
        table.pass_s(1, asks={"10.00": 1_000_000})
    by_hand = table.desk.session.submit(table.desk.request(100))

    assert table.status(plan) is PlanStatus.DONE
    assert refused_codes(table) == {"REPEATED"}
    assert [refusal.code for refusal in by_hand.refusals] == ["REPEATED"]


def test_a_stop_over_more_than_the_market_takes_at_once_sells_in_pieces() -> None:
    table = HouseTable(risk=RiskSettings(max_position_ratio=Decimal(1),
                                           max_sector_ratio=Decimal(1)),
                         surroundings=calm(average_volume=lambda _symbol, _day: 600_000))
    table.hold(20_000)
    table.quote(volume_shares=1_000)
    plan = table.place(PlanKind.STOP, 20_000, side=OrderSide.SELL, trigger="9.99")
    table.pass_s(30, "9.98", volume_shares=21_000, **NINE)
    assert refused_codes(table) == {"RECENT_VOLUME"}
    for step in range(60):
        table.pass_s(30, "9.98", volume_shares=21_000 + 3_000 * step, **NINE)

    assert table.desk.session.day == DAY2
    assert table.status(plan) is PlanStatus.DONE
    assert sum(order.filled_shares for order in table.children(plan)) == 20_000
    assert table.sent(plan) == 20_000
    assert table.desk.position(MAIN).held_shares == 0


def test_a_far_reach_stays_within_what_the_house_takes_for_a_slip() -> None:
    table = HouseTable()
    table.hold(1_000)
    table.quote()
    plan = table.place(PlanKind.STOP, 1_000, side=OrderSide.SELL, trigger="9.90", reach_pct="10")
    table.pass_s(5, "9.85", bids={"9.80": 100_000}, asks={"9.86": 100})
    table.pass_s(5, "9.80", bids={"9.80": 100_000}, asks={"9.86": 100})

    assert refused_codes(table) == set()
    assert table.status(plan) is PlanStatus.DONE
    (child,) = table.children(plan)
    assert child.request.limit_cny == Decimal("9.66")       # 9.85 less 2 %, up to the tick
