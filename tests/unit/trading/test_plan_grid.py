"""The grid on a real session: lines, T+1, its cap, and a restart."""

from datetime import time
from decimal import Decimal

from core.desk_types import PlanKind
from core.types import OrderSide
from tests.support.desk import DAY2
from tests.support.plan_desks import PlanTable
from trading.plan_grid import grid_lines
from trading.plan_specs import parse_params

WISH = {"low": "9.60", "high": "10.00", "lines": "5", "step_shares": "100"}


def sides(table: PlanTable, plan_id: int) -> list[tuple[OrderSide, int]]:
    return [(o.request.side, o.request.shares) for o in table.desk.session.book.orders.values()
            if o.request.plan_id == plan_id]


def test_lines_are_even_and_on_the_tick() -> None:
    lines = grid_lines(parse_params(PlanKind.GRID, WISH | {"high": "10.01"}), Decimal("0.01"))

    assert [str(line) for line in lines] == ["9.60", "9.70", "9.81", "9.91", "10.01"]


def test_it_buys_going_down_and_sells_a_line_higher_the_next_day() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.GRID, 2_000, **WISH)
    for price in ("9.95", "9.89", "9.85", "9.79", "9.79", "9.92"):
        table.pass_s(3, price)
        table = table.again()
    assert sides(table, plan.plan_id) == [(OrderSide.BUY, 100), (OrderSide.BUY, 100)]
    table.desk.to(DAY2, time(9, 31))
    table.quote("9.95")
    table.pass_s(3, "9.95")
    table.pass_s(3, "9.95")

    assert sides(table, plan.plan_id)[2:] == [(OrderSide.SELL, 100)]
    table.pass_s(3, "10.00")
    table.pass_s(3, "10.00")
    assert sides(table, plan.plan_id)[3:] == [(OrderSide.SELL, 100)]
    assert table.desk.position().held_shares == 0


def test_a_start_far_below_the_grid_buys_nothing() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.GRID, 2_000, **WISH)
    table.quote("9.30")
    table.pass_s(3, "9.20")

    assert table.children(plan) == []


def test_its_cap_always_leaves_room_to_sell_what_it_bought() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.GRID, 300, **WISH)
    for price in ("10.05", "9.89", "9.85", "9.79", "9.75", "9.69", "9.60"):
        table.pass_s(3, price)

    assert sides(table, plan.plan_id) == [(OrderSide.BUY, 100)]
    assert "no room" in table.text(plan)
