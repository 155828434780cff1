"""The best way on a real session: a way is chosen, recorded with its numbers, and kept to."""

from datetime import time
from decimal import Decimal
from typing import Any

from core.desk_types import PlanKind, PlanStatus
from tests.support.plan_desks import PlanTable
from trading.records import Entry

DAY_RANGE: dict[str, Any] = {"high_cny": Decimal("10.20"), "low_cny": Decimal("9.90")}


def test_in_a_hurry_it_crosses_and_the_reason_is_in_the_journal() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.BEST, 1_000, urgency="high", limit="10.10")
    table.quote(**DAY_RANGE)
    table.pass_s(3, **DAY_RANGE)

    assert table.status(plan) is PlanStatus.DONE
    reasons = [e.payload for e in table.desk.store.entries() if e.kind == Entry.DECISION]
    assert any("regret_bps" in payload and "fill_probability" in payload for payload in reasons)


def test_it_waits_for_the_market_and_ends_with_its_time() -> None:
    table = PlanTable(at=time(11, 40))
    plan = table.place(PlanKind.BEST, 1_000, end="13:10")
    table.quote(**DAY_RANGE)
    assert table.children(plan) == []
    assert "continuous" in table.text(plan)
    table.desk.session.blockers["test"] = "held"
    table.until(time(13, 11), every_s=300)

    assert table.status(plan) is PlanStatus.DONE
    assert "1000 were not sent" in table.text(plan)


def test_a_large_wish_leaves_in_parts_and_never_more_than_all() -> None:
    table = PlanTable()
    plan = table.place(PlanKind.BEST, 10_000, urgency="normal", end="11:00")
    book: dict[str, Any] = {"bids": {"9.99": 2_000}, "asks": {"10.01": 2_000}}
    table.quote(**DAY_RANGE, **book)
    table.until(time(10, 30), every_s=20, **DAY_RANGE, **book)

    assert len(table.children(plan)) > 1
    assert table.sent(plan) == 10_000
