"""A plan's row survives JSON unchanged."""

import json
from datetime import UTC, datetime

from core.desk_types import PlanKind, PlanStatus
from core.types import OrderSide
from tests.support.desk import DAY1, MAIN
from trading.plan_rows import PlanRow, row_from, row_to


def a_row() -> PlanRow:
    return PlanRow(
        plan_id=7, kind=PlanKind.STOP, symbol=MAIN, side=OrderSide.SELL, shares=1_000,
        params={"trigger": "9.80"}, source="manual", tag="mine", account="main",
        created_utc=datetime(2024, 3, 4, 2, tzinfo=UTC), day=DAY1)


def test_a_row_is_the_same_after_json() -> None:
    row = a_row().now(PlanStatus.WORKING, "works").noting(best="10.60", cells=[{"s": "idle"}])

    assert row_from(json.loads(json.dumps(row_to(row)))) == row


def test_a_plan_says_what_the_row_holds() -> None:
    plan = a_row().plan()

    assert (plan.plan_id, plan.spec.kind, plan.spec.shares) == (7, PlanKind.STOP, 1_000)
    assert not a_row().ended
    assert a_row().now(PlanStatus.DONE, "").ended
