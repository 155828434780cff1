"""Parent orders as pure functions: what holds a slice back."""

from datetime import time

from core.desk_types import PlanKind, PlanStatus
from core.types import OrderSide
from tests.support.plan_desks import PlanTable


def test_a_parent_sealed_at_the_upper_limit_says_it_is_stuck() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 1_000, end="11:00")
    table.quote("11.00", asks={})

    assert table.children(plan) == []
    assert "nobody sells at the upper limit" in table.text(plan)


def test_a_parent_waits_for_its_start() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.TWAP, 1_000, start="10:30", end="11:00")
    table.quote()
    assert table.status(plan) is PlanStatus.WAITING
    assert "10:30" in table.text(plan)
    table.until(time(10, 36))
    assert table.children(plan) != []


def test_a_selling_parent_sends_the_odd_rest_with_the_last_lot() -> None:
    table = PlanTable()
    table.desk.hold(300)
    plan = table.place(PlanKind.TWAP, 300, side=OrderSide.SELL, end="10:03", every_s=60)
    table.until(time(10, 4))

    assert table.now(plan).filled_shares == 300


def test_at_its_end_what_rests_is_cancelled() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.ICEBERG, 300, limit="9.50", show_shares=100, end="10:05")
    table.until(time(10, 6))

    assert table.status(plan) is PlanStatus.DONE
    assert "0 of 300 shares are filled; 200 were not sent" in table.text(plan)
