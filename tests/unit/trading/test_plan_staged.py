"""A staged order at the continuous open: when it goes, and what becomes of it."""

from datetime import time

from core.desk_types import PlanKind, PlanStatus
from tests.support.desk import DAY2
from tests.support.plan_desks import PlanTable


def test_it_goes_when_continuous_trading_begins_and_reports_its_end() -> None:
    table = PlanTable(at=time(20))
    plan = table.place(PlanKind.STAGED, 500, limit="10.10", at="continuous")
    table.desk.to(DAY2, time(9, 20))
    table.act()
    assert table.children(plan) == []
    table.desk.to(DAY2, time(9, 30, 1))
    table.act()
    table.pass_s(3, "10.05")
    table.pass_s(3, "10.05")

    assert table.status(plan) is PlanStatus.DONE
    assert "500 of 500" in table.text(plan)


def test_an_expired_one_is_not_sent_again() -> None:
    table = PlanTable(at=time(20))
    plan = table.place(PlanKind.STAGED, 500, limit="9.10")
    table.desk.to(DAY2, time(9, 16))
    table.act()
    table.desk.to(DAY2, time(15, 31))
    table.act()

    assert table.status(plan) is PlanStatus.DONE
    assert "0 of 500" in table.text(plan)
    assert len(table.children(plan)) == 1
