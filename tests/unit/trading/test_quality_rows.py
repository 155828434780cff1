"""The export of execution quality: plans and orders, unknown as an empty cell."""

from datetime import time
from pathlib import Path

from core.desk_types import PlanKind
from tests.support.plan_desks import PlanTable
from trading.export import export_ledger
from trading.quality_rows import QUALITY_HEADER, quality_rows


def rows(table: PlanTable) -> list[dict[str, object]]:
    return [dict(zip(QUALITY_HEADER, row, strict=True))
            for row in quality_rows(table.desk.store)]


def test_a_plan_and_its_orders_say_what_they_cost(tmp_path: Path) -> None:
    table = PlanTable()
    table.place(PlanKind.TWAP, 200, end="10:04")
    table.quote("10.00", asks={"10.02": 10_000}, amount_cny=None)
    table.until(time(10, 5), asks={"10.02": 10_000})
    plan, first, *_rest = rows(table)

    assert (plan["what"], plan["filled_shares"], plan["average_cny"]) == ("plan", 200, "10.0200")
    assert plan["arrival_slippage_bps"] == "20.0"
    assert plan["interval_slippage_bps"] == ""
    assert (first["what"], first["plan_id"], first["arrival_slippage_bps"]) == (
        "order", plan["id"], "20.0")
    assert export_ledger(table.desk.store, "quality", tmp_path / "quality.csv") == len(rows(table))


def test_an_order_without_a_price_at_arrival_has_no_slippage() -> None:
    table = PlanTable()
    table.desk.buy(100, "10.10")
    table.quote("10.05")
    (row,) = rows(table)

    assert row["average_cny"] == "10.0500"
    assert row["arrival_slippage_bps"] == ""
