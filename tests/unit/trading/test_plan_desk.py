"""Plans asked for from another thread's side: futures in, published plans out."""

from dataclasses import replace

import pytest

from core.desk_types import PlanKind, PlanSpec, PlanStatus
from core.events import EventBus, QuoteEvent
from core.exceptions import OrderError
from core.types import OrderSide
from tests.support.desk import MAIN, Desk, a_quote
from trading.executor import ExecutionEngine
from trading.plan_desk import EnginePlanDesk, PlanRoom

WISH = PlanSpec(kind=PlanKind.ICEBERG, symbol=MAIN, side=OrderSide.BUY, shares=300,
                params={"limit": "9.90", "show_shares": "100"})


def a_desk() -> tuple[ExecutionEngine, EnginePlanDesk, EventBus]:
    desk, room, bus = Desk(), PlanRoom(), EventBus()
    parts = replace(desk.parts, attendants=lambda session: (room.attend(session),))
    engine = ExecutionEngine(parts, bus)
    return engine, EnginePlanDesk(engine, room), bus


def test_what_a_plan_needs_is_watched_when_it_is_placed_and_when_the_desk_opens() -> None:
    desk, room, bus = Desk(), PlanRoom(), EventBus()
    parts = replace(desk.parts, attendants=lambda session: (room.attend(session),))
    engine = ExecutionEngine(parts, bus)
    placed: list[str] = []
    plans = EnginePlanDesk(engine, room, placed.extend)
    plans.place(WISH)
    engine.drain()
    opened: list[str] = []
    EnginePlanDesk(engine, room, opened.extend)

    assert placed == opened == [MAIN]


def test_a_wish_is_placed_published_and_stopped() -> None:
    engine, plans, bus = a_desk()
    asked = plans.place(WISH)
    engine.drain()
    plan = asked.result()
    bus.publish(QuoteEvent((a_quote(last="10.00"),)))
    engine.drain()
    assert [each.plan_id for each in plans.plans()] == [plan.plan_id]
    stopped = plans.stop(plan.plan_id, reason="enough")
    engine.drain()

    assert stopped.result().status is PlanStatus.STOPPED
    assert plans.plans()[0].text == "stopped: enough"


def test_a_wrong_wish_comes_back_through_the_future() -> None:
    engine, plans, _bus = a_desk()
    asked = plans.place(replace(WISH, params={}))
    engine.drain()

    with pytest.raises(OrderError, match="limit"):
        asked.result()
    assert engine.stopped is None


def test_before_the_core_there_are_no_plans() -> None:
    with pytest.raises(OrderError, match="not started"):
        _ = PlanRoom().plans
