
import pytest

from core.events import EventBus
from core.exceptions import OrderError
from core.types import KillLevel, OrderStatus
from tests.support.desk import Desk
from tests.support.safety import LIMITS
from trading.breaker_table import Observation
from trading.breakers import Watched
from trading.executor import ExecutionEngine
from trading.memory_store import MemoryOrderStore
from trading.records import Entry
from trading.safety_desk import EngineSafetyDesk, SafetyRoom

A_CASE = {
    "kind": "CASH", "symbol": "", "order_id": 0, "ours": "1", "theirs": "2", "text": "differs",
    "delta": "1", "freezes": False, "seen": [], "opened_utc": "2024-03-04T02:00:00+00:00",
    "closed_utc": None, "closed_by": "", "reason": ""}


class Hall:
    def __init__(self) -> None:
        self.room = SafetyRoom(LIMITS, Watched())
        self.store = MemoryOrderStore()
        desk = Desk(store=self.store, attendants=self.room.attend)
        self.engine = ExecutionEngine(desk.parts, EventBus())
        self.desk, self.safety = desk, EngineSafetyDesk(self.engine, self.room)

    def look(self) -> None:
        self.room.guard._next_ns = 0
        self.engine._look_around()


@pytest.fixture(name="hall")
def _hall() -> Hall:
    return Hall()


def test_breakers_are_published_and_re_armed_on_the_trading_thread(hall: Hall) -> None:
    hall.room.guard.observe = lambda: Observation(rejects=9)  # type: ignore[method-assign]
    hall.look()
    assert [b.name for b in hall.safety.breakers() if b.tripped] == ["reject_storm"]
    assert hall.engine.snapshot().kill_level is KillLevel.PAUSE

    hall.room.guard.observe = Observation  # type: ignore[method-assign]
    asked = hall.safety.rearm("reject_storm", by="wang", reason="the line was cut")
    wrong = hall.safety.rearm("nothing", by="wang", reason="x")
    assert not asked.done()
    hall.engine.drain()
    assert (asked.result().tripped, asked.result().rearmed_by) == (False, "wang")
    assert not any(b.tripped for b in hall.safety.breakers())
    with pytest.raises(OrderError, match="no breaker"):
        wrong.result()


def test_cases_and_blockers_are_published_and_a_closed_case_is_audited(hall: Hall) -> None:
    yesterday = "2024-03-01T02:00:00+00:00"
    for key, row in (("7", A_CASE), ("8", A_CASE | {"closed_utc": yesterday, "closed_by": "li"})):
        hall.engine._session.record(Entry.CASE, {
            "key": key, "value": row, "why": "x", "by": "reconciler"})
    hall.engine._session.blockers["reconciler"] = "not started yet"
    hall.look()
    assert [case.case_id for case in hall.safety.cases()] == [7]
    assert hall.safety.blockers() == {"reconciler": "not started yet"}

    closed = hall.safety.close_case(7, by="wang", reason="booked at the bank")
    again = hall.safety.close_case(7, by="wang", reason="booked at the bank")
    hall.engine.drain()
    assert closed.result().closed_by == "wang"
    assert [case.closed_by for case in hall.safety.cases()] == ["wang"]
    assert [e.payload for e in hall.store.entries() if '"case closed"' in e.payload] != []
    with pytest.raises(OrderError, match="no such case"):
        again.result()


def test_the_flatten_plan_is_asked_even_after_trading_has_stopped(hall: Hall) -> None:
    order = hall.engine.submit(hall.desk.request(100))
    hall.engine.drain()
    hall.engine._stop_trading(OrderError("stopped", why="a drill", remedy="none"))
    asked = hall.safety.flatten_plan()
    hall.engine.drain()

    assert order.result().status in (OrderStatus.SENT, OrderStatus.LIVE)
    assert [line.order_id for line in asked.result().cancels] == [1]
    assert not asked.result().flat
