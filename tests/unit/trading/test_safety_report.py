from dataclasses import replace
from datetime import UTC, datetime

from core.desk_types import Case, CaseKind, FlattenLine, FlattenPlan, Obstacle
from trading.safety_report import cases_json, cases_text, plan_json, plan_text

AT = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)
CANCEL = FlattenLine(symbol="600519.SH", order_id=3, shares=100, possible_at=None, text="now",
                     obstacle=Obstacle.NONE)
SALE = FlattenLine(symbol="600519.SH", order_id=None, shares=200, possible_at=AT, text="tomorrow",
                   obstacle=Obstacle.T1)
PLAN = FlattenPlan(made_utc=AT, cancels=(CANCEL,), sales=(SALE,), flat=False, proof="held")
CASE = Case(case_id=7, kind=CaseKind.CASH, symbol="", ours="1", theirs="2", text="differs",
            opened_utc=AT)


def test_a_plan_names_every_line_with_its_obstacle_and_time() -> None:
    told = plan_json(PLAN)

    assert (told["flat"], told["proof"]) == (False, "held")
    assert told["cancels"] == [{"symbol": "600519.SH", "order_id": 3, "shares": 100, "text": "now",
                                "obstacle": "NONE", "possible_at": None}]
    assert told["sales"] == [{"symbol": "600519.SH", "order_id": None, "shares": 200,
                              "text": "tomorrow", "obstacle": "T1",
                              "possible_at": "2024-03-04T02:00:00+00:00"}]
    assert plan_text(PLAN).splitlines() == [
        "not flat: held", "cancel order 3 of 600519.SH, 100 shares: now",
        "sell 600519.SH, 200 shares: tomorrow"]
    assert plan_text(replace(PLAN, flat=True, cancels=(), sales=())) == "flat: held"


def test_cases_say_whom_they_concern_and_who_closed_them() -> None:
    closed = replace(CASE, closed_utc=AT, closed_by="wang", reason="booked", symbol="600519.SH")

    assert cases_text(()) == "no differences with the broker"
    assert cases_text((CASE, closed)).splitlines() == [
        "case 7, CASH of the account, opened 2024-03-04 10:00: differs",
        "case 7, CASH 600519.SH, opened 2024-03-04 10:00: differs (closed by wang: booked)"]
    assert [row["closed_by"] for row in cases_json((CASE, closed))["cases"]] == [  # type: ignore[attr-defined]
        "", "wang"]
